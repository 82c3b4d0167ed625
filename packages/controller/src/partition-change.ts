/**
 * How a partition gets from what it is to what is wanted, by the rules of KIP-455 (reassignment), KIP-841 and 966
 * (ISR, eligible leader replicas) and the choice of a leader. Pure: from a partition and wishes to one change record.
 *
 * Without ELR the ISR never becomes empty. With it, members that leave while the ISR is below min.insync.replicas are
 * kept as eligible to lead, for they hold everything that was acknowledged.
 */
import { NO_LEADER, since } from '@gregor/metadata'
import type { PartitionRegistration } from '@gregor/metadata'
import type { MetadataRecordInput } from '@gregor/protocol'
import { completedReassignment } from './reassignment-plan.ts'

export type PartitionChangeInput = Extract<MetadataRecordInput, { readonly type: 'PartitionChangeRecord' }>

/** `preferred`: the first replica, if it may; `online`: leave the leader if it may stay; `unclean`: lose data rather than have none. */
export type Election = 'preferred' | 'online' | 'unclean'

/** What is left out stays as it is. */
export interface PartitionWish {
  readonly election?: Election
  readonly isr?: readonly number[]
  readonly replicas?: readonly number[]
  readonly removingReplicas?: readonly number[]
  readonly addingReplicas?: readonly number[]
  readonly leaderRecoveryState?: number
  /** For one replica. */
  readonly directory?: { readonly brokerId: number; readonly id: string }
  /** Came back without knowing what it had: no longer eligible to lead. */
  readonly uncleanReplica?: number
}

export interface PartitionRules {
  readonly metadataVersion: number
  readonly isElrEnabled: boolean
  readonly minIsr: number
  /** Alive, with its directory online. */
  readonly mayLead: (replica: number) => boolean
  /** For replicas that are new. */
  readonly defaultDirectory: (brokerId: number) => string
}

interface Plan {
  readonly isr: readonly number[]
  readonly elr: readonly number[]
  readonly replicas: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
}

interface Elected {
  readonly leader: number
  readonly isUnclean: boolean
}

/** `undefined` when nothing changes. */
export function changeOfPartition(
  place: { readonly topicId: string; readonly partitionId: number },
  partition: PartitionRegistration,
  { wish, rules }: { readonly wish: PartitionWish; readonly rules: PartitionRules },
): PartitionChangeInput | undefined {
  const given = { partition, wish, rules }
  const wanted = withElr(completed(planFrom(partition, wish)), given)
  const elected = elect(wanted, given)
  const plan = afterElection(wanted, elected, given)
  const changes = {
    ...isrChange(plan, given),
    ...leaderChange(plan, elected, given),
    ...assignmentChange(plan, given),
    ...recoveryChange(elected, given),
  }
  if (Object.keys(changes).length === 0) return undefined
  return { type: 'PartitionChangeRecord', ...place, ...changes }
}

interface Given {
  readonly partition: PartitionRegistration
  readonly wish: PartitionWish
  readonly rules: PartitionRules
}

type Changes = Omit<PartitionChangeInput, 'type' | 'version' | 'topicId' | 'partitionId'>

function planFrom(partition: PartitionRegistration, wish: PartitionWish): Plan {
  return {
    isr: wish.isr ?? partition.isr,
    elr: partition.elr,
    replicas: wish.replicas ?? partition.replicas,
    removingReplicas: wish.removingReplicas ?? partition.removingReplicas,
    addingReplicas: wish.addingReplicas ?? partition.addingReplicas,
  }
}

function completed(plan: Plan): Plan {
  const done = completedReassignment(plan)
  return done === undefined ? plan : { ...plan, ...done, removingReplicas: [], addingReplicas: [] }
}

/** Who was in sync, or eligible, and is not in the new ISR, is eligible while that is below min.insync.replicas. */
function withElr(plan: Plan, { partition, wish, rules }: Given): Plan {
  if (!rules.isElrEnabled) return plan
  if (plan.isr.length >= rules.minIsr) return { ...plan, elr: [] }
  const candidates = new Set([...plan.elr, ...partition.isr])
  const isEligibleNow = (replica: number) =>
    plan.replicas.includes(replica) && !plan.isr.includes(replica) && replica !== wish.uncleanReplica
  return { ...plan, elr: [...candidates].filter(isEligibleNow).toSorted((a, b) => a - b) }
}

function elect(plan: Plan, { partition, wish, rules }: Given): Elected {
  const isFit = (replica: number) => isEligible(plan, replica) && rules.mayLead(replica)
  const first = wish.election === 'preferred' ? plan.replicas.slice(0, 1) : []
  const clean = [...first, partition.leader, ...plan.replicas].find(isFit)
  if (clean !== undefined) return { leader: clean, isUnclean: false }
  const lossy =
    lastKnownLeader(plan, partition, rules) ??
    (wish.election === 'unclean' ? plan.replicas.find(rules.mayLead) : undefined)
  return lossy === undefined ? { leader: NO_LEADER, isUnclean: false } : { leader: lossy, isUnclean: true }
}

