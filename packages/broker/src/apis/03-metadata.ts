/**
 * Metadata (key 3): brokers, topics, partitions and their leaders, as of the newest image this node serves.
 * Named topics that are missing come into being where the request and `auto.create.topics.enable` allow it.
 * v0 empty list means all · v1 null means all · v4 allowAutoTopicCreation · v10 topic ids (KIP-516), v12 in requests
 * Topics a client may not see are left out of "all", and are TOPIC_AUTHORIZATION_FAILED when named.
 */
import { ZERO_UUID } from '@gregor/base'
import type { TopicImage } from '@gregor/metadata'
import { errorCode, Metadata } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { authorizedOperations, clusterName, isAllowedOnCluster, isAllowedOnTopic } from '../server/authorization.ts'
import { isInternalTopic, isValidTopicName } from '../server/topic-names.ts'
import { defineHandler } from '../server/handler.ts'
import { brokersOn, describedPartition } from '../server/described-topic.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type MetadataRequest = RequestOf<typeof Metadata>
type MetadataResponse = ResponseInput<typeof Metadata>
type TopicAnswer = MetadataResponse['topics'][number]

const notAsked = -2_147_483_648

export const metadata = defineHandler(Metadata, {
  async handle(request, context, services) {
    const error = checkRequest(request, context)
    if (error !== 'NONE') return refuse(request, error, context)
    const isAll = request.topics === null || (context.apiVersion === 0 && request.topics.length === 0)
    const topics = isAll ? allTopics(context, services) : await namedTopics(request, context, services)
    const brokers = brokersOn(services, context, { includeFenced: false })
    return {
      brokers: brokers.map(({ isFenced: _, ...broker }) => broker),
      clusterId: services.clusterId,
      // Any live broker will do: it forwards what the controller decides.
      controllerId: brokers.some(({ nodeId }) => nodeId === services.nodeId)
        ? services.nodeId
        : (brokers[0]?.nodeId ?? -1),
      topics: request.includeTopicAuthorizedOperations
        ? topics.map((topic) => withOperations(topic, context, services))
        : topics,
      clusterAuthorizedOperations: clusterOperations(request, context, services),
    }
  },
  refuse,
})

function withOperations(topic: TopicAnswer, context: RequestContext, services: Services): TopicAnswer {
  const { name } = topic
  // Of what is missing, too; not of what is not to be known.
  if (name === null || topic.errorCode === errorCode('TOPIC_AUTHORIZATION_FAILED')) return topic
  return { ...topic, topicAuthorizedOperations: authorizedOperations(services, context, { type: 'TOPIC', name }) }
}

/** Before version 12 a topic has a name and no id (versions 10 and 11 have the field and may not use it). */
function checkRequest({ topics }: MetadataRequest, { apiVersion }: RequestContext): ProtocolError {
  if (apiVersion >= 12 || topics === null) return 'NONE'
  const isWrong = topics.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID)
  return isWrong ? 'INVALID_REQUEST' : 'NONE'
}

function allTopics(context: RequestContext, services: Services): TopicAnswer[] {
  const answers: TopicAnswer[] = []
  for (const [, topic] of services.metadata.image.topics.byName) {
    if (isAllowedOnTopic(services, context, 'DESCRIBE', topic.name)) answers.push(described(topic, context, services))
  }
  return answers
}

async function namedTopics(
  request: MetadataRequest,
  context: RequestContext,
  services: Services,
): Promise<TopicAnswer[]> {
  const asked = request.topics ?? []
  const byId = asked.filter(({ topicId }) => topicId !== ZERO_UUID)
  if (byId.length > 0) return byId.map(({ topicId }) => topicById(topicId, context, services))

  const names = [...new Set(asked.map(({ name }) => name ?? ''))]
  await createMissing(names, request, context, services)
  return names.map((name) => topicByName(name, request, context, services))
}

