/** Batches of the drivers: values in, values out, aborted transactions left out as a consumer leaves them out. */
import {
  BatchBuilder,
  type BatchOptions,
  RecordCursor,
  attributesAt,
  baseOffsetAt,
  batchSizeAt,
  checkBatch,
  controlRecordTypeOf,
  isControl,
  isTransactional,
  lastOffsetAt,
  producerIdAt,
} from '@gregor/protocol'
import type { ReadBatch } from '../history/history.ts'

const unpackedBytesMax = 1 << 20

export function batchOf(values: readonly string[], options: BatchOptions, nowMs: number): Buffer {
  const builder = new BatchBuilder(options)
  for (const value of values) builder.append(null, Buffer.from(value), [], nowMs)
  return builder.build()
}

export interface FetchedRecords {
  readonly records: Buffer
  readonly fetchOffset: number
  /** As the answer lists them, where committed records were asked for. */
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[]
}

/** A batch that the answer cuts off is left out. @throws Error where bytes are damaged. */
export function readBatches({ records, fetchOffset, aborted }: FetchedRecords): readonly ReadBatch[] {
  const waiting = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const abortedProducers = new Set<number>()
  const batches: ReadBatch[] = []
  for (let at = 0; at < records.length; at += batchSizeAt(records, at)) {
    const problem = checkBatch(records, at, records.length)
    if (problem === 'truncated') break
    if (problem !== undefined) throw new Error(`a damaged batch was served: ${problem}`)
    const lastOffset = lastOffsetAt(records, at)
    while (waiting[0] !== undefined && waiting[0].firstOffset <= lastOffset) {
      abortedProducers.add(waiting[0].producerId)
      waiting.shift()
    }
    batches.push(readBatch(records, at, { fetchOffset, lastOffset, abortedProducers }))
  }
  return batches
}

interface Reading {
  readonly fetchOffset: number
  readonly lastOffset: number
  readonly abortedProducers: Set<number>
}

function readBatch(records: Buffer, at: number, { fetchOffset, lastOffset, abortedProducers }: Reading): ReadBatch {
  const attributes = attributesAt(records, at)
  const producerId = producerIdAt(records, at)
  const batch = { baseOffset: baseOffsetAt(records, at), lastOffset, isControl: isControl(attributes) }
  const cursor = new RecordCursor()
  cursor.resetToBatch(records, at, unpackedBytesMax)
  if (batch.isControl) {
    if (cursor.next() && controlRecordTypeOf(cursor.key()) === 'Abort') abortedProducers.delete(producerId)
    return { ...batch, records: [] }
  }
  if (isTransactional(attributes) && abortedProducers.has(producerId)) return { ...batch, records: [] }
  const values: { offset: number; value: string }[] = []
  while (cursor.next()) {
    if (cursor.offset >= fetchOffset) values.push({ offset: cursor.offset, value: String(cursor.value()) })
  }
  return { ...batch, records: values }
}
