/**
 * The one seam below metadata: an ordered, epoch-fenced, replicated log of opaque records. Our own raft implements it;
 * a ZooKeeper ensemble or a quorum of Apache controllers can stand behind it just as well.
 * It never decodes a metadata record; whoever stands above never sees a socket, a vote or a file.
 */

export interface MetadataLog {
  /** The offset that the next prepared record will get; of a log that is not leading, the end it has. */
  readonly endOffset: number
  /** All below is committed. Never goes back. */
  readonly committedOffset: number
  leader(): MetadataLeader
  /** Tells the listener everything from the start (or from the newest snapshot), then what comes. At most one. */
  subscribe(listener: MetadataLogListener): void
  /**
   * Appends one atomic batch as the leader of `epoch`. It begins to be replicated at `submit`, and is committed when
   * `onBatch` has it.
   * @returns The offsets of its first and last record.
   * @throws NotLeaderError when that epoch is over. BatchTooLargeError (of `machine`) or MetadataLogFullError when
   *   nothing was appended.
   */
  prepare(epoch: number, records: readonly Buffer[]): { readonly baseOffset: number; readonly lastOffset: number }
  /** Starts to replicate and to sync what was prepared. */
  submit(): void
  /**
   * Raises kraft.version, the level of the log’s own records; from 1 on they name the voters. Resolves when that is
   * committed. @throws NotLeaderError when that epoch is over.
   */
  upgradeKraftVersion(epoch: number, level: number): Promise<void>
  /** Gives up leadership, if it still leads that epoch. */
  resign(epoch: number): void
  /** Writes a snapshot as of a committed offset. `undefined` when there is one already, or the offset is gone. */
  createSnapshot(at: SnapshotId): SnapshotWriter | undefined
  /** The newest snapshot; `undefined` when there is none. */
  latestSnapshot(): SnapshotId | undefined
  describe(): QuorumInfo
  close(): Promise<void>
}

export interface MetadataLeader {
  readonly epoch: number
  /** `undefined`: nobody is known to lead. */
  readonly id: number | undefined
  readonly isMine: boolean
}

/** Called in order, one at a time. Must not throw. */
export interface MetadataLogListener {
  onLeader(leader: MetadataLeader): void
  /** Committed. Those this node prepared itself come too. */
  onBatch(batch: CommittedBatch): void
  /** Replaces all state. */
  onSnapshot(snapshot: SnapshotReader): void
  /** On the first start of an empty log: what a new cluster begins with. The controller writes it. */
  onBootstrap(records: readonly Buffer[]): void
}

export interface CommittedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly appendTimeMs: number
  /** Values of its data records; empty for a control batch. Valid until the call returns: copy what outlives it. */
  readonly records: readonly Buffer[]
}

/** Offset: the first one that the snapshot does not contain. */
export interface SnapshotId {
  readonly offset: number
  readonly epoch: number
}

export interface SnapshotReader {
  readonly id: SnapshotId
  /** When its last record was appended, by the leader's clock. */
  readonly lastContainedTimeMs: number
  records(): Iterable<Buffer>
}

export interface SnapshotWriter {
  append(records: readonly Buffer[]): void
  /** Makes it durable and visible. */
  finish(): Promise<void>
  /** Leaves nothing behind. */
  abandon(): void
}

export interface QuorumInfo {
  readonly leader: MetadataLeader
  readonly highWatermark: number
  readonly voters: readonly QuorumVoter[]
  readonly observers: readonly QuorumReplica[]
}

export interface QuorumReplica {
  readonly id: number
  readonly directoryId: string
  readonly logEndOffset: number
  /** -1: never, or not known. */
  readonly lastFetchTimeMs: number
  readonly lastCaughtUpTimeMs: number
}

export interface QuorumVoter extends QuorumReplica {
  readonly endpoints: readonly { readonly name: string; readonly host: string; readonly port: number }[]
}

/** The epoch under which something was asked for is over. Ask the new leader. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError'

  constructor(epoch: number) {
    super(`not the leader of the metadata log in epoch ${epoch}`)
  }
}

/** There is no room for what was to be appended; nothing was, and there may be room again. */
export class MetadataLogFullError extends Error {
  override readonly name = 'MetadataLogFullError'

  constructor(reason: string) {
    super(`the metadata log has no room: ${reason}`)
  }
}