function topicById(topicId: string, context: RequestContext, services: Services): TopicAnswer {
  const topic = services.metadata.image.topics.byId.get(topicId)
  if (topic === undefined) return refusedTopic('UNKNOWN_TOPIC_ID', { name: null, topicId })
  const isVisible = isAllowedOnTopic(services, context, 'DESCRIBE', topic.name)
  return isVisible
    ? described(topic, context, services)
    : refusedTopic('TOPIC_AUTHORIZATION_FAILED', { name: null, topicId })
}

function topicByName(name: string, request: MetadataRequest, context: RequestContext, services: Services): TopicAnswer {
  if (!isAllowedOnTopic(services, context, 'DESCRIBE', name))
    return refusedTopic('TOPIC_AUTHORIZATION_FAILED', { name })
  const topic = services.metadata.image.topics.byName.get(name)
  if (topic !== undefined) return described(topic, context, services)
  if (!isValidTopicName(name)) return refusedTopic('INVALID_TOPIC_EXCEPTION', { name })
  const isForbidden = mayCreate(request, services) && !isAllowedToCreate(name, context, services)
  return refusedTopic(isForbidden ? 'TOPIC_AUTHORIZATION_FAILED' : 'UNKNOWN_TOPIC_OR_PARTITION', { name })
}

function mayCreate(request: MetadataRequest, { config }: Services): boolean {
  return request.allowAutoTopicCreation && config.get('auto.create.topics.enable')
}

function isAllowedToCreate(name: string, context: RequestContext, services: Services): boolean {
  return isAllowedOnCluster(services, context, 'CREATE') || isAllowedOnTopic(services, context, 'CREATE', name)
}

async function createMissing(
  names: readonly string[],
  request: MetadataRequest,
  context: RequestContext,
  services: Services,
): Promise<void> {
  if (!mayCreate(request, services)) return
  const missing = names.filter(
    (name) =>
      services.metadata.image.topics.byName.get(name) === undefined &&
      isValidTopicName(name) &&
      isAllowedOnTopic(services, context, 'DESCRIBE', name) &&
      isAllowedToCreate(name, context, services),
  )
  const plain = missing.filter((name) => !isInternalTopic(name))
  if (plain.length > 0) await services.topicCreation.create(plain, context)
  // With the settings of their owners, whoever asks first.
  for (const name of missing.filter(isInternalTopic)) await services.internalTopics.named(name)
}

function described(topic: TopicImage, context: RequestContext, services: Services): TopicAnswer {
  const partitions = []
  for (const [partitionIndex, partition] of topic.partitions.entries()) {
    const { leaderId, errorCode: code, offlineReplicas } = describedPartition(topic, partitionIndex, context, services)
    partitions.push({
      errorCode: code,
      partitionIndex,
      leaderId,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: [...partition.replicas],
      isrNodes: [...partition.isr],
      offlineReplicas,
    })
  }
  return { errorCode: 0, name: topic.name, topicId: topic.id, isInternal: isInternalTopic(topic.name), partitions }
}

function refusedTopic(
  error: ProtocolError,
  { name, topicId = ZERO_UUID }: { name: string | null; topicId?: string },
): TopicAnswer {
  return {
    errorCode: errorCode(error),
    name,
    topicId,
    isInternal: name !== null && isInternalTopic(name),
    partitions: [],
  }
}

function clusterOperations(request: MetadataRequest, context: RequestContext, services: Services): number {
  const isAsked = context.apiVersion >= 8 && context.apiVersion <= 10 && request.includeClusterAuthorizedOperations
  if (!isAsked) return notAsked
  if (!isAllowedOnCluster(services, context, 'DESCRIBE')) return 0
  return authorizedOperations(services, context, { type: 'CLUSTER', name: clusterName })
}

function refuse(request: MetadataRequest, error: ProtocolError, { apiVersion }: RequestContext): MetadataResponse {
  const topics = (request.topics ?? []).map(({ name, topicId }) =>
    refusedTopic(error, { name: name === null && apiVersion < 12 ? '' : name, topicId }),
  )
  return { brokers: [], topics, errorCode: errorCode(error) }
}
