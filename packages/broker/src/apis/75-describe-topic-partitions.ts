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
    const isAll = request.topics.length === 0
    const asked = isAll ? allNames(services) : request.topics.map(({ name }) => name)
    const names = [...new Set(asked)].filter((name) => cursor === null || name >= cursor.topicName).toSorted()
    if (cursor !== null) {
      const isAsked = isAll || names.includes(cursor.topicName)
      if (!isAsked || cursor.partitionIndex < 0) return refuse(request, 'INVALID_REQUEST')
    }
    const visible = names.filter((name) => isAllowedOnTopic(services, context, 'DESCRIBE', name))
    const hidden = isAll ? [] : names.filter((name) => !visible.includes(name))
    const limit = services.config.get('max.request.partition.size.limit')
    const { topics, nextCursor } = page(visible, context, services, {
      limit: Math.max(1, Math.min(limit, request.responsePartitionLimit)),
      isAll,
      cursor,
    })
    return { topics: [...topics, ...hidden.map((name) => refused(name, 'TOPIC_AUTHORIZATION_FAILED'))], nextCursor }
  },
  refuse,
})

function allNames({ metadata }: Services): readonly string[] {
  return [...metadata.image.topics.byName.keys()]
}

function page(
  names: readonly string[],
  context: RequestContext,
  services: Services,
  given: { limit: number; isAll: boolean; cursor: Request['cursor'] },
): { readonly topics: readonly TopicAnswer[]; readonly nextCursor: Cursor | null } {
  const topics: TopicAnswer[] = []
  let left = given.limit
  for (const name of names) {
    // Whether that topic exists is seen on the next page.
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const topicAuthorizedOperations = authorizedOperations(services, context, { type: 'TOPIC', name })
    const topic = services.metadata.image.topics.byName.get(name)
    if (topic === undefined) {
      // One that went since the names were listed.
      if (!given.isAll) topics.push({ ...missing(name), topicAuthorizedOperations })
      continue
    }
    const first = given.cursor?.topicName === name ? given.cursor.partitionIndex : 0
    const end = Math.min(topic.partitions.length, first + left)
    topics.push({ ...described(topic, { first, end }, context, services), topicAuthorizedOperations })
    left -= Math.max(0, end - first)
    if (end < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: end } }
  }
  return { topics, nextCursor: null }
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
  return { errorCode: 0, name: topic.name, topicId: topic.id, isInternal: isInternalTopic(topic.name), partitions }
}

function missing(name: string): TopicAnswer {
  return refused(name, isValidTopicName(name) ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION')
}

function refused(name: string, error: ProtocolError): TopicAnswer {
  return { errorCode: errorCode(error), name, topicId: ZERO_UUID, isInternal: isInternalTopic(name), partitions: [] }
}

function refuse({ topics }: Request, error: ProtocolError): Response {
  return { topics: topics.map(({ name }) => refused(name, error)), nextCursor: null }
}
