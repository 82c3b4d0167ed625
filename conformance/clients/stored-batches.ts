/** What stands in the batches of a partition's first segment on the server's disk. Read by hand: KIP-98's format. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Server } from '../harness/server.ts'
import type { Codec } from './driver.ts'

const codecByCode: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

export interface StoredBatch {
  readonly codec: Codec | undefined
  readonly producerId: number
  readonly producerEpoch: number
  readonly isControl: boolean
}

export function storedBatches(server: Server, topic: string): readonly StoredBatch[] {
  const bytes = readFileSync(join(server.directory, 'data', `${topic}-0`, '00000000000000000000.log'))
  const batches: StoredBatch[] = []
  for (let at = 0; at + 61 <= bytes.length && bytes.readInt32BE(at + 8) > 0; at += 12 + bytes.readInt32BE(at + 8)) {
    const attributes = bytes.readInt16BE(at + 21)
    batches.push({
      codec: codecByCode[attributes & 7],
      producerId: Number(bytes.readBigInt64BE(at + 43)),
      producerEpoch: bytes.readInt16BE(at + 51),
      isControl: (attributes & 32) !== 0,
    })
  }
  return batches
}
