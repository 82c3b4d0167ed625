/**
 * What a quorum of one finds on its disk at a start: the log and its newest snapshot, who votes, and whether this node
 * may be all of that quorum.
 */
import { METADATA_TOPIC_ID } from '@gregor/base'
import type { LogConfig } from '@gregor/config'
import type { SnapshotId, SnapshotReader } from '@gregor/metadata'
import type { Environment } from '@gregor/platform'
import { OpenFiles, PartitionLog } from '@gregor/storage'
import type { KnownQuorum } from './quorum-of-one.ts'
import { writeQuorumState, type QuorumState } from './quorum-state.ts'
import { controlRecordsIn, readBatches } from './raft-batches.ts'
import { listSnapshots, readSnapshot, SnapshotError, type SnapshotContent } from './snapshot-file.ts'
import { kraftVersionFrom, votersFrom, type ControlRecord, type Voter } from './voters.ts'

export interface RaftLogOptions {
  readonly environment: Pick<Environment, 'clock' | 'disk' | 'logger' | 'random'>
  /** The log directory that holds it (`metadata.log.dir`); formatted. */
  readonly directory: string
  readonly nodeId: number
  readonly directoryId: string
  readonly config: LogConfig
  readonly isClean: boolean
  readonly retentionBytes: number
  readonly retentionMs: number
  /** Used where neither log nor snapshot names voters (kraft.version 0). */
  readonly staticVoters: readonly Voter[]
  /** The disk failed: nothing can be committed any more. Called once. */
  readonly onFailure: (cause: unknown) => void
}

/** More than one voter, or another one: this node does not take part in such a quorum. */
export class MultipleVotersError extends Error {
  override readonly name = 'MultipleVotersError'

  constructor(voters: readonly Voter[], nodeId: number) {
    const names = voters.map(({ id, directoryId }) => `${id} (${directoryId})`).join(', ')
    super(
      `the metadata log names the voters ${names}; node ${nodeId} runs a quorum of one, its own. ` +
        'Start it on a directory of its own, or on one whose only voter it is',
    )
  }
}

export function checkSoleVoter({ nodeId }: RaftLogOptions, { voters }: KnownQuorum): void {
  const isSole = voters.length === 1 && voters[0]?.id === nodeId
  if (!isSole) throw new MultipleVotersError(voters, nodeId)
}

export interface UsableSnapshot {
  readonly id: SnapshotId
  readonly content: SnapshotContent
}

/** The newest that is whole; one that is not is left where it is, with a line in the log. */
export function newestUsableSnapshot({ environment }: RaftLogOptions, directory: string): UsableSnapshot | undefined {
  const { disk, logger } = environment
  for (const id of listSnapshots(disk, directory).toReversed()) {
    try {
      return { id, content: readSnapshot(disk, directory, id) }
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error
      logger.warn('A snapshot of the metadata log is not usable: the one before it is taken', { error })
    }
  }
  return undefined
}

export function readerOf({ id, content }: UsableSnapshot): SnapshotReader {
  return { id, lastContainedTimeMs: content.lastAppendTimeMs, records: () => content.records }
}

export async function openLog(
  options: RaftLogOptions,
  directory: string,
  newest: SnapshotId | undefined,
): Promise<PartitionLog> {
  const log = await PartitionLog.open({
    environment: options.environment,
    directory,
    topicPartition: { topic: '__cluster_metadata', partition: 0 },
    topicId: METADATA_TOPIC_ID,
    config: options.config,
    // What a snapshot stands for is committed; behind it every batch is looked at again unless the stop was clean.
    recoveryPoint: 0,
    logStartOffset: 0,
    isClean: options.isClean,
    producerIdExpirationMs: Infinity,
    files: new OpenFiles({ disk: options.environment.disk, openFilesMax: 8 }),
    onStorageError: () => {},
  })
  // A log that ends below its newest snapshot has nothing the snapshot does not say.
  if (newest !== undefined && log.logEndOffset < newest.offset) await log.truncateFullyAndStartAt(newest.offset)
  return log
}

export async function knownQuorum(
  options: RaftLogOptions,
  log: PartitionLog,
  snapshot: SnapshotContent | undefined,
): Promise<KnownQuorum> {
  let kraftVersion = 0
  let voters = options.staticVoters
  let isInLog = false
  const learn = ({ type, value }: ControlRecord): boolean => {
    if (type === 'KRaftVersion') kraftVersion = kraftVersionFrom(value)
    else if (type === 'KRaftVoters') voters = votersFrom(value)
    else return false
    return true
  }
  for (const record of snapshot?.control ?? []) learn(record)
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    for (const { control, lastOffset } of controlRecordsIn(await readBatches(log, offset, log.logEndOffset))) {
      for (const record of control) isInLog = learn(record) || isInLog
      offset = lastOffset + 1
    }
  }
  return { kraftVersion, voters, isInLog }
}

export async function persist(
  options: RaftLogOptions,
  path: string,
  state: QuorumState,
  known: KnownQuorum,
): Promise<void> {
  const { kraftVersion, voters } = known
  await writeQuorumState(options.environment.disk, path, state, { kraftVersion, voterIds: voters.map(({ id }) => id) })
}
