/** Where the replicas of partitions are, and who leads: elections (KIP-183, 460) and reassignments (KIP-455). */
import { AlterPartitionReassignments, ElectLeaders, ListPartitionReassignments } from '@gregor/protocol'
import { type TopicPartition, byTopic, partitionKey } from '../consumer/partition-set.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { type AdminContext, type CallOptions, call, check, errorOf, inRounds, passingAtController } from './call.ts'
import { type Result, Results } from './results.ts'

/** `preferred`: the first of the replicas. `unclean`: any live one where none is in sync; records may be lost. */
export type ElectionType = 'preferred' | 'unclean'

export interface PartitionReassignment extends TopicPartition {
  /** The brokers it shall be on, the preferred leader first; `undefined`: what is under way is taken back. */
  readonly replicas: readonly number[] | undefined
}

export interface AlterPartitionReassignmentsOptions extends CallOptions {
  /** Whether the number of replicas may become another (4.1 and later; before it always). Default: true. */
  readonly allowReplicationFactorChange?: boolean
}

export interface OngoingReassignment extends TopicPartition {
  /** All of them, those that come and those that go included. */
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

const electionTypes = { preferred: 0, unclean: 1 } as const

/** @throws where the election as a whole is refused */
export function electLeaders(
  context: AdminContext,
  given: { readonly type: ElectionType; readonly partitions: readonly TopicPartition[] | 'all' },
  options: CallOptions,
): Promise<Results<TopicPartition, void>> {
  const { type, partitions } = given
  return call(context, 'electLeaders', { ...options, passing: passingAtController }, async (attempt) => {
    const request = (version: number) => {
      if (version === 0 && type === 'unclean')
        throw new UnsupportedVersionError('the node elects preferred leaders only')
      const topicPartitions = partitions === 'all' ? null : byTopic(partitions)
      return {
        ...(version > 0 ? { electionType: electionTypes[type] } : {}),
        topicPartitions,
        timeoutMs: attempt.timeoutMs,
      }
    }
    const { response } = await context.cluster.send('controller', ElectLeaders, request, attempt)
    check(response.errorCode)
    const results = response.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(({ partitionId, errorCode, errorMessage }): Result<TopicPartition, void> => {
        const item = { topic, partition: partitionId }
        return { item, value: undefined, error: errorOf(errorCode, errorMessage) }
      }),
    )
    return new Results(results, partitionKey)
  })
}

export function alterPartitionReassignments(
  context: AdminContext,
  reassignments: readonly PartitionReassignment[],
  options: AlterPartitionReassignmentsOptions,
): Promise<Results<TopicPartition, void>> {
  const replicas = new Map(reassignments.map((one) => [partitionKey(one), one.replicas]))
  const items = reassignments.map(({ topic, partition }) => ({ topic, partition }))
  const rounds = { ...options, name: 'alterPartitionReassignments', keyOf: partitionKey, passing: passingAtController }
  return inRounds(context, items, rounds, async (open, report, given) => {
    const request = {
      timeoutMs: given.timeoutMs,
      ...(options.allowReplicationFactorChange === false ? { allowReplicationFactorChange: false } : {}),
      topics: byTopic(open).map(({ topic, partitions }) => ({
        name: topic,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          replicas: replicas.get(partitionKey({ topic, partition: partitionIndex })) ?? null,
        })),
      })),
    }
    const { response } = await context.cluster.send('controller', AlterPartitionReassignments, request, given)
    check(response.errorCode, response.errorMessage)
    for (const { name, partitions } of response.responses) {
      for (const { partitionIndex, errorCode, errorMessage } of partitions) {
        const item = { topic: name, partition: partitionIndex }
        const error = errorOf(errorCode, errorMessage)
        if (error === undefined) report.done(item, undefined)
        else report.failed(item, error)
      }
    }
  })
}

export function listPartitionReassignments(
  context: AdminContext,
  partitions: readonly TopicPartition[] | 'all',
  options: CallOptions,
): Promise<readonly OngoingReassignment[]> {
  return call(context, 'listPartitionReassignments', { ...options, passing: passingAtController }, async (given) => {
    const topics =
      partitions === 'all'
        ? null
        : byTopic(partitions).map(({ topic, partitions: partitionIndexes }) => ({ name: topic, partitionIndexes }))
    const request = { timeoutMs: given.timeoutMs, topics }
    const { response } = await context.cluster.send('controller', ListPartitionReassignments, request, given)
    check(response.errorCode, response.errorMessage)
    return response.topics.flatMap(({ name, partitions: answered }) =>
      answered.map(({ partitionIndex, ...one }) => ({ topic: name, partition: partitionIndex, ...one })),
    )
  })
}
