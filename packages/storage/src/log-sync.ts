/**
 * What of a log is durable. One sync at a time (`GroupCommit`); it covers all that was appended before it began, and
 * only then `syncedOffset` moves: never past what is not on disk, epochs and aborted transactions included.
 *
 * A sync that failed is not tried again, since the pages it was about may be gone: the log has failed.
 */
import type { Clock, Disk, Logger } from '@gregor/platform'
import { DiskError } from '@gregor/platform'
import { isDiskFull } from './disk-full.ts'
import { GroupCommit } from './group-commit.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import { StorageError } from './storage-error.ts'

export interface SyncedLog {
  readonly directory: () => string
  readonly logEndOffset: () => number
  readonly segments: SegmentList
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  /** Writes what a full disk kept back. @throws DiskError */
  writePendingAborts(): void
  /** The disk failed. */
  fail(error: DiskError): void
}

export class LogSync {
  readonly #log: SyncedLog
  readonly #disk: Pick<Disk, 'syncDirectory'>
  readonly #logger: Logger
  readonly #commit: GroupCommit
  #syncedOffset: number
  #isDirectoryDirty = true
  /** What a sync under way may claim: a truncation lowers it. */
  #limit = Infinity

  constructor(
    log: SyncedLog,
    given: { clock: Pick<Clock, 'afterTurn'>; disk: Pick<Disk, 'syncDirectory'>; logger: Logger; syncedOffset: number },
  ) {
    this.#log = log
    this.#disk = given.disk
    this.#logger = given.logger
    this.#syncedOffset = given.syncedOffset
    this.#commit = new GroupCommit(given.clock, () => this.#syncNow())
  }

  get syncedOffset(): number {
    return this.#syncedOffset
  }

  /** Names were created, renamed or removed in the log’s directory. */
  directoryChanged(): void {
    this.#isDirectoryDirty = true
  }

  /** The log was cut: it ends at `offset`, or begins anew there. */
  truncatedTo(offset: number): void {
    this.#syncedOffset = Math.min(this.#syncedOffset, offset)
    this.#limit = Math.min(this.#limit, offset)
  }

  /** Resolves when all that was appended before the call is durable. @throws DiskError */
  sync(): Promise<void> {
    const isIdle =
      this.#syncedOffset === this.#log.logEndOffset() && !this.#isDirectoryDirty && this.#dirty.length === 0
    return isIdle ? Promise.resolve() : this.#commit.request()
  }

  /** Resolves when all below `offset` is durable. @throws DiskError; StorageError where it was taken off the log */
  async whenSynced(offset: number): Promise<void> {
    while (this.#syncedOffset < offset) {
      if (offset > this.#log.logEndOffset()) throw new StorageError(`the log was cut below offset ${offset}`)
      await this.#commit.request()
    }
  }

  get #dirty(): readonly Segment[] {
    return this.#log.segments.from(this.#syncedOffset).filter((segment) => segment.needsSync)
  }

  async #syncNow(): Promise<void> {
    const { segments, epochs, producers } = this.#log
    await this.#orFail(() => this.#log.writePendingAborts(), isDiskFull)
    this.#limit = Infinity
    const target = this.#log.logEndOffset()
    const dirty = this.#dirty
    await this.#orFail(() => this.#syncLogs(dirty))
    const closed = dirty.filter((segment) => segment !== segments.active)
    if (closed.length > 0) {
      await this.#unlessFull('the indexes of a segment', () => syncIndexes(closed))
      await this.#unlessFull('a snapshot of the producers', () => producers.flush())
    }
    await this.#unlessFull('the indexes of a segment', () => segments.active.persistIndexes())
    await this.#orFail(() => epochs.flush(), isDiskFull)
    this.#syncedOffset = Math.max(this.#syncedOffset, Math.min(target, this.#limit))
  }

  async #syncLogs(dirty: readonly Segment[]): Promise<void> {
    const isDirectoryDirty = this.#isDirectoryDirty
    this.#isDirectoryDirty = false
    const logs = dirty.map((segment) => segment.syncLog())
    await Promise.all(isDirectoryDirty ? [...logs, this.#disk.syncDirectory(this.#log.directory())] : logs)
  }

  /** Where space is short: it is derived from the log, and would be rebuilt. */
  async #unlessFull(what: string, write: () => Promise<void> | void): Promise<void> {
    try {
      await this.#orFail(write, isDiskFull)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.#logger.warn('no space for what can be rebuilt', { what, error })
    }
  }

  /** Whoever waits hears of each failure; the log has failed unless the failure `passes`. */
  async #orFail(write: () => Promise<void> | void, passes: (error: DiskError) => boolean = () => false): Promise<void> {
    try {
      await write()
    } catch (error) {
      if (error instanceof DiskError && !passes(error)) this.#log.fail(error)
      throw error
    }
  }
}

async function syncIndexes(segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) await segment.syncIndexes()
}
