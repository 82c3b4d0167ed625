/**
 * CreateTopics (19): names, counts, assignments and configs are checked in Kafka's order, each topic for itself; all
 * that pass are written as one batch, the topic before its configs before its partitions.
 *
 * v1 validate only · v4 defaults by -1 · v5 answers configs and counts (KIP-525) · v7 answers the id (KIP-516)
 */
import { randomUuid } from '@gregor/base'
import { createdTopicConfigs } from '@gregor/config'
import { since } from '@gregor/metadata'
import { CreateTopics } from '@gregor/protocol'
import type { MetadataRecordInput, RequestOf, ResponseInput } from '@gregor/protocol'
import { errorFields, isProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { assignedReplicas, countProblem } from './assignment.ts'
import type { NewPartition } from './assignment.ts'
import { createdConfigRecords } from './config-change.ts'
import { defineControllerHandler, refusal } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { clusterResource } from './controller-options.ts'
import type { NewTopic } from './controller-options.ts'
import { metadataVersionOf } from './deliberation.ts'
import { topicNameProblem } from './topic-name.ts'

type CreatableTopic = RequestOf<typeof CreateTopics>['topics'][number]
type TopicResult = ResponseInput<typeof CreateTopics>['topics'][number]

interface Creation {
  readonly result: TopicResult
  readonly records: readonly MetadataRecordInput[]
}

export const metadataTopicName = '__cluster_metadata'
const partitionsPerRequestMax = 10_000

export const createTopics = defineControllerHandler(CreateTopics, {
  decide(request, asked) {
    const { duplicates, names } = namesIn(request.topics)
    const isAllowed = creatableIn(names, asked)
    const topics = request.topics.filter(({ name }) => !duplicates.has(name) && isAllowed(name))
    if (partitionCountOf(topics, asked) > partitionsPerRequestMax) {
      return refusal(problem('POLICY_VIOLATION', 'Excessively large number of partitions per request.'))
    }
    const creations = topics.map((topic) => create(topic, asked))
    const refused = [
      ...[...duplicates].map((name) => failed(name, problem('INVALID_REQUEST', 'Duplicate topic name.'))),
      ...names.flatMap((name) => {
        if (name === metadataTopicName) return [failed(name, prohibited)]
        return isAllowed(name) ? [] : [failed(name, problem('TOPIC_AUTHORIZATION_FAILED', 'Authorization failed.'))]
      }),
    ]
    return {
      response: { topics: [...creations.map(({ result }) => result), ...refused] },
      records: request.validateOnly ? [] : creations.flatMap(({ records }) => records),
    }
  },
  refuse: ({ topics }, found) => ({ topics: topics.map(({ name }) => ({ ...emptyResult(name), ...found })) }),
})

const prohibited = problem('INVALID_REQUEST', `Creation of internal topic ${metadataTopicName} is prohibited.`)

/** Names that come more than once are answered once, and are not created. */
function namesIn(topics: readonly CreatableTopic[]): { duplicates: ReadonlySet<string>; names: readonly string[] } {
  const counts = Map.groupBy(topics, ({ name }) => name)
  const duplicates = [...counts].filter(([, all]) => all.length > 1).map(([name]) => name)
  return { duplicates: new Set(duplicates), names: [...counts.keys()].filter((name) => !duplicates.includes(name)) }
}

function creatableIn(names: readonly string[], { context }: Asked): (name: string) => boolean {
  const isAllowedAll = context.allows('Create', clusterResource)
  const allowed = new Set(
    names.filter(
      (name) => name !== metadataTopicName && (isAllowedAll || context.allows('Create', { type: 'topic', name })),
    ),
  )
  return (name) => allowed.has(name)
}

function partitionCountOf(topics: readonly CreatableTopic[], { config }: Asked): number {
  return topics.reduce((sum, { assignments, numPartitions }) => {
    if (assignments.length > 0) return sum + assignments.length
    return sum + Math.max(0, numPartitions === -1 ? config.get('num.partitions') : numPartitions)
  }, 0)
}

function create(topic: CreatableTopic, asked: Asked): Creation {
  const configs = configsOf(topic)
  const found = nameProblem(topic.name, asked) ?? configsProblem(topic)
  if (found !== undefined) return failure(topic.name, found)
  const configRecords = createdConfigRecords(asked, topic.name, configs)
  if (isProblem(configRecords)) return failure(topic.name, configRecords)
  const partitions = newPartitionsOf(topic, asked)
  if (isProblem(partitions)) return failure(topic.name, partitions)
  const refused = asked.options.createTopicPolicy?.(policyViewOf(topic, configs, asked))
  if (refused !== undefined) return failure(topic.name, refused)
  if (!asked.context.chargeMutations(partitions.length)) {
    return failure(topic.name, problem('THROTTLING_QUOTA_EXCEEDED'))
  }
  const topicId = newTopicId(asked)
  return {
    result: {
      name: topic.name,
      topicId,
      errorCode: 0,
      errorMessage: null,
      ...describedResult(topic.name, configs, partitions, asked),
    },
    records: [
      { type: 'TopicRecord', name: topic.name, topicId },
      ...configRecords,
      ...partitions.map((partition, partitionId) => newPartitionRecord(asked, { topicId, partitionId }, partition)),
    ],
  }
}

function nameProblem(name: string, { image, collidingTopic }: Asked): ApiProblem | undefined {
  if (image.topics.byName.has(name)) return problem('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  const collision = collidingTopic(name)
  const text =
    collision === undefined ? topicNameProblem(name) : `Topic '${name}' collides with existing topic: ${collision}`
  return text === undefined ? undefined : problem('INVALID_TOPIC_EXCEPTION', text)
}

function configsProblem({ configs }: CreatableTopic): ApiProblem | undefined {
  const names = configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (names.length === 0) return undefined
  return problem('INVALID_CONFIG', `Null value not supported for topic configs: ${names.join(',')}`)
}

function configsOf({ configs }: CreatableTopic): ReadonlyMap<string, string> {
  return new Map(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])))
}

