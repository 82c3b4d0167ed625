/**
 * What of a log is durable. One sync at a time (`GroupCommit`); it covers all that was appended before it began, and
 * only then `syncedOffset` moves: never past what is not on disk, epochs and aborted transactions included.
 *
 * A sync that failed is not tried again, since the pages it was about may be gone: the log has failed.
 */
import { type Clock, type Disk, DiskError } from '@gregor/platform'
import { isDiskFull } from './disk-full.ts'
import { GroupCommit } from './group-commit.ts'
import type { LogState } from './log-state.ts'
import type { Segment } from './segment.ts'
import { StorageError } from './storage-error.ts'
import { SyncedSnapshots } from './synced-snapshots.ts'

export interface LogSyncGiven {
  readonly clock: Pick<Clock, 'afterTurn'>
  readonly disk: Pick<Disk, 'syncDirectory'>
  readonly syncedOffset: number
}

export class LogSync {
  readonly #state: LogState
  readonly #disk: Pick<Disk, 'syncDirectory'>
  readonly #commit: GroupCommit
  readonly #snapshots: SyncedSnapshots
  #syncedOffset: number
  /** What a sync under way may claim: a truncation lowers it. */
  #limit = Infinity
  #isStopped = false

  constructor(state: LogState, given: LogSyncGiven) {
    this.#state = state
    this.#disk = given.disk
    this.#syncedOffset = given.syncedOffset
    this.#commit = new GroupCommit(given.clock, () => this.#syncNow())
    this.#snapshots = new SyncedSnapshots(state.producers)
  }

  get syncedOffset(): number {
    return this.#syncedOffset
  }

  /** The log was cut: it ends at `offset`, or begins anew there. */
  truncatedTo(offset: number): void {
    this.#syncedOffset = Math.min(this.#syncedOffset, offset)
    this.#limit = Math.min(this.#limit, offset)
  }

  /** The files are closed now. */
  stop(): void {
    this.#isStopped = true
  }

  /** @throws DiskError, StorageError */
  async sync(): Promise<void> {
    const isIdle =
      this.#syncedOffset === this.#state.logEndOffset && !this.#state.isDirectoryDirty && this.#dirty.length === 0
    if (!isIdle) await this.#commit.request()
  }

  /** @throws DiskError, StorageError */
  async whenSynced(offset: number): Promise<void> {
    while (this.#syncedOffset < offset) {
      if (offset > this.#state.logEndOffset) throw new StorageError(`the log was cut below offset ${offset}`)
      await this.#commit.request()
    }
  }

  get #dirty(): readonly Segment[] {
    return this.#state.segments.all.filter((segment) => segment.needsSync)
  }

  async #syncNow(): Promise<void> {
    const { segments, epochs, producers, failure } = this.#state
    if (failure !== undefined) throw failure
    if (this.#isStopped) throw new StorageError('the log is closed')
    await this.#orFail(() => this.#state.writePendingAborts(), isDiskFull)
    this.#limit = Infinity
    const target = this.#state.logEndOffset
    const dirty = this.#dirty
    await this.#orFail(() => this.#syncLogs(dirty))
    await this.#unlessFull('the indexes of a segment', async () => {
      for (const segment of dirty) await segment.syncIndexes()
      segments.active.persistIndexes()
    })
    await this.#orFail(() => epochs.flush(), isDiskFull)
    this.#syncedOffset = Math.max(this.#syncedOffset, Math.min(target, this.#limit))
    await this.#unlessFull('a snapshot of the producers', () => {
      this.#snapshots.synced(segments.active)
      return producers.flush()
    })
  }

  async #syncLogs(dirty: readonly Segment[]): Promise<void> {
    const { directory } = this.#state
    const syncs = dirty.map((segment) => segment.syncLog())
    if (this.#state.isDirectoryDirty) syncs.push(this.#disk.syncDirectory(directory))
    this.#state.isDirectoryDirty = false
    await Promise.all(syncs)
  }

  /** Where space is short: it is derived from the log, and would be rebuilt. */
  async #unlessFull(what: string, write: () => Promise<void> | void): Promise<void> {
    try {
      await this.#orFail(write, isDiskFull)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.#state.logger.warn('no space for what can be rebuilt', { what, error })
    }
  }

  /** Whoever waits hears of each failure; the log has failed unless the failure `passes`. */
  async #orFail(write: () => Promise<void> | void, passes: (error: DiskError) => boolean = () => false): Promise<void> {
    try {
      await write()
    } catch (error) {
      if (error instanceof DiskError && !passes(error)) this.#state.fail(error)
      throw error
    }
  }
}
