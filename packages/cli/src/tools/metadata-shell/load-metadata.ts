/** The metadata that a file of the metadata log holds: a snapshot, or a segment from the beginning of the log. */
import { basename, dirname, join } from 'node:path'
import { MalformedMessageError } from '@gregor/base'
import { type MetadataImage, MetadataFault, MetadataReplay } from '@gregor/metadata'
import type { Disk } from '@gregor/platform'
import {
  CompressionError,
  RecordCursor,
  UnknownRecordError,
  attributesAt,
  baseOffsetAt,
  decodeMetadataRecord,
  isControl,
  maxTimestampAt,
  partitionLeaderEpochAt,
} from '@gregor/protocol'
import { DumpFailure } from '../dump-log/findings.ts'
import { LogFile } from '../dump-log/log-file.ts'

const UNPACKED_BYTES_MAX = 2 ** 30

/**
 * Runs `use` with what the file holds, as of its last whole batch.
 * @throws DumpFailure where it is no such file, or a node is using the directory it lies in.
 */
export async function withMetadata<T>(disk: Disk, path: string, use: (image: MetadataImage) => Promise<T>): Promise<T> {
  const lock = lockAround(disk, dirname(dirname(path)))
  try {
    return await use(loadMetadata(disk, path))
  } finally {
    lock?.release()
  }
}

function lockAround(disk: Disk, directory: string): { release(): void } | undefined {
  const path = join(directory, '.lock')
  if (disk.stat(path) === undefined) return undefined
  const lock = disk.lock(path)
  if (lock !== undefined) return lock
  const advice = 'Please ensure that no broker or controller process is using this directory before proceeding.'
  throw new DumpFailure(`Unable to lock ${directory}. ${advice}`)
}

function loadMetadata(disk: Disk, path: string): MetadataImage {
  const replay = new MetadataReplay()
  const file = LogFile.open(disk, path)
  const cursor = new RecordCursor()
  try {
    for (const batch of file.batches(0, Infinity)) {
      const bytes = batch.whole()
      if (isControl(attributesAt(bytes, 0))) continue
      cursor.resetToBatch(bytes, 0, UNPACKED_BYTES_MAX)
      const records = []
      // Names and values are decoded into memory of their own, but for bytes: those are views of the window.
      while (cursor.next()) records.push(decodeMetadataRecord(Buffer.from(cursor.value() ?? [])))
      replay.replayBatch({
        baseOffset: baseOffsetAt(bytes, 0),
        epoch: partitionLeaderEpochAt(bytes, 0),
        appendTimeMs: maxTimestampAt(bytes, 0),
        records,
      })
    }
    return replay.image
  } catch (error) {
    const isDamage =
      error instanceof MalformedMessageError ||
      error instanceof UnknownRecordError ||
      error instanceof CompressionError ||
      error instanceof MetadataFault
    if (!isDamage) throw error
    throw new DumpFailure(`${basename(path)} cannot be read: ${error.message}`, { cause: error })
  } finally {
    file.close()
  }
}
