/** Topics: made, deleted, listed, and given more partitions. How they are described is in `describe-topics.ts`. */
import { ZERO_UUID } from '@gregor/base'
import {
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  Metadata,
  type ProtocolError,
  type ResponseOf,
} from '@gregor/protocol'
import { UnsupportedVersionError } from '../errors.ts'
import {
  type AdminContext,
  type CallOptions,
  call,
  check,
  errorOf,
  inRounds,
  passingAtController,
  asIs,
} from './call.ts'
import { type ConfigEntry, configEntry } from './config-entry.ts'
import type { Results } from './results.ts'

export interface NewTopic {
  readonly name: string
  /** Default: `num.partitions` of the broker, or as many as `assignments` has. */
  readonly numPartitions?: number
  /** Default: `default.replication.factor` of the broker, or as `assignments` says. */
  readonly replicationFactor?: number
  /** The brokers of each partition, the preferred leader first. Not together with the two above. */
  readonly assignments?: readonly (readonly number[])[]
  /** `{ 'cleanup.policy': 'compact' }` */
  readonly configs?: Readonly<Record<string, string>>
}

export interface CreateTopicsOptions extends CallOptions {
  /** Only says what would come of it. */
  readonly validateOnly?: boolean
  /** Whether to try again when a quota on such changes is used up (KIP-599). Default: true. */
  readonly retryOnQuotaViolation?: boolean
}

/** What was made, as far as the node tells: nothing before 2.4, no id before 2.8 or where it is only validated. */
export interface CreatedTopic {
  readonly topicId: string | undefined
  readonly numPartitions: number | undefined
  readonly replicationFactor: number | undefined
  /** `undefined` also where they may not be seen. */
  readonly configs: readonly ConfigEntry[] | undefined
}

/** By name, or by id (brokers from 2.8 on). */
export type TopicSelection = readonly string[] | { readonly ids: readonly string[] }

export interface DeleteTopicsOptions extends CallOptions {
  /** Default: true. */
  readonly retryOnQuotaViolation?: boolean
}

export interface TopicListing {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
}

export interface ListTopicsOptions extends CallOptions {
  /** `__consumer_offsets` and the like, too. Default: false. */
  readonly listInternal?: boolean
}

export interface NewPartitions {
  readonly topic: string
  /** Of all partitions, afterwards. */
  readonly totalCount: number
  /** The brokers of each new partition. Default: the controller chooses. */
  readonly assignments?: readonly (readonly number[])[]
}

/** What a request to the controller is tried again for; all else it says is final. */
const passingWithQuota: ReadonlySet<ProtocolError> = new Set<ProtocolError>([
  'NOT_CONTROLLER',
  'THROTTLING_QUOTA_EXCEEDED',
])

/** KIP-464. */
const createWithDefaultsVersion = 4
/** KIP-516. */
const deleteByIdVersion = 6

export function createTopics(
  context: AdminContext,
  topics: readonly NewTopic[],
  options: CreateTopicsOptions,
): Promise<Results<string, CreatedTopic>> {
  const byName = new Map(topics.map((topic) => [topic.name, topic]))
  const rounds = { ...options, name: 'createTopics', keyOf: asIs, passing: passing(options) }
  return inRounds(context, byName.keys(), rounds, async (names, report, given) => {
    const wanted = names.flatMap((name) => byName.get(name) ?? [])
    const request = (version: number) => {
      refuseDefaults(wanted, version)
      const inputs = wanted.map(newTopicInput)
      return { topics: inputs, timeoutMs: given.timeoutMs, validateOnly: options.validateOnly ?? false }
    }
    const { response } = await context.cluster.send('controller', CreateTopics, request, given)
    for (const topic of response.topics) {
      const error = errorOf(topic.errorCode, topic.errorMessage)
      if (error === undefined) report.done(topic.name, createdTopic(topic))
      else report.failed(topic.name, error)
    }
  })
}