/** In sync; or, where nobody is, known to hold what was acknowledged. */
function isEligible({ isr, elr }: Plan, replica: number): boolean {
  return isr.includes(replica) || (isr.length === 0 && elr.includes(replica))
}

/** With nobody in sync or eligible, the one that led last has lost the least. */
function lastKnownLeader(
  plan: Plan,
  { lastKnownElr }: PartitionRegistration,
  rules: PartitionRules,
): number | undefined {
  if (!rules.isElrEnabled || plan.isr.length > 0 || plan.elr.length > 0 || lastKnownElr.length !== 1) return undefined
  return lastKnownElr.find((replica) => plan.replicas.includes(replica) && rules.mayLead(replica))
}

/**
 * A leader from outside the ISR starts with an ISR of itself, and one that is unclean has nobody beside it who could
 * lead. Where an ISR of one is enough, the high watermark moves on without the others: they are not eligible any more.
 */
function afterElection(plan: Plan, { leader, isUnclean }: Elected, { partition, rules }: Given): Plan {
  const isFromOutside = leader !== partition.leader && (isUnclean || plan.elr.includes(leader))
  const isr = isFromOutside ? [leader] : plan.isr
  const isNobodyEligible = !rules.isElrEnabled || (isFromOutside && isUnclean) || isr.length >= rules.minIsr
  return { ...plan, isr, elr: isNobodyEligible ? [] : plan.elr.filter((replica) => !isr.includes(replica)) }
}

function isrChange(plan: Plan, { partition, rules }: Given): Changes {
  const isIsrKept = isSame(plan.isr, partition.isr) || (plan.isr.length === 0 && !rules.isElrEnabled)
  return {
    ...(isIsrKept ? {} : { isr: plan.isr }),
    ...(isSame(plan.elr, partition.elr) ? {} : { eligibleLeaderReplicas: plan.elr }),
  }
}

/** The leader is named where it changes, and where its epoch must: a replica has gone that might still believe it is in. */
function leaderChange(plan: Plan, elected: Elected, { partition, rules }: Given): Changes {
  const isReplicaGone = !includesAll(plan.replicas, partition.replicas)
  const isIsrShrunk = plan.isr.length > 0 && !includesAll(plan.isr, partition.isr)
  const needsEpoch = isReplicaGone || (isIsrShrunk && rules.metadataVersion < since.isrShrinkKeepsLeaderEpoch)
  if (elected.leader === partition.leader && !needsEpoch) return {}
  const { leader } = elected
  if (!rules.isElrEnabled) return { leader }
  // The last leader is remembered when the partition first loses it, and forgotten when it has one again.
  const isLost = leader === NO_LEADER && partition.leader !== NO_LEADER && partition.lastKnownElr.length === 0
  if (isLost) return { leader, lastKnownElr: [partition.leader] }
  return leader !== NO_LEADER && partition.lastKnownElr.length > 0 ? { leader, lastKnownElr: [] } : { leader }
}

function assignmentChange(plan: Plan, { partition, wish, rules }: Given): Changes {
  const directoryFor = (replica: number) => {
    if (wish.directory?.brokerId === replica) return wish.directory.id
    return partition.directories[partition.replicas.indexOf(replica)] ?? rules.defaultDirectory(replica)
  }
  const directories = plan.replicas.map(directoryFor)
  const areDirectoriesKept =
    rules.metadataVersion < since.directoryAssignment || isSame(directories, partition.directories)
  return {
    ...(areDirectoriesKept ? {} : { directories }),
    ...(isSame(plan.replicas, partition.replicas) ? {} : { replicas: plan.replicas }),
    ...(isSame(plan.removingReplicas, partition.removingReplicas) ? {} : { removingReplicas: plan.removingReplicas }),
    ...(isSame(plan.addingReplicas, partition.addingReplicas) ? {} : { addingReplicas: plan.addingReplicas }),
  }
}

function recoveryChange({ leader, isUnclean }: Elected, { partition, wish }: Given): Changes {
  const wanted = wish.leaderRecoveryState ?? partition.leaderRecoveryState
  if (wanted !== partition.leaderRecoveryState) return { leaderRecoveryState: wanted }
  const isNewlyRecovering = isUnclean && leader !== partition.leader && partition.leaderRecoveryState !== RECOVERING
  return isNewlyRecovering ? { leaderRecoveryState: RECOVERING } : {}
}

export const RECOVERING = 1

function includesAll(all: readonly number[], some: readonly number[]): boolean {
  return some.every((one) => all.includes(one))
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index])
}
