/**
 * Checks one segment against itself, without changing anything: every batch by its checksum, and whether its indexes
 * say of it what is there.
 */

import { join } from 'node:path'
import type { Disk } from '@gregor/platform'
import { logSuffix, offsetIndexSuffix, segmentFileName, timeIndexSuffix, transactionIndexSuffix } from './file-names.ts'
import { readInt64 } from './int64.ts'
import { scanLog } from './log-scan.ts'
import type { StoredProblem } from './stored-batch.ts'
import { TransactionIndex } from './transaction-index.ts'
import type { DirectoryProblem } from './verify-directory.ts'

const INDEX_BYTES_MAX = 2 ** 31
const OFFSET_ENTRY_BYTES = 8
const TIME_ENTRY_BYTES = 12

export interface VerifiedSegment {
  readonly problems: readonly DirectoryProblem[]
  readonly batchCount: number
  readonly byteCount: number
}

const meanings: Readonly<Record<StoredProblem, string>> = {
  truncated: 'a batch that ends too early',
  badMagic: 'no batch',
  badSize: 'a batch of an impossible size',
  badCrc: 'a batch whose checksum does not fit',
  badOffset: 'a batch whose offsets do not fit in here',
}

/** `endOffset`: where the next one begins. The last one of a log has none, and may end in half a batch. @throws DiskError */
export async function verifySegment(
  disk: Disk,
  directory: string,
  { baseOffset, endOffset }: { readonly baseOffset: number; readonly endOffset: number | undefined },
): Promise<VerifiedSegment> {
  const pathOf = (suffix: string): string => join(directory, segmentFileName(baseOffset, suffix))
  const problems: DirectoryProblem[] = []
  const offsets = readOffsetIndex(disk, pathOf(offsetIndexSuffix), baseOffset)
  const times = readTimeIndex(disk, pathOf(timeIndexSuffix), baseOffset)
  const walk = new SegmentWalk(baseOffset, offsets.entries)
  const file = disk.open(pathOf(logSuffix), { readOnly: true })
  let byteCount = 0
  try {
    const end = file.size()
    byteCount = end
    await scanLog(
      file,
      { from: 0, end, baseOffset, endOffset, checksums: true },
      {
        batch: ({ lastOffset, maxTimestamp }, { position }) => walk.visit(position, lastOffset, maxTimestamp),
        damage: (position, damageEnd, problem) => {
          const kind = endOffset === undefined && damageEnd === end ? 'tail' : 'damage'
          const { nextOffset: offset } = walk
          problems.push({ kind, file: pathOf(logSuffix), position, end: damageEnd, offset, problem: meanings[problem] })
          return true
        },
      },
    )
  } finally {
    file.close()
  }
  const derived = (suffix: string, problem: string | undefined): void => {
    if (problem !== undefined) problems.push({ kind: 'derived', file: pathOf(suffix), problem })
  }
  // The indexes of a log that is open lag behind it: only what they say is checked, not what they do not say.
  derived(offsetIndexSuffix, offsets.problem ?? walk.indexProblem)
  derived(timeIndexSuffix, times.problem ?? timeProblem(times.entries, walk))
  const transactions = TransactionIndex.open({ disk, path: pathOf(transactionIndexSuffix), baseOffset })
  derived(transactionIndexSuffix, transactions.check())
  return { problems, batchCount: walk.batchCount, byteCount }
}

interface IndexEntry {
  readonly offset: number
  /** A position in the log, or a timestamp. */
  readonly value: number
}

interface ReadIndex {
  readonly entries: readonly IndexEntry[]
  readonly problem: string | undefined
}

class SegmentWalk {
  nextOffset: number
  maxTimestamp = -1
  batchCount = 0
  indexProblem: string | undefined
  readonly #entries: readonly IndexEntry[]
  #entryIndex = 0

  constructor(baseOffset: number, entries: readonly IndexEntry[]) {
    this.nextOffset = baseOffset
    this.#entries = entries
  }

  visit(position: number, lastOffset: number, maxTimestamp: number): void {
    for (let entry = this.#entries[this.#entryIndex]; entry !== undefined; entry = this.#entries[this.#entryIndex]) {
      if (entry.value > position) break
      if (entry.value < position) this.indexProblem ??= `entry ${this.#entryIndex} leads to no batch`
      else if (entry.offset !== lastOffset)
        this.indexProblem ??= `entry ${this.#entryIndex} names another batch than the one it leads to`
      this.#entryIndex++
    }
    this.nextOffset = lastOffset + 1
    this.batchCount++
    this.maxTimestamp = Math.max(this.maxTimestamp, maxTimestamp)
  }
}

function readOffsetIndex(disk: Disk, path: string, baseOffset: number): ReadIndex {
  return readIndex(disk, path, OFFSET_ENTRY_BYTES, (bytes, at) => ({
    offset: baseOffset + bytes.readInt32BE(at),
    value: bytes.readInt32BE(at + 4),
  }))
}

function readTimeIndex(disk: Disk, path: string, baseOffset: number): ReadIndex {
  return readIndex(disk, path, TIME_ENTRY_BYTES, (bytes, at) => ({
    offset: baseOffset + bytes.readInt32BE(at + 8),
    value: readInt64(bytes, at),
  }))
}

function readIndex(
  disk: Disk,
  path: string,
  entryBytes: number,
  decode: (bytes: Buffer, at: number) => IndexEntry,
): ReadIndex {
  if (disk.stat(path) === undefined) return { entries: [], problem: 'it is missing' }
  const bytes = disk.readFile(path, INDEX_BYTES_MAX)
  // Apache Kafka lays an index out ahead: what was not used yet is zeros.
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  const used = Math.ceil(end / entryBytes)
  if (used * entryBytes > bytes.length) return { entries: [], problem: 'its last entry is cut off' }
  const entries: IndexEntry[] = []
  for (let number = 0; number < used; number++) {
    const entry = decode(bytes, number * entryBytes)
    const before = entries.at(-1)
    const rises = before === undefined || (entry.offset > before.offset && entry.value > before.value)
    if (!rises) return { entries, problem: `entry ${number} is not behind the one before it` }
    entries.push(entry)
  }
  return { entries, problem: undefined }
}

function timeProblem(entries: readonly IndexEntry[], { nextOffset, maxTimestamp }: SegmentWalk): string | undefined {
  const last = entries.at(-1)
  if (last === undefined) return undefined
  if (last.offset >= nextOffset) return 'its last entry is of an offset that is not there'
  return last.value > maxTimestamp ? 'its last entry is of a time that no record has' : undefined
}
