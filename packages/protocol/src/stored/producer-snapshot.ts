/**
 * The state of producers at an offset of a partition, as the `.snapshot` files of a log have it behind an int16
 * version. The checksum covers all that follows it.
 */

import { array, int16, int32, int64, uint32 } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

export const ProducerSnapshot = defineMessage({
  name: 'ProducerSnapshot',
  versions: '1',
  flexible: 'none',
  fields: {
    /** CRC-32C. */
    crc: uint32(),
    producerEntries: array({
      producerId: int64(),
      epoch: int16(),
      /** Of its last batch, as the three after it. */
      lastSequence: int32(),
      lastOffset: int64(),
      offsetDelta: int32(),
      timestamp: int64(),
      /** Of the coordinator that ended its last transaction. */
      coordinatorEpoch: int32(),
      /** -1: no transaction is open. */
      currentTxnFirstOffset: int64(),
    }),
  },
})
