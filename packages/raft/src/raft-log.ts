/**
 * The metadata log of a quorum of one: `__cluster_metadata-0` in Apache Kafka’s form, behind the `MetadataLog` seam.
 * A shell: `quorum-of-one` decides, this file appends, syncs and tells.
 *
 * What is appended is committed once it is synced: the only voter has it durably. Batches that were prepared in one
 * turn share one sync. A failed sync is never tried again; whoever opened the log is told and must stop.
 */
import { asError, assert, background, Deferred } from '@gregor/base'
import type {
  CommittedBatch,
  MetadataLeader,
  MetadataLog,
  MetadataLogListener,
  QuorumInfo,
  SnapshotId,
  SnapshotWriter,
} from '@gregor/metadata'
import { MetadataLogFullError, NotLeaderError } from '@gregor/metadata'
import { BatchBuilder, controlBatch } from '@gregor/protocol'
import { type PartitionLog, StorageError } from '@gregor/storage'
import { METADATA_LOG_DIRECTORY, readBootstrapRecords } from './format.ts'
import { electSelf, expiredSnapshots, firstRecords, type KnownQuorum } from './quorum-of-one.ts'
import { initialQuorumState, QUORUM_STATE_FILE, readQuorumState } from './quorum-state.ts'
import { batchesIn, readBatches } from './raft-batches.ts'
import {
  checkSoleVoter,
  knownQuorum,
  newestUsableSnapshot,
  openLog,
  persist,
  readerOf,
  type RaftLogOptions,
} from './raft-opening.ts'
import { listSnapshots, SnapshotBuilder, snapshotFileName, writeSnapshot } from './snapshot-file.ts'
import { kraftVersionRecord, votersRecord, type ControlRecord } from './voters.ts'

export class RaftLog implements MetadataLog {
  readonly #options: RaftLogOptions
  readonly #log: PartitionLog
  readonly #directory: string
  #known: KnownQuorum
  readonly #snapshots: SnapshotId[]
  #leader: MetadataLeader
  #listener: MetadataLogListener | undefined
  /** Prepared, and not yet told to the listener. */
  #pending: CommittedBatch[] = []
  /** `undefined`: the listener is still being told what is on disk. */
  #toldOffset: number | undefined
  #committedOffset: number
  /** Who waits until the log is committed up to an offset. */
  readonly #waiting: { readonly offset: number; readonly committed: Deferred<void> }[] = []
  #isSyncing = false
  #isWanted = false
  #isFailed = false
  #isClosed = false

  private constructor(given: {
    options: RaftLogOptions
    log: PartitionLog
    directory: string
    known: KnownQuorum
    snapshots: SnapshotId[]
    epoch: number
  }) {
    this.#options = given.options
    this.#log = given.log
    this.#directory = given.directory
    this.#known = given.known
    this.#snapshots = given.snapshots
    this.#leader = { epoch: given.epoch, id: given.options.nodeId, isMine: true }
    this.#committedOffset = given.log.logEndOffset
  }

  /**
   * Recovers what is on disk, takes the leadership under a new epoch and commits the record that says so.
   * @throws QuorumStateError, SnapshotError, MultipleVotersError, DiskError
   */
  static async open(options: RaftLogOptions): Promise<RaftLog> {
    const { disk } = options.environment
    const directory = `${options.directory}/${METADATA_LOG_DIRECTORY}`
    disk.makeDirectory(directory)
    const newest = newestUsableSnapshot(options, directory)
    const log = await openLog(options, directory, newest?.id)
    const quorumPath = `${directory}/${QUORUM_STATE_FILE}`
    const persisted = readQuorumState(disk, quorumPath) ?? initialQuorumState
    const known = await knownQuorum(options, log, newest?.content)
    checkSoleVoter(options, known)
    const elected = electSelf(options, { persisted, lastLogEpoch: log.epochs.latestEpoch ?? 0 })
    await persist(options, quorumPath, elected, known)
    const raft = new RaftLog({
      options,
      log,
      directory,
      known,
      snapshots: [...listSnapshots(disk, directory)],
      epoch: elected.leaderEpoch,
    })
    await raft.#becomeLeader()
    return raft
  }

  get endOffset(): number {
    return this.#log.logEndOffset
  }

  get committedOffset(): number {
    return this.#committedOffset
  }

  /** The bytes of the log, without its snapshots. */
  get sizeBytes(): number {
    return this.#log.sizeBytes
  }

  get logStartOffset(): number {
    return this.#log.logStartOffset
  }

  get kraftVersion(): number {
    return this.#known.kraftVersion
  }

  leader(): MetadataLeader {
    return this.#leader
  }

