/**
 * Replicas for new partitions: as the request assigns them, or placed. In sync at the start are those whose brokers
 * are up; the first of them leads.
 */
import type { CreateTopics, RequestOf } from '@gregor/protocol'
import { isProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import type { Asked } from './controller-handler.ts'
import { defaultDirectory, isActive } from './deliberation.ts'
import { placeReplicas } from './placement.ts'
import type { UsableBroker } from './placement.ts'

export interface NewPartition {
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly directories: readonly string[]
}

export interface WantedPartitions {
  /** `undefined`: place them. */
  readonly assignments:
    | readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
    | undefined
  /** Of the first one; those after it must have as many. */
  readonly replicationFactor: number
  readonly partitionCount: number
}

/** Numbers that contradict one another or make no sense. */
export function countProblem({
  assignments,
  numPartitions,
  replicationFactor,
}: RequestOf<typeof CreateTopics>['topics'][number]): ApiProblem | undefined {
  if (assignments.length > 0) {
    if (replicationFactor !== -1) return problem('INVALID_REQUEST', manualBeside('replication factor'))
    return numPartitions === -1 ? undefined : problem('INVALID_REQUEST', manualBeside('numPartitions'))
  }
  if (replicationFactor < -1 || replicationFactor === 0) {
    const text = 'Replication factor must be larger than 0, or -1 to use the default value.'
    return problem('INVALID_REPLICATION_FACTOR', text)
  }
  if (numPartitions < -1 || numPartitions === 0) {
    return problem('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.')
  }
  return undefined
}

function manualBeside(other: string): string {
  return `A manual partition assignment was specified, but ${other} was not set to -1.`
}

export function assignedReplicas(asked: Asked, wanted: WantedPartitions): readonly NewPartition[] | ApiProblem {
  const { assignments } = wanted
  return assignments === undefined ? placed(asked, wanted) : assigned(asked, assignments)
}

function placed(asked: Asked, { partitionCount, replicationFactor }: WantedPartitions): NewPartition[] | ApiProblem {
  const placements = placeReplicas(usableBrokers(asked), { partitionCount, replicationFactor }, asked.given.random)
  if (isProblem(placements)) return unableToReplicate(replicationFactor, placements.message ?? '')
  const partitions = placements.map((replicas) => newPartition(asked, replicas))
  if (partitions.every(({ isr }) => isr.length > 0)) return partitions
  return unableToReplicate(replicationFactor, 'All brokers are currently fenced or in controlled shutdown.')
}

function unableToReplicate(replicationFactor: number, why: string): ApiProblem {
  return problem('INVALID_REPLICATION_FACTOR', `Unable to replicate the partition ${replicationFactor} time(s): ${why}`)
}

function assigned(
  asked: Asked,
  assignments: NonNullable<WantedPartitions['assignments']>,
): NewPartition[] | ApiProblem {
  const partitions: (NewPartition | undefined)[] = []
  let replicationFactor: number | undefined
  for (const { partitionIndex, brokerIds } of assignments) {
    if (partitions[partitionIndex] !== undefined) {
      return invalid(`Found multiple manual partition assignments for partition ${partitionIndex}`)
    }
    const partition = manualPartition(asked, { partitionIndex, brokerIds, replicationFactor })
    if (isProblem(partition)) return partition
    replicationFactor = brokerIds.length
    partitions[partitionIndex] = partition
  }
  const whole = partitions.filter((partition) => partition !== undefined)
  if (whole.length === assignments.length && whole.length === partitions.length) return whole
  return invalid('partitions should be a consecutive 0-based integer sequence')
}

/** One partition whose replicas somebody chose. */
export function manualPartition(
  asked: Asked,
  given: {
    readonly partitionIndex: number
    readonly brokerIds: readonly number[]
    readonly replicationFactor: number | undefined
  },
): NewPartition | ApiProblem {
  const found = manualAssignmentProblem(asked, given.brokerIds, given.replicationFactor)
  if (found !== undefined) return found
  const partition = newPartition(asked, given.brokerIds)
  if (partition.isr.length > 0) return partition
  return invalid(
    `All brokers specified in the manual partition assignment for partition ${given.partitionIndex} are fenced or in ` +
      'controlled shutdown.',
  )
}

/** @param replicationFactor - that they must have; `undefined`: any. */
export function manualAssignmentProblem(
  { image }: Asked,
  brokerIds: readonly number[],
  replicationFactor: number | undefined,
): ApiProblem | undefined {
  if (brokerIds.length === 0) return invalid('The manual partition assignment includes an empty replica list.')
  const sorted = brokerIds.toSorted((a, b) => a - b)
  for (const [index, brokerId] of sorted.entries()) {
    if (!image.brokers.has(brokerId)) {
      return invalid(`The manual partition assignment includes broker ${brokerId}, but no such broker is registered.`)
    }
    if (brokerId === sorted[index - 1]) {
      return invalid(`The manual partition assignment includes the broker ${brokerId} more than once.`)
    }
  }
  if (replicationFactor === undefined || replicationFactor === brokerIds.length) return undefined
  return invalid(
    `The manual partition assignment includes a partition with ${brokerIds.length} replica(s), but this is not ` +
      `consistent with previous partitions, which have ${replicationFactor} replica(s).`,
  )
}

function newPartition(asked: Asked, replicas: readonly number[]): NewPartition {
  return {
    replicas,
    isr: replicas.filter((replica) => isActive(asked.image.brokers.get(replica))),
    directories: replicas.map((replica) => defaultDirectory(asked, replica)),
  }
}

/** Those that new replicas may go to: not about to leave, and with a directory that takes any. */
function usableBrokers({ image, sessions }: Asked): readonly UsableBroker[] {
  return [...image.brokers.values()]
    .filter(({ id, directories, cordonedDirectories }) => {
      const isFull =
        directories.length > 0 && directories.every((directory) => cordonedDirectories?.includes(directory))
      return !sessions.isShuttingDown(id) && !isFull
    })
    .map(({ id, rack, fenced }) => ({ id, rack, isFenced: fenced }))
    .toSorted((a, b) => a.id - b.id)
}

function invalid(message: string): ApiProblem {
  return problem('INVALID_REPLICA_ASSIGNMENT', message)
}
