/**
 * TxnOffsetCommit (key 28): a group’s offsets that count once a transaction commits (KIP-98); answered by the group’s
 * coordinator, after the transaction’s has confirmed that they belong to it (KIP-890).
 * v3 member and generation are checked (KIP-447) · v5 joins the transaction by itself (KIP-890)
 */
import { errorCode, TxnOffsetCommit } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal, groupContext } from '../coordination/group-requests.ts'
import { adderOfOffsetCommit } from '../coordination/transaction-guard.ts'
import { isAllowed, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof TxnOffsetCommit>
type Response = ResponseInput<typeof TxnOffsetCommit>
type Topic = Request['topics'][number]

const loadingSince = 2

export const txnOffsetCommit = defineHandler(TxnOffsetCommit, {
  async handle(request, context, services) {
    const { transactionalId, groupId } = request
    if (!isAllowed(services, context, 'WRITE', { type: 'TRANSACTIONAL_ID', name: transactionalId })) {
      return refuseAll(request.topics, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    }
    if (!isAllowed(services, context, 'READ', { type: 'GROUP', name: groupId })) {
      return refuseAll(request.topics, 'GROUP_AUTHORIZATION_FAILED')
    }
    const problems = request.topics.map((topic) => problemsOf(topic, context, services))
    const topics = request.topics.flatMap((topic, place) => {
      const partitions = topic.partitions.filter((_, index) => problems[place]?.[index] === 'NONE')
      return partitions.length === 0 ? [] : [{ ...topic, partitions }]
    })
    const answered = topics.length === 0 ? { topics: [] } : await commit({ ...request, topics }, context, services)
    return merged(request, problems, answered)
  },
  refuse: (request, error) => refuseAll(request.topics, error),
})

function problemsOf({ name, partitions }: Topic, context: RequestContext, services: Services): ProtocolError[] {
  const known = services.metadata.image.topics.byName.get(name)
  const isPermitted = isAllowedOnTopic(services, context, 'READ', name)
  return partitions.map(({ partitionIndex }) => {
    if (!isPermitted) return 'TOPIC_AUTHORIZATION_FAILED'
    return known?.partitions[partitionIndex] === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NONE'
  })
}

async function commit(request: Request, context: RequestContext, services: Services): Promise<Response> {
  const { groupId, transactionalId, producerId, producerEpoch } = request
  const { groups, transactionGuard } = services
  if (groupId === '') return refuseAll(request.topics, 'INVALID_GROUP_ID')
  try {
    const partition = groups.partitionFor(groupId)
    const producer = { transactionalId, producerId, producerEpoch, addedBy: adderOfOffsetCommit(context.apiVersion) }
    const guards = await transactionGuard.guard(producer, [{ partition, sequence: -1 }], { isPatient: false })
    const guard = guards.get(partition)
    if (typeof guard === 'string') return refuseAll(request.topics, forClient(guard, context))
    const event = {
      type: 'TxnOffsetCommit',
      request,
      context: groupContext(context),
      ...(guard === undefined ? {} : { guard }),
    } as const
    return await groups.submit<'TxnOffsetCommit'>(groupId, event)
  } catch (error) {
    return refuseAll(request.topics, forClient(coordinatorRefusal(error), context))
  }
}

/** What clients of this API act upon. */
function forClient(error: ProtocolError, { apiVersion }: RequestContext): ProtocolError {
  switch (error) {
    case 'NETWORK_EXCEPTION':
    case 'COORDINATOR_LOAD_IN_PROGRESS':
      // The oldest clients fall over it.
      return apiVersion < loadingSince ? 'COORDINATOR_NOT_AVAILABLE' : 'COORDINATOR_LOAD_IN_PROGRESS'
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'REQUEST_TIMED_OUT':
      return 'COORDINATOR_NOT_AVAILABLE'
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return 'NOT_COORDINATOR'
    default:
      return error
  }
}

function merged({ topics }: Request, problems: readonly (readonly ProtocolError[])[], answered: Response): Response {
  const codes = new Map(
    answered.topics.flatMap(({ name, partitions }) =>
      partitions.map((one) => [`${name}|${one.partitionIndex}`, one.errorCode] as const),
    ),
  )
  return {
    topics: topics.map(({ name, partitions }, place) => ({
      name,
      partitions: partitions.map(({ partitionIndex }, index) => {
        const problem = problems[place]?.[index] ?? 'NONE'
        const code = problem === 'NONE' ? codes.get(`${name}|${partitionIndex}`) : errorCode(problem)
        return { partitionIndex, errorCode: code ?? errorCode('UNKNOWN_SERVER_ERROR') }
      }),
    })),
  }
}

function refuseAll(topics: readonly Topic[], error: ProtocolError): Response {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCode(error) })),
    })),
  }
}