function newPartitionsOf(topic: CreatableTopic, asked: Asked): readonly NewPartition[] | ApiProblem {
  const found = countProblem(topic)
  if (found !== undefined) return found
  return assignedReplicas(asked, {
    assignments: topic.assignments.length === 0 ? undefined : topic.assignments,
    partitionCount: topic.numPartitions === -1 ? asked.config.get('num.partitions') : topic.numPartitions,
    replicationFactor:
      topic.replicationFactor === -1 ? asked.config.get('default.replication.factor') : topic.replicationFactor,
  })
}

function policyViewOf(topic: CreatableTopic, configs: ReadonlyMap<string, string>, { config }: Asked): NewTopic {
  const { name, assignments, numPartitions, replicationFactor } = topic
  if (assignments.length > 0) {
    const byPartition = new Map(assignments.map(({ partitionIndex, brokerIds }) => [partitionIndex, brokerIds]))
    return { name, partitionCount: undefined, replicationFactor: undefined, assignments: byPartition, configs }
  }
  return {
    name,
    partitionCount: numPartitions === -1 ? config.get('num.partitions') : numPartitions,
    replicationFactor: replicationFactor === -1 ? config.get('default.replication.factor') : replicationFactor,
    assignments: undefined,
    configs,
  }
}

/** Partitions, replicas and configs are answered to whoever may see the configs. */
function describedResult(
  name: string,
  configs: ReadonlyMap<string, string>,
  partitions: readonly NewPartition[],
  { context, config }: Asked,
) {
  if (!context.allows('DescribeConfigs', { type: 'topic', name })) {
    return { configs: [], topicConfigErrorCode: errorFields(problem('TOPIC_AUTHORIZATION_FAILED')).errorCode }
  }
  const described = createdTopicConfigs(config, configs).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return {
    numPartitions: partitions.length,
    replicationFactor: partitions[0]?.replicas.length ?? -1,
    configs: described.map(({ name: key, value, readOnly, configSource, isSensitive }) => ({
      name: key,
      value,
      readOnly,
      configSource,
      isSensitive,
    })),
  }
}

export function newPartitionRecord(
  asked: Asked,
  place: { readonly topicId: string; readonly partitionId: number },
  { replicas, isr, directories }: NewPartition,
): MetadataRecordInput {
  return {
    type: 'PartitionRecord',
    ...place,
    replicas,
    isr,
    removingReplicas: [],
    addingReplicas: [],
    leader: isr[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: metadataVersionOf(asked) >= since.directoryAssignment ? directories : [],
  }
}

function newTopicId({ given, image }: Asked): string {
  let topicId = randomUuid(given.random)
  while (image.topics.byId.has(topicId)) topicId = randomUuid(given.random)
  return topicId
}

function failure(name: string, found: ApiProblem): Creation {
  return { result: failed(name, found), records: [] }
}

function failed(name: string, found: ApiProblem): TopicResult {
  return { ...emptyResult(name), ...errorFields(found) }
}

function emptyResult(name: string) {
  return { name, configs: [] }
}