  subscribe(listener: MetadataLogListener): void {
    assert(this.#listener === undefined, 'one listener at most follows the metadata log')
    this.#listener = listener
    background('reading the metadata log', this.#catchUp(listener), (_name, error) => this.#fail(error))
  }

  prepare(epoch: number, records: readonly Buffer[]): { readonly baseOffset: number; readonly lastOffset: number } {
    this.#checkLeads(epoch)
    const nowMs = this.#options.environment.clock.wallMs()
    const builder = new BatchBuilder({ baseOffset: this.endOffset, partitionLeaderEpoch: epoch })
    for (const record of records) builder.append(null, record, [], nowMs)
    const { baseOffset, lastOffset } = this.#append(builder.build(), nowMs)
    this.#pending.push({ baseOffset, lastOffset, epoch, appendTimeMs: nowMs, records })
    return { baseOffset, lastOffset }
  }

  submit(): void {
    this.#isWanted = true
    if (this.#isSyncing || this.#isFailed) return
    this.#isSyncing = true
    background('sync of the metadata log', this.#syncUntilIdle(), (name, error) =>
      this.#options.environment.logger.error(name, {
        error: asError(error),
      }),
    )
  }

  /** With the id of this directory, and where the configuration says that the node is found. */
  upgradeKraftVersion(epoch: number, level: number): Promise<void> {
    this.#checkLeads(epoch)
    const { directoryId, environment } = this.#options
    const voters = this.#known.voters.map((voter) => ({ ...voter, directoryId }))
    const nowMs = environment.clock.wallMs()
    const records = [kraftVersionRecord(level), votersRecord(voters)]
    const batch = controlBatch(records, nowMs, { baseOffset: this.endOffset, partitionLeaderEpoch: epoch })
    const { baseOffset, lastOffset } = this.#append(batch, nowMs)
    this.#known = { kraftVersion: level, voters, isInLog: true }
    this.#pending.push({ baseOffset, lastOffset, epoch, appendTimeMs: nowMs, records: [] })
    const committed = new Deferred<void>()
    this.#waiting.push({ offset: lastOffset + 1, committed })
    this.submit()
    return committed.promise
  }

  #checkLeads(epoch: number): void {
    const leads = !this.#isFailed && !this.#isClosed && epoch === this.#leader.epoch && this.#leader.isMine
    if (!leads) throw new NotLeaderError(epoch)
  }

  /** The only voter has nobody to give way to: it goes on under the same epoch. */
  resign(epoch: number): void {
    if (epoch !== this.#leader.epoch) return
    this.#options.environment.logger.warn(
      'The only voter of the metadata quorum cannot resign: it goes on as the leader',
      { epoch },
    )
  }

