/**
 * A member of a consumer group (KIP-848): what it asked for, which epoch it is in, which partitions are its own. An
 * immutable value: a decision makes another one, and its records make it so.
 *
 * `assigned`: what it may use. `pendingRevocation`: what it was told to give up and has not said that it has; still its
 * own, nobody else gets it.
 */
import type { GroupRecordValue } from '../group-log-record.ts'
import { noPartitions, samePartitionEpochs } from './partition-epochs.ts'
import type { PartitionEpochs } from './partition-epochs.ts'

/**
 * `Stable`: it has all that is meant for it. `UnrevokedPartitions`: it has to give up some first, and stays in its
 * epoch. `UnreleasedPartitions`: it is in the new epoch, and some partitions still belong to others. `Unknown`: written
 * by a version that knows more.
 */
export type MemberState = 'Stable' | 'UnrevokedPartitions' | 'UnreleasedPartitions' | 'Unknown'

export type ClassicMetadata = NonNullable<GroupRecordValue<'ConsumerGroupMemberMetadata'>['classicMemberMetadata']>

export interface ConsumerMember {
  readonly memberId: string
  /** -2: a static member that is away for a while. -1: on its way out. */
  readonly memberEpoch: number
  /** With this one it may come back when it has missed the answer. */
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly instanceId: string | null
  readonly rackId: string | null
  /** How long giving up partitions may take; -1: it never said. */
  readonly rebalanceTimeoutMs: number
  readonly clientId: string
  readonly clientHost: string
  readonly topicNames: ReadonlySet<string>
  /** Null or empty: none. */
  readonly topicRegex: string | null
  /** Null: whatever the group uses. */
  readonly assignor: string | null
  readonly assigned: PartitionEpochs
  readonly pendingRevocation: PartitionEpochs
  /** Of a member that still speaks the classic protocol (`classic-protocol-members`). */
  readonly classic: ClassicMetadata | null
}

export const leavingEpoch = -1
export const awayEpoch = -2

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: 'Stable',
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    clientId: '',
    clientHost: '',
    topicNames: new Set(),
    topicRegex: '',
    assignor: null,
    assigned: noPartitions,
    pendingRevocation: noPartitions,
    classic: null,
  }
}

/** The expression it subscribes by, if any. */
export function regexOf({ topicRegex }: Pick<ConsumerMember, 'topicRegex'>): string | undefined {
  return topicRegex === null || topicRegex === '' ? undefined : topicRegex
}

/** Has all that is meant for it in that epoch. */
export function isReconciledTo({ state, memberEpoch }: ConsumerMember, assignmentEpoch: number): boolean {
  return state === 'Stable' && memberEpoch === assignmentEpoch
}

/** Whether the record of what it asked for would be the same. */
export function asksForTheSame(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.memberId === b.memberId &&
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.topicRegex === b.topicRegex &&
    a.assignor === b.assignor &&
    sameNames(a.topicNames, b.topicNames) &&
    sameClassicMetadata(a.classic, b.classic)
  )
}

/** Whether the record of where it stands would be the same. */
export function standsTheSame(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    samePartitionEpochs(a.assigned, b.assigned) &&
    samePartitionEpochs(a.pendingRevocation, b.pendingRevocation)
  )
}

export function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b)
}

function sameClassicMetadata(a: ClassicMetadata | null, b: ClassicMetadata | null): boolean {
  if (a === null || b === null) return a === b
  const { supportedProtocols: protocols } = a
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    protocols.length === b.supportedProtocols.length &&
    protocols.every(({ name, metadata }, index) => {
      const other = b.supportedProtocols[index]
      return other?.name === name && other.metadata.equals(metadata)
    })
  )
}
