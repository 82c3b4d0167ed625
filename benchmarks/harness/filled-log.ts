/**
 * A segment of a partition as idempotent producers fill it, written without a server: a gigabyte of small batches in
 * seconds. Either server takes the file for its own.
 */

import { closeSync, openSync, writeSync } from 'node:fs'

import { BATCH_HEADER_BYTES, BatchBuilder } from '@gregor/protocol'

/** The first is a number that nobody is given soon: ids are handed out from 0 on. */
const producerIds = Array.from({ length: 8 }, (_, index) => 1_000_000 + index)
const batchesPerMs = 20
const chunkBytes = 4 * 1024 * 1024
/** A record's length, attributes, time, offset, key and headers. */
const recordOverheadBytes = 8

/** Returns the offset behind the last record; each batch holds one. */
export function fillLog(file: string, given: { readonly bytes: number; readonly batchBytes: number }): number {
  const descriptor = openSync(file, 'w')
  const value = Buffer.alloc(given.batchBytes - BATCH_HEADER_BYTES - recordOverheadBytes, 'recovery ')
  const startMs = Date.now()
  let offset = 0
  let written = 0
  try {
    while (written < given.bytes) {
      const chunk: Buffer[] = []
      for (let size = 0; size < chunkBytes; offset++) {
        const producerId = producerIds[offset % producerIds.length] ?? -1
        const baseSequence = Math.floor(offset / producerIds.length)
        const batch = new BatchBuilder({
          baseOffset: offset,
          partitionLeaderEpoch: 0,
          producerId,
          producerEpoch: 0,
          baseSequence,
        })
        batch.append(null, value, undefined, startMs + Math.floor(offset / batchesPerMs))
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
