/**
 * What the cluster has agreed on about one partition, and the rules by which records change it. Every replica of the
 * metadata must follow them alike:
 * - each change adds 1 to the partition epoch, and 1 to the leader epoch where it names a leader, even the same one;
 * - a list that is null leaves things as they are, an empty one empties them;
 * - directories that were never assigned are all `MIGRATING`.
 */
import { MIGRATING_DIRECTORY } from './directory-id.ts'
import { MetadataFault } from './metadata-fault.ts'
import type { RecordOf } from './metadata-record.ts'

export const NO_LEADER = -1
/** In a change record. */
export const NO_LEADER_CHANGE = -2
const NO_RECOVERY_CHANGE = -1

export interface PartitionRegistration {
  /** In order of preference. */
  readonly replicas: readonly number[]
  /** The log directory of each replica. */
  readonly directories: readonly string[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  /** -1: none. */
  readonly leader: number
  /** 1: elected uncleanly, and not yet recovered. */
  readonly leaderRecoveryState: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** Out of the ISR, and known to hold everything below the high watermark (KIP-966). */
  readonly elr: readonly number[]
  readonly lastKnownElr: readonly number[]
}

export function partitionFromRecord(record: RecordOf<'PartitionRecord'>): PartitionRegistration {
  return {
    replicas: shared(record.replicas),
    directories: directoriesFor(record.replicas, record.directories),
    isr: shared(record.isr),
    removingReplicas: shared(record.removingReplicas),
    addingReplicas: shared(record.addingReplicas),
    leader: record.leader,
    leaderRecoveryState: record.leaderRecoveryState,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    elr: shared(record.eligibleLeaderReplicas),
    lastKnownElr: shared(record.lastKnownElr),
  }
}

export function changedPartition(
  partition: PartitionRegistration,
  change: RecordOf<'PartitionChangeRecord'>,
): PartitionRegistration {
  const replicas = change.replicas === null ? partition.replicas : shared(change.replicas)
  const isLeaderNamed = change.leader !== NO_LEADER_CHANGE
  return {
    replicas,
    directories: directoriesFor(replicas, change.directories ?? partition.directories),
    isr: change.isr === null ? partition.isr : shared(change.isr),
    removingReplicas: change.removingReplicas === null ? partition.removingReplicas : shared(change.removingReplicas),
    addingReplicas: change.addingReplicas === null ? partition.addingReplicas : shared(change.addingReplicas),
    leader: isLeaderNamed ? change.leader : partition.leader,
    leaderRecoveryState:
      change.leaderRecoveryState === NO_RECOVERY_CHANGE ? partition.leaderRecoveryState : change.leaderRecoveryState,
    leaderEpoch: partition.leaderEpoch + (isLeaderNamed ? 1 : 0),
    partitionEpoch: partition.partitionEpoch + 1,
    elr: change.eligibleLeaderReplicas === null ? partition.elr : shared(change.eligibleLeaderReplicas),
    lastKnownElr: change.lastKnownElr === null ? partition.lastKnownElr : shared(change.lastKnownElr),
  }
}

/** Directories that were never assigned are left out: a metadata.version that knows none cannot write them. */
export function recordFromPartition(
  partition: PartitionRegistration,
  { topicId, partitionId }: { readonly topicId: string; readonly partitionId: number },
): RecordOf<'PartitionRecord'> {
  const { elr, lastKnownElr, directories, ...rest } = partition
  return {
    type: 'PartitionRecord',
    partitionId,
    topicId,
    ...rest,
    directories: areUnassigned(directories) ? [] : directories,
    // Tagged fields: nothing is written where there is nothing to say.
    eligibleLeaderReplicas: elr.length === 0 ? null : elr,
    lastKnownElr: lastKnownElr.length === 0 ? null : lastKnownElr,
  }
}

/** A change record that changes nothing yet: spread it and name what changes. */
export function partitionChange(topicId: string, partitionId: number): RecordOf<'PartitionChangeRecord'> {
  return {
    type: 'PartitionChangeRecord',
    partitionId,
    topicId,
    isr: null,
    leader: NO_LEADER_CHANGE,
    replicas: null,
    removingReplicas: null,
    addingReplicas: null,
    leaderRecoveryState: NO_RECOVERY_CHANGE,
    directories: null,
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  }
}

/** The directory of a broker's replica; `undefined` where it has none. */
export function directoryOf(partition: PartitionRegistration, brokerId: number): string | undefined {
  return partition.directories[partition.replicas.indexOf(brokerId)]
}

export function isReassigning(partition: PartitionRegistration): boolean {
  return partition.addingReplicas.length > 0 || partition.removingReplicas.length > 0
}

function directoriesFor(replicas: readonly number[], directories: readonly string[]): readonly string[] {
  if (areUnassigned(directories)) return replicas.map(() => MIGRATING_DIRECTORY)
  if (directories.length === replicas.length) return directories
  throw new MetadataFault(`a partition of ${replicas.length} replicas has ${directories.length} directories`)
}

function areUnassigned(directories: readonly string[]): boolean {
  return directories.every((id) => id === MIGRATING_DIRECTORY)
}

/** Hundreds of thousands of partitions have the same empty lists: they share one. */
function shared(list: readonly number[] | null): readonly number[] {
  return list === null || list.length === 0 ? empty : list
}

const empty: readonly number[] = []
