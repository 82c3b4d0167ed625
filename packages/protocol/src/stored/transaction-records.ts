/**
 * The records of `__transaction_state`: one per transactional id, replaced as its transaction goes on (KIP-98, 890).
 * Values are written in version 1 once transaction.version is 1 or more, in version 0 before; then the fields of
 * version 1 must be at their defaults.
 */

import { array, int16, int32, int64, int8, string } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'
import { type CoordinatorRecord, coordinatorRecordCodec } from './coordinator-records.ts'

export const TransactionLogKey = defineMessage({
  name: 'TransactionLogKey',
  versions: '0',
  flexible: 'none',
  fields: {
    transactionalId: string(),
  },
})

export const TransactionLogValue = defineMessage({
  name: 'TransactionLogValue',
  versions: '0-1',
  flexible: '1+',
  fields: {
    producerId: int64(),
    /** The id before it ran out of epochs, where the last transaction had that. */
    previousProducerId: int64({ versions: '1+', default: -1, tag: 0 }),
    /** The id to go on with, while the end of the transaction is under way. */
    nextProducerId: int64({ versions: '1+', default: -1, tag: 1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ versions: '1+', default: -1, tag: 3 }),
    transactionTimeoutMs: int32(),
    /** 0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5 CompleteAbort, 6 Dead. */
    transactionStatus: int8(),
    /** Null while Empty. */
    transactionPartitions: array(
      {
        topic: string(),
        partitionIds: array(int32()),
      },
      { nullable: '0+' },
    ),
    transactionLastUpdateTimestampMs: int64(),
    /** -1: not begun. */
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16({ versions: '1+', default: 0, tag: 2 }),
  },
})

export const transactionRecords = coordinatorRecordCodec('__transaction_state', {
  TransactionLog: { id: 0, key: TransactionLogKey, value: TransactionLogValue, valueVersion: 1 },
})

export type TransactionRecord = CoordinatorRecord<typeof transactionRecords.types>
