/**
 * Which offset each leader epoch began at (KIP-101), for one partition, in Apache’s `leader-epoch-checkpoint` file.
 * Kept in memory whole: an epoch is a change of leader, so there are few.
 *
 * Changes are made at once and reach the disk with `flush`. A file that lags behind is no harm: epochs stand in the
 * batches, too, and recovery assigns them again; entries beyond the log’s ends are cut off when the log is opened.
 * Invariant: epochs and start offsets both rise strictly.
 */

import { assert } from '@gregor/base'
import type { Disk } from '@gregor/platform'
import { checkpointText, readCheckpointLines } from './checkpoint-file.ts'
import { ReplacedFile } from './replaced-file.ts'

export interface LeaderEpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

/** What OffsetForLeaderEpoch answers; both are -1 where nothing is known of the epoch. */
export interface EpochEndOffset {
  readonly leaderEpoch: number
  readonly endOffset: number
}

const UNDEFINED: EpochEndOffset = { leaderEpoch: -1, endOffset: -1 }

export class LeaderEpochs {
  /**
   * `'missing'` or what is wrong with the file; the entries are empty then, and whoever opens the log assigns those
   * found in its batches. `undefined` when the file was read.
   */
  readonly problem: string | undefined
  readonly #entries: LeaderEpochEntry[]
  readonly #file: ReplacedFile
  #changeCount = 0
  /** How many of the changes are durable. */
  #durableCount = 0

  private constructor(
    disk: Pick<Disk, 'replaceFile'>,
    path: string,
    loaded: { entries: LeaderEpochEntry[]; problem: string | undefined },
  ) {
    this.problem = loaded.problem
    this.#entries = loaded.entries
    this.#file = new ReplacedFile(disk, path, () =>
      checkpointText(this.#entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)),
    )
  }

  /** @throws DiskError when the file is there and cannot be read. */
  static load(disk: Pick<Disk, 'readFile' | 'replaceFile'>, path: string): LeaderEpochs {
    const { lines, problem } = readCheckpointLines(disk, path)
    if (problem !== undefined) return new LeaderEpochs(disk, path, { entries: [], problem })
    const entries: LeaderEpochEntry[] = []
    for (const line of lines) {
      const entry = parseLine(line)
      const last = entries.at(-1)
      const rises = last === undefined || (entry !== undefined && follows(last, entry))
      if (entry === undefined || !rises) {
        return new LeaderEpochs(disk, path, { entries: [], problem: `a bad entry: ${line.slice(0, 80)}` })
      }
      entries.push(entry)
    }
    return new LeaderEpochs(disk, path, { entries, problem: undefined })
  }

  get path(): string {
    return this.#file.path
  }

  /** Ascending. */
  get entries(): readonly LeaderEpochEntry[] {
    return this.#entries
  }

  get latestEpoch(): number | undefined {
    return this.#entries.at(-1)?.epoch
  }

  /**
   * The epoch begins at `startOffset`. Known already with this or a smaller start: nothing happens. Entries that
   * contradict it (a higher or equal epoch, a higher or equal start) were of a history that has been replaced: they go.
   */
  assign(epoch: number, startOffset: number): void {
    assert(epoch >= 0 && startOffset >= 0, `a leader epoch of ${epoch} at offset ${startOffset}`)
    const last = this.#entries.at(-1)
    if (last !== undefined && last.epoch === epoch && last.startOffset <= startOffset) return
    this.#removeFromEndWhile((entry) => entry.epoch >= epoch || entry.startOffset >= startOffset)
    this.#entries.push({ epoch, startOffset })
    this.#changeCount++
  }

  /**
   * Where `epoch` ended: the start of the next one known, together with the largest epoch that is not above the
   * requested one. The latest epoch ends at the log end. An epoch older than all: itself, and the first start known.
   */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEndOffset {
    if (epoch < 0) return UNDEFINED
    if (epoch === this.latestEpoch) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const nextIndex = this.#entries.findIndex((entry) => entry.epoch > epoch)
    const next = this.#entries[nextIndex]
    if (next === undefined) return UNDEFINED
    return { leaderEpoch: this.#entries[nextIndex - 1]?.epoch ?? epoch, endOffset: next.startOffset }
  }

  /** Of the record at `offset`; `undefined` below the first epoch known. */
  epochForOffset(offset: number): number | undefined {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch
  }

  /** The log now ends at `offset`: epochs that begin there or later go, also where the log was not longer before (KAFKA-10706). */
  truncateFromEnd(offset: number): void {
    this.#removeFromEndWhile((entry) => entry.startOffset >= offset)
  }

  /** The log now begins at `offset`: older epochs go, the one that holds `offset` begins there. */
  truncateFromStart(offset: number): void {
    const index = this.#entries.findLastIndex((entry) => entry.startOffset <= offset)
    const holder = this.#entries[index]
    if (holder === undefined) return
    if (index === 0 && holder.startOffset === offset) return
    this.#entries.splice(0, index + 1, { epoch: holder.epoch, startOffset: offset })
    this.#changeCount++
  }

  clear(): void {
    this.#removeFromEndWhile(() => true)
  }

  /** Where later flushes go: the partition’s directory was renamed. */
  moveTo(path: string): void {
    this.#file.moveTo(path)
  }

  /** Resolves when all changes made before the call are durable; at once where there are none. @throws DiskError */
  async flush(): Promise<void> {
    const changeCount = this.#changeCount
    if (changeCount === this.#durableCount) return
    await this.#file.write()
    this.#durableCount = Math.max(this.#durableCount, changeCount)
  }

  #removeFromEndWhile(isGone: (entry: LeaderEpochEntry) => boolean): void {
    for (let last = this.#entries.at(-1); last !== undefined && isGone(last); last = this.#entries.at(-1)) {
      this.#entries.pop()
      this.#changeCount++
    }
  }
}

function parseLine(line: string): LeaderEpochEntry | undefined {
  const match = /^(\d{1,10}) (\d{1,16})$/.exec(line)
  return match === null ? undefined : { epoch: Number(match[1]), startOffset: Number(match[2]) }
}

function follows(last: LeaderEpochEntry, entry: LeaderEpochEntry): boolean {
  return entry.epoch > last.epoch && entry.startOffset > last.startOffset
}