export function deleteTopics(
  context: AdminContext,
  topics: TopicSelection,
  options: DeleteTopicsOptions,
): Promise<Results<string, void>> {
  const byId = 'ids' in topics
  const rounds = { ...options, name: 'deleteTopics', keyOf: asIs, passing: passing(options) }
  return inRounds(context, 'ids' in topics ? topics.ids : topics, rounds, async (open, report, given) => {
    const request = (version: number) => {
      const { timeoutMs } = given
      if (byId && version < deleteByIdVersion) throw new UnsupportedVersionError('the node cannot delete topics by id')
      if (version < deleteByIdVersion) return { topicNames: open, timeoutMs }
      return { topics: open.map((one) => (byId ? { topicId: one } : { name: one, topicId: ZERO_UUID })), timeoutMs }
    }
    const { response } = await context.cluster.send('controller', DeleteTopics, request, given)
    for (const { name, topicId, errorCode, errorMessage } of response.responses) {
      const item = byId ? topicId : (name ?? '')
      const error = errorOf(errorCode, errorMessage)
      if (error === undefined) report.done(item, undefined)
      else report.failed(item, error)
    }
  })
}

export function listTopics(context: AdminContext, options: ListTopicsOptions): Promise<readonly TopicListing[]> {
  return call(context, 'listTopics', options, async (given) => {
    const request = { topics: null, allowAutoTopicCreation: true }
    const { response } = await context.cluster.send('any', Metadata, request, given)
    check(response.errorCode)
    return response.topics.flatMap(({ name, topicId, isInternal }) =>
      name === null || (isInternal && options.listInternal !== true) ? [] : [{ name, topicId, isInternal }],
    )
  })
}

export function createPartitions(
  context: AdminContext,
  topics: readonly NewPartitions[],
  options: CreateTopicsOptions,
): Promise<Results<string, void>> {
  const byName = new Map(topics.map((topic) => [topic.topic, topic]))
  const rounds = { ...options, name: 'createPartitions', keyOf: asIs, passing: passing(options) }
  return inRounds(context, byName.keys(), rounds, async (names, report, given) => {
    const wanted = names.flatMap((name) => byName.get(name) ?? [])
    const request = {
      topics: wanted.map(({ topic, totalCount, assignments }) => ({
        name: topic,
        count: totalCount,
        assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
      })),
      timeoutMs: given.timeoutMs,
      validateOnly: options.validateOnly ?? false,
    }
    const { response } = await context.cluster.send('controller', CreatePartitions, request, given)
    for (const { name, errorCode, errorMessage } of response.results) {
      const error = errorOf(errorCode, errorMessage)
      if (error === undefined) report.done(name, undefined)
      else report.failed(name, error)
    }
  })
}

function passing({ retryOnQuotaViolation }: { readonly retryOnQuotaViolation?: boolean }): ReadonlySet<ProtocolError> {
  return retryOnQuotaViolation === false ? passingAtController : passingWithQuota
}

function newTopicInput({ name, numPartitions, replicationFactor, assignments = [], configs = {} }: NewTopic) {
  return {
    name,
    numPartitions: numPartitions ?? -1,
    replicationFactor: replicationFactor ?? -1,
    assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  }
}

function refuseDefaults(topics: readonly NewTopic[], version: number): void {
  if (version >= createWithDefaultsVersion) return
  for (const { name, numPartitions, replicationFactor, assignments } of topics) {
    if (assignments === undefined && (numPartitions === undefined || replicationFactor === undefined)) {
      throw new UnsupportedVersionError(`the node has no defaults: give numPartitions and replicationFactor of ${name}`)
    }
  }
}

type CreatedTopicAnswer = ResponseOf<typeof CreateTopics>['topics'][number]

function createdTopic(topic: CreatedTopicAnswer): CreatedTopic {
  const isTold = topic.numPartitions !== -1
  return {
    topicId: topic.topicId === ZERO_UUID ? undefined : topic.topicId,
    numPartitions: known(topic.numPartitions),
    replicationFactor: known(topic.replicationFactor),
    configs: isTold ? topic.configs?.map((config) => configEntry(config, 'TOPIC')) : undefined,
  }
}

function known(count: number): number | undefined {
  return count === -1 ? undefined : count
}
