/**
 * Segments of a partition as producers fill them, written without a server: a gigabyte of small batches in seconds.
 * Either server takes the files for its own.
 */

import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { BATCH_HEADER_BYTES, BatchBuilder } from '@gregor/protocol'

/** The first is a number that nobody is given soon: ids are handed out from 0 on. */
const producerIds = Array.from({ length: 8 }, (_, index) => 1_000_000 + index)
const batchesPerMs = 20
const chunkBytes = 4 * 1024 * 1024
/** A record's length, attributes, time, offset, key and headers. */
const recordOverheadBytes = 8

/** Batches of one record each, of idempotent producers in turn, in one segment. Returns the offset behind the last one. */
export function fillLog(folder: string, given: { readonly bytes: number; readonly batchBytes: number }): number {
  const value = Buffer.alloc(given.batchBytes - BATCH_HEADER_BYTES - recordOverheadBytes, 'recovery ')
  const startMs = Date.now()
  return writeSegment(folder, { bytes: given.bytes, firstOffset: 0 }, (baseOffset) => {
    const producerId = producerIds[baseOffset % producerIds.length] ?? -1
    const baseSequence = Math.floor(baseOffset / producerIds.length)
    const batch = new BatchBuilder({ baseOffset, partitionLeaderEpoch: 0, producerId, producerEpoch: 0, baseSequence })
    return batch.append(null, value, undefined, startMs + Math.floor(baseOffset / batchesPerMs))
  })
}

const keyedRecords = { perBatch: 16, keyCount: 100_000, valueBytes: 1_000 }
/** Of two neighbouring records the keys are far from each other; no common divisor with the number of keys. */
const keyStep = 7_919

/** Records with keys, some 1 KiB each, in closed segments. Returns the offset behind the last one. */
export function fillKeyedLog(
  folder: string,
  given: { readonly segments: number; readonly segmentBytes: number },
): number {
  const { perBatch, keyCount, valueBytes } = keyedRecords
  const value = Buffer.alloc(valueBytes, 'compaction ')
  const startMs = Date.now()
  let offset = 0
  for (let segment = 0; segment < given.segments; segment++) {
    offset = writeSegment(folder, { bytes: given.segmentBytes - chunkBytes, firstOffset: offset }, (baseOffset) => {
      const batch = new BatchBuilder({ baseOffset, partitionLeaderEpoch: 0 })
      for (let index = 0; index < perBatch; index++) {
        const key = Buffer.from(`key-${((baseOffset + index) * keyStep) % keyCount}`)
        batch.append(key, value, undefined, startMs)
      }
      return batch
    })
  }
  return offset
}

/** Returns the offset behind the last record. */
function writeSegment(
  folder: string,
  { bytes, firstOffset }: { readonly bytes: number; readonly firstOffset: number },
  batchAt: (baseOffset: number) => BatchBuilder,
): number {
  const descriptor = openSync(join(folder, `${String(firstOffset).padStart(20, '0')}.log`), 'w')
  let offset = firstOffset
  let written = 0
  try {
    while (written < bytes) {
      const chunk: Buffer[] = []
      for (let size = 0; size < chunkBytes;) {
        const batch = batchAt(offset)
        offset += batch.recordCount
        const built = batch.build()
        size += built.length
        chunk.push(built)
      }
      written += writeSync(descriptor, Buffer.concat(chunk))
    }
  } finally {
    closeSync(descriptor)
  }
  return offset
}
