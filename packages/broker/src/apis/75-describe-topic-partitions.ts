/**
 * DescribeTopicPartitions (key 75): topics page by page, sorted by name, with eligible leader replicas (KIP-966).
 * A page ends after `responsePartitionLimit` partitions, `max.request.partition.size.limit` at most; the cursor says
 * where the next one begins.
 */
import { ZERO_UUID } from '@gregor/base'
import type { TopicImage } from '@gregor/metadata'
import { DescribeTopicPartitions, errorCode } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { authorizedOperations, isAllowedOnTopic } from '../server/authorization.ts'
import { describedPartition } from '../server/described-topic.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'
import { isInternalTopic, isValidTopicName } from '../server/topic-names.ts'

type Request = RequestOf<typeof DescribeTopicPartitions>
type Response = ResponseInput<typeof DescribeTopicPartitions>
type TopicAnswer = Response['topics'][number]
type Cursor = NonNullable<Response['nextCursor']>

export const describeTopicPartitions = defineHandler(DescribeTopicPartitions, {
  handle(request, context, services) {
    const { cursor } = request
    if (cursor !== null && cursor.partitionIndex < 0) return refuse(request, 'INVALID_REQUEST')
    const isAll = request.topics.length === 0
    const { byName } = services.metadata.image.topics
    const asked = isAll ? [...byName].map(([name]) => name) : request.topics.map(({ name }) => name)
    const names = [...new Set(asked)].toSorted().filter((name) => cursor === null || name >= cursor.topicName)
    const limit = Math.min(
      services.config.get('max.request.partition.size.limit'),
      Math.max(1, request.responsePartitionLimit),
    )
    return page(names, { limit, isAll, cursor }, context, services)
  },
  refuse,
})

function page(
  names: readonly string[],
  given: { limit: number; isAll: boolean; cursor: Request['cursor'] },
  context: RequestContext,
  services: Services,
): Response {
  const topics: TopicAnswer[] = []
  let left = given.limit
  let nextCursor: Cursor | null = null
  for (const name of names) {
    if (!isAllowedOnTopic(services, context, 'DESCRIBE', name)) {
      if (!given.isAll) topics.push(refusedTopic(name, 'TOPIC_AUTHORIZATION_FAILED'))
      continue
    }
    const topic = services.metadata.image.topics.byName.get(name)
    if (topic === undefined) {
      topics.push(refusedTopic(name, isValidTopicName(name) ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION'))
      continue
    }
    const first = given.cursor?.topicName === name ? given.cursor.partitionIndex : 0
    if (left === 0) {
      nextCursor = { topicName: name, partitionIndex: first }
      break
    }
    const end = Math.min(topic.partitions.length, first + left)
    topics.push(described(topic, { first, end }, context, services))
    left -= Math.max(0, end - first)
    if (end < topic.partitions.length) {
      nextCursor = { topicName: name, partitionIndex: end }
      break
    }
  }
  return { topics, nextCursor }
}

function described(
  topic: TopicImage,
  { first, end }: { first: number; end: number },
  context: RequestContext,
  services: Services,
): TopicAnswer {
  const partitions = topic.partitions.slice(first, end).map((partition, i) => {
    const partitionIndex = first + i
    const { errorCode: code, leaderId, offlineReplicas } = describedPartition(topic, partitionIndex, context, services)
    return {
      errorCode: code,
      partitionIndex,
      leaderId,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
      eligibleLeaderReplicas: partition.elr,
      lastKnownElr: partition.lastKnownElr,
      offlineReplicas,
    }
  })
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions,
    topicAuthorizedOperations: authorizedOperations(services, context, { type: 'TOPIC', name: topic.name }),
  }
}

function refusedTopic(name: string, error: ProtocolError): TopicAnswer {
  return { errorCode: errorCode(error), name, topicId: ZERO_UUID, isInternal: isInternalTopic(name), partitions: [] }
}

function refuse({ topics }: Request, error: ProtocolError): Response {
  return { topics: topics.map(({ name }) => refusedTopic(name, error)), nextCursor: null }
}
