/**
 * AddPartitionsToTxn (key 24): makes partitions part of a transaction; answered by its coordinator. Clients do so up to
 * version 3; later versions are of brokers, for many transactions, and may only ask (KIP-890).
 */
import type { TopicPartitions } from '@gregor/coordinators'
import { AddPartitionsToTxn, errorCode } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed, isAllowedOnCluster, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof AddPartitionsToTxn>
type Response = ResponseInput<typeof AddPartitionsToTxn>
type Asked = Request['transactions'][number]
type TopicResults = NonNullable<Response['resultsByTopicV3AndBelow']>

const ofBrokersSince = 4
const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])

export const addPartitionsToTxn = defineHandler(AddPartitionsToTxn, {
  async handle(request, context, services) {
    if (context.apiVersion < ofBrokersSince) {
      return { resultsByTopicV3AndBelow: await addAsClient(onlyOne(request), context, services) }
    }
    if (!isAllowedOnCluster(services, context, 'CLUSTER_ACTION')) {
      return { errorCode: errorCode('CLUSTER_AUTHORIZATION_FAILED'), resultsByTransaction: [] }
    }
    const results = request.transactions.map(async (asked) => ({
      transactionalId: asked.transactionalId,
      topicResults: await add(asked, context, services, () => true),
    }))
    return { resultsByTransaction: await Promise.all(results) }
  },
  refuse: (request, error, { apiVersion }) =>
    apiVersion < ofBrokersSince
      ? { resultsByTopicV3AndBelow: refusedAll(onlyOne(request).topics, error) }
      : { errorCode: errorCode(error), resultsByTransaction: [] },
})

/** In the form of version 4. */
function onlyOne(request: Request): Asked {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  }
}

async function addAsClient(asked: Asked, context: RequestContext, services: Services): Promise<TopicResults> {
  if (!isAllowed(services, context, 'WRITE', { type: 'TRANSACTIONAL_ID', name: asked.transactionalId })) {
    return refusedAll(asked.topics, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  }
  return add(asked, context, services, (topic) => {
    return !internalTopics.has(topic) && isAllowedOnTopic(services, context, 'WRITE', topic)
  })
}

/** All of the partitions or none: where one may not be added, the others are OPERATION_NOT_ATTEMPTED. */
async function add(
  asked: Asked,
  { apiVersion }: RequestContext,
  services: Services,
  isPermitted: (topic: string) => boolean,
): Promise<TopicResults> {
  const topics = eachOnce(asked.topics)
  const { byName } = services.metadata.image.topics
  const problemOf = (topic: string, partition: number): ProtocolError => {
    if (!isPermitted(topic)) return 'TOPIC_AUTHORIZATION_FAILED'
    return byName.get(topic)?.partitions[partition] === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NONE'
  }
  const isRefused = topics.some(({ name, partitions }) => partitions.some((index) => problemOf(name, index) !== 'NONE'))
  if (isRefused) {
    return results(topics, (topic, partition) => {
      const problem = problemOf(topic, partition)
      return problem === 'NONE' ? 'OPERATION_NOT_ATTEMPTED' : problem
    })
  }
  try {
    const event = { type: 'AddPartitionsToTxn', ...asked, topics, apiVersion } as const
    return await services.transactions.submit<'AddPartitionsToTxn'>(event)
  } catch (error) {
    return refusedAll(topics, coordinatorRefusal(error))
  }
}

function eachOnce(topics: Asked['topics']): TopicPartitions {
  const partitionsOf = new Map<string, Set<number>>()
  for (const { name, partitions } of topics) {
    const known = partitionsOf.get(name) ?? new Set()
    partitionsOf.set(name, known)
    for (const partition of partitions) known.add(partition)
  }
  return Array.from(partitionsOf, ([name, partitions]) => ({ name, partitions: [...partitions] }))
}

function refusedAll(topics: TopicPartitions, error: ProtocolError): TopicResults {
  return results(topics, () => error)
}

function results(topics: TopicPartitions, errorOf: (topic: string, partition: number) => ProtocolError): TopicResults {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorCode(errorOf(name, partitionIndex)),
    })),
  }))
}
