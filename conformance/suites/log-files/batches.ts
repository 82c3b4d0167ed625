/** What the log and transaction index files of a partition hold, as text to be compared. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  RecordCursor,
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  batchSizeAt,
  isControl,
  lastOffsetAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
} from '@gregor/protocol'

export interface FiledBatch {
  readonly isControl: boolean
  readonly recordCount: number
  /** Header and records. */
  readonly text: string
}

/** By base offset. */
export function batchesIn(directory: string): ReadonlyMap<number, FiledBatch> {
  const batches = new Map<number, FiledBatch>()
  for (const file of filesOf(directory, '.log')) {
    for (let at = 0; at < file.length; at += batchSizeAt(file, at)) {
      batches.set(baseOffsetAt(file, at), describe(file, at))
    }
  }
  return batches
}

/** The entries of all transaction indexes, in order. */
export function abortsIn(directory: string): string {
  return Buffer.concat(filesOf(directory, '.txnindex')).toString('hex')
}

function filesOf(directory: string, suffix: string): readonly Buffer[] {
  const names = readdirSync(directory).filter((name) => name.endsWith(suffix))
  return names.toSorted().map((name) => readFileSync(join(directory, name)))
}

function describe(file: Buffer, at: number): FiledBatch {
  const attributes = attributesAt(file, at)
  const header = [
    lastOffsetAt(file, at),
    recordCountAt(file, at),
    attributes,
    baseTimestampAt(file, at),
    maxTimestampAt(file, at),
    producerIdAt(file, at),
    producerEpochAt(file, at),
    baseSequenceAt(file, at),
    partitionLeaderEpochAt(file, at),
  ]
  const records: string[] = []
  const cursor = new RecordCursor()
  cursor.resetToBatch(file, at, 1 << 24)
  while (cursor.next()) {
    const rest = cursor.buffer.toString('hex', cursor.bodyStart, cursor.recordEnd)
    records.push(`${cursor.offset} ${cursor.timestamp} ${rest}`)
  }
  const text = [header.join(), ...records].join('\n')
  return { isControl: isControl(attributes), recordCount: recordCountAt(file, at), text }
}