  createSnapshot({ offset, epoch }: SnapshotId): SnapshotWriter | undefined {
    const isThere = this.#snapshots.some((id) => id.offset >= offset)
    if (isThere || offset > this.#committedOffset || offset <= this.#log.logStartOffset) return undefined
    const { disk, clock } = this.#options.environment
    const nowMs = clock.wallMs()
    const builder = new SnapshotBuilder({ lastAppendTimeMs: nowMs, control: this.#controlRecords() }, { epoch, nowMs })
    let isOver = false
    return {
      append: (records) => builder.append(records),
      finish: async () => {
        if (isOver || this.#isClosed) return
        isOver = true
        await writeSnapshot(disk, this.#directory, { offset, epoch }, builder.finish())
        this.#snapshots.push({ offset, epoch })
        await this.#cleanUp()
      },
      abandon: () => {
        isOver = true
      },
    }
  }

  latestSnapshot(): SnapshotId | undefined {
    return this.#snapshots.at(-1)
  }

  describe(): QuorumInfo {
    const nowMs = this.#options.environment.clock.wallMs()
    return {
      leader: this.#leader,
      highWatermark: this.#committedOffset,
      voters: this.#known.voters.map(({ id, directoryId, endpoints }) => ({
        id,
        directoryId,
        endpoints,
        logEndOffset: this.endOffset,
        lastFetchTimeMs: nowMs,
        lastCaughtUpTimeMs: nowMs,
      })),
      observers: [],
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#log.close({ isClean: !this.#isFailed })
  }

  async #becomeLeader(): Promise<void> {
    const { epoch } = this.#leader
    this.#log.assignEpoch(epoch)
    const nowMs = this.#options.environment.clock.wallMs()
    const records = firstRecords(this.#options.nodeId, this.#known)
    this.#append(controlBatch(records, nowMs, { baseOffset: this.endOffset, partitionLeaderEpoch: epoch }), nowMs)
    await this.#log.sync()
    this.#commit(this.endOffset)
  }

  #append(batch: Buffer, nowMs: number): { readonly baseOffset: number; readonly lastOffset: number } {
    const result = this.#log.append(batch, { leaderEpoch: this.#leader.epoch, origin: 'raft', nowMs })
    if (result.error === 'NONE') return result
    const { failure } = this.#log
    const isFull = result.error === 'KAFKA_STORAGE_ERROR' && failure === undefined && !this.#isClosed
    if (isFull) throw new MetadataLogFullError(result.message ?? result.error)
    const cause =
      failure ?? new StorageError(`the metadata log refused a batch: ${result.error} ${result.message ?? ''}`)
    if (result.error === 'KAFKA_STORAGE_ERROR') this.#fail(cause)
    throw cause
  }

  async #syncUntilIdle(): Promise<void> {
    try {
      while (this.#isWanted && !this.#isFailed) {
        this.#isWanted = false
        const endOffset = this.endOffset
        await this.#log.sync()
        this.#commit(endOffset)
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isSyncing = false
    }
  }

  #commit(offset: number): void {
    this.#committedOffset = offset
    this.#log.setHighWatermark(offset)
    while (this.#waiting[0] !== undefined && this.#waiting[0].offset <= offset) {
      this.#waiting.shift()?.committed.resolve()
    }
    this.#tell()
  }

  /** Hands on, in order, the batches that are committed and that the listener has not seen. */
  #tell(): void {
    if (this.#listener === undefined || this.#toldOffset === undefined) return
    for (
      let next = this.#pending[0];
      next !== undefined && next.lastOffset < this.#committedOffset;
      next = this.#pending[0]
    ) {
      this.#pending.shift()
      if (next.baseOffset < this.#toldOffset) continue
      this.#toldOffset = next.lastOffset + 1
      this.#listener.onBatch(next)
    }
  }

  /** Tells what was committed before there was a listener; what is committed meanwhile waits its turn. */
  async #catchUp(listener: MetadataLogListener): Promise<void> {
    const endOffset = this.#committedOffset
    const newest = newestUsableSnapshot(this.#options, this.#directory)
    const snapshotOffset = newest?.id.offset ?? 0
    if (newest !== undefined && snapshotOffset > 0) listener.onSnapshot(readerOf(newest))
    let hadRecords = snapshotOffset > 0
    for (let offset = Math.max(snapshotOffset, this.#log.logStartOffset); offset < endOffset;) {
      for (const batch of batchesIn(await readBatches(this.#log, offset, endOffset))) {
        if (batch.lastOffset < offset) continue
        hadRecords ||= batch.records.length > 0
        listener.onBatch(batch)
        offset = batch.lastOffset + 1
      }
    }
    if (!hadRecords) listener.onBootstrap(readBootstrapRecords(this.#options.environment.disk, this.#options.directory))
    listener.onLeader(this.#leader)
    this.#toldOffset = endOffset
    this.#tell()
  }

  #controlRecords(): readonly ControlRecord[] {
    const { kraftVersion, voters } = this.#known
    return kraftVersion === 0 ? [] : [kraftVersionRecord(kraftVersion), votersRecord(voters)]
  }

  async #cleanUp(): Promise<void> {
    const { disk, clock } = this.#options.environment
    const described = this.#snapshots.map((id) => {
      const stat = disk.stat(`${this.#directory}/${snapshotFileName(id)}`)
      return { offset: id.offset, bytes: stat?.size ?? 0, lastContainedTimeMs: stat?.modifiedAtMs ?? 0 }
    })
    const count = expiredSnapshots(described, {
      logBytes: this.sizeBytes,
      nowMs: clock.wallMs(),
      retentionBytes: this.#options.retentionBytes,
      retentionMs: this.#options.retentionMs,
    })
    const kept = this.#snapshots[count]
    if (count === 0 || kept === undefined) return
    // The log first: it may start at a snapshot that is there, never behind one that is not.
    this.#log.deleteRecordsBefore(kept.offset)
    for (const id of this.#snapshots.splice(0, count)) await disk.remove(`${this.#directory}/${snapshotFileName(id)}`)
  }

  #fail(cause: unknown): void {
    if (this.#isFailed) return
    this.#isFailed = true
    this.#leader = { epoch: this.#leader.epoch, id: undefined, isMine: false }
    const reason = cause instanceof Error ? cause : new StorageError(String(cause))
    for (const { committed } of this.#waiting.splice(0)) committed.reject(reason)
    this.#listener?.onLeader(this.#leader)
    this.#options.onFailure(cause)
  }
}
