/**
 * Snapshots of the metadata log (KIP-630): `<offset>-<epoch>.checkpoint`, a file of record batches that starts with
 * a header and ends with a footer, both control records. A file without a footer is half written and counts for nothing.
 *
 * Written beside its name (`.part`), synced, renamed, directory synced: a snapshot is whole or not there.
 */
import { MalformedMessageError } from '@gregor/base'
import type { SnapshotId } from '@gregor/metadata'
import type { Disk } from '@gregor/platform'
import {
  BatchBuilder,
  batchSizeAt,
  checkBatch,
  attributesAt,
  controlBatch,
  controlRecordTypeOf,
  decodeRaftRecord,
  encodeRaftRecord,
  isControl,
  RecordCursor,
} from '@gregor/protocol'
import type { ControlRecord } from './voters.ts'

/** What a freshly formatted directory starts from. */
export const BOOTSTRAP_SNAPSHOT_ID: SnapshotId = { offset: 0, epoch: 0 }

export interface SnapshotContent {
  /** The append time of the last record it stands for. */
  readonly lastAppendTimeMs: number
  readonly control: readonly ControlRecord[]
  readonly records: readonly Buffer[]
}

const fileName = /^(\d{20})-(\d{10})\.checkpoint$/
const batchBytesMax = 8 * 1_048_576
const snapshotBytesMax = 2 ** 31 - 1

export function snapshotFileName({ offset, epoch }: SnapshotId): string {
  return `${String(offset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`
}

export function snapshotIdFromFileName(name: string): SnapshotId | undefined {
  const match = fileName.exec(name)
  return match === null ? undefined : { offset: Number(match[1]), epoch: Number(match[2]) }
}

/** The snapshots in a metadata log’s directory, oldest first. */
export function listSnapshots(disk: Disk, directory: string): readonly SnapshotId[] {
  return disk
    .list(directory)
    .map(snapshotIdFromFileName)
    .filter((id) => id !== undefined)
    .toSorted((a, b) => a.offset - b.offset || a.epoch - b.epoch)
}

/**
 * Writes the batches of a snapshot as its records come. Batches of records hold at most 8 MiB.
 * @param given.nowMs - the time its batches carry.
 */
export class SnapshotBuilder {
  readonly #given: { readonly epoch: number; readonly nowMs: number }
  readonly #batches: Buffer[] = []
  #builder: BatchBuilder | undefined
  #nextOffset = 0

  constructor(
    opening: { readonly lastAppendTimeMs: number; readonly control: readonly ControlRecord[] },
    given: { readonly epoch: number; readonly nowMs: number },
  ) {
    this.#given = given
    this.#addControl([
      {
        type: 'SnapshotHeader',
        value: encodeRaftRecord('SnapshotHeader', { lastContainedLogTimestamp: opening.lastAppendTimeMs }),
      },
      ...opening.control,
    ])
  }

  append(records: readonly Buffer[]): void {
    for (const record of records) {
      if (this.#builder !== undefined && this.#builder.byteLength + record.length > batchBytesMax) this.#closeBatch()
      this.#builder ??= new BatchBuilder({ baseOffset: this.#nextOffset, partitionLeaderEpoch: this.#given.epoch })
      this.#builder.append(null, record, [], this.#given.nowMs)
    }
  }

  /** Everything, footer included. The builder is done then. */
  finish(): readonly Buffer[] {
    this.#closeBatch()
    this.#addControl([{ type: 'SnapshotFooter', value: encodeRaftRecord('SnapshotFooter', {}) }])
    return this.#batches
  }

  #closeBatch(): void {
    if (this.#builder === undefined) return
    this.#nextOffset += this.#builder.recordCount
    this.#batches.push(this.#builder.build())
    this.#builder = undefined
  }

  #addControl(records: readonly ControlRecord[]): void {
    const { epoch, nowMs } = this.#given
    this.#batches.push(controlBatch(records, nowMs, { baseOffset: this.#nextOffset, partitionLeaderEpoch: epoch }))
    this.#nextOffset += records.length
  }
}

export async function writeSnapshot(
  disk: Disk,
  directory: string,
  id: SnapshotId,
  batches: readonly Buffer[],
): Promise<void> {
  const path = `${directory}/${snapshotFileName(id)}`
  const part = `${path}.part`
  await disk.remove(part)
  const file = disk.open(part, { create: true })
  try {
    file.write(batches, 0)
    await file.sync()
  } finally {
    file.close()
  }
  disk.rename(part, path)
  await disk.syncDirectory(directory)
}

/** @throws SnapshotError where the file is damaged or half written. */
export function readSnapshot(disk: Disk, directory: string, id: SnapshotId): SnapshotContent {
  const path = `${directory}/${snapshotFileName(id)}`
  return parseSnapshot(disk.readFile(path, snapshotBytesMax), path)
}

/** @param path - for the error’s text only. */
export function parseSnapshot(bytes: Buffer, path: string): SnapshotContent {
  const control: ControlRecord[] = []
  const records: Buffer[] = []
  let lastAppendTimeMs: number | undefined
  let hasFooter = false
  const cursor = new RecordCursor()
  try {
    for (let position = 0; position < bytes.length; position += batchSizeAt(bytes, position)) {
      const problem = checkBatch(bytes, position, bytes.length)
      if (problem !== undefined) throw new MalformedMessageError(`${problem} at position ${position}`)
      const isControlBatch = isControl(attributesAt(bytes, position))
      cursor.resetToBatch(bytes, position, batchBytesMax * 4)
      while (cursor.next()) {
        if (hasFooter) throw new MalformedMessageError(`records behind the footer, at position ${position}`)
        const value = Buffer.from(cursor.value() ?? [])
        if (!isControlBatch) {
          records.push(value)
          continue
        }
        const type = controlRecordTypeOf(cursor.key())
        if (type === 'SnapshotHeader')
          lastAppendTimeMs = decodeRaftRecord('SnapshotHeader', value).lastContainedLogTimestamp
        else if (type === 'SnapshotFooter') hasFooter = true
        else if (type === 'KRaftVersion' || type === 'KRaftVoters') control.push({ type, value })
      }
    }
  } catch (error) {
    if (error instanceof MalformedMessageError) throw new SnapshotError(path, error.message, error)
    throw error
  }
  if (lastAppendTimeMs === undefined) throw new SnapshotError(path, 'it has no header')
  if (!hasFooter) throw new SnapshotError(path, 'it has no footer: it was not written to its end')
  return { lastAppendTimeMs, control, records }
}

/** A snapshot that cannot be used; an older one and the log after it may do. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'

  constructor(path: string, problem: string, cause?: unknown) {
    super(`snapshot ${path}: ${problem}`, { cause })
  }
}
