/**
 * FindCoordinator (key 10): which broker coordinates a group, a transactional id or a share partition: the leader of the
 * partition of the internal topic that the key falls into. The topic comes into being when first asked for.
 * v0 groups only · v1 key types, messages (KIP-98) · v4 many keys at once (KIP-699) · v6 share groups (KIP-932)
 */
import type { TopicImage } from '@gregor/metadata'
import { errorCode, errorMessage, FindCoordinator } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { isAllowed } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof FindCoordinator>
type Response = ResponseInput<typeof FindCoordinator>
type Coordinator = NonNullable<Response['coordinators']>[number]

/** What is coordinated, by key type. */
interface Kind {
  readonly resource: 'GROUP' | 'TRANSACTIONAL_ID'
  readonly refusal: ProtocolError
  readonly topic: (services: Services) => Promise<TopicImage | undefined>
  readonly partitionOf: (services: Services, key: string) => number | undefined
}

const kinds: Readonly<Record<number, Kind | undefined>> = {
  0: {
    resource: 'GROUP',
    refusal: 'GROUP_AUTHORIZATION_FAILED',
    topic: ({ internalTopics }) => internalTopics.groupTopic(),
    partitionOf: ({ groups }, key) => groups.partitionOf(key),
  },
  1: {
    resource: 'TRANSACTIONAL_ID',
    refusal: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    topic: ({ internalTopics }) => internalTopics.transactionTopic(),
    partitionOf: ({ transactions }, key) => transactions.partitionOf(key),
  },
}

const batchedSince = 4

export const findCoordinator = defineHandler(FindCoordinator, {
  async handle(request, context, services) {
    const keys = context.apiVersion >= batchedSince ? request.coordinatorKeys : [request.key]
    const coordinators: Coordinator[] = []
    for (const key of keys) coordinators.push(await find(key, request.keyType, context, services))
    return answered(coordinators, context.apiVersion)
  },
  refuse: (request, error, context) =>
    answered(
      keysOf(request, context.apiVersion).map((key) => refused(key, error)),
      context.apiVersion,
    ),
})

async function find(key: string, keyType: number, context: RequestContext, services: Services): Promise<Coordinator> {
  const kind = kinds[keyType]
  if (kind === undefined)
    return refused(key, 'INVALID_REQUEST', `Coordinators of key type ${keyType} are not served here`)
  if (!isAllowed(services, context, 'DESCRIBE', { type: kind.resource, name: key })) return refused(key, kind.refusal)
  const topic = await kind.topic(services)
  const index = topic === undefined ? undefined : kind.partitionOf(services, key)
  const partition = index === undefined ? undefined : topic?.partitions[index]
  const leader = partition === undefined ? undefined : services.metadata.image.brokers.get(partition.leader)
  const endpoint = leader?.listeners.get(context.connection.listener.name)
  if (leader === undefined || leader.fenced || endpoint === undefined) return refused(key, 'COORDINATOR_NOT_AVAILABLE')
  return { key, nodeId: leader.id, host: endpoint.host, port: endpoint.port, errorCode: 0, errorMessage: null }
}

function refused(key: string, error: ProtocolError, message: string = errorMessage(error)): Coordinator {
  return { key, nodeId: -1, host: '', port: -1, errorCode: errorCode(error), errorMessage: message }
}

function answered(coordinators: readonly Coordinator[], version: number): Response {
  if (version >= batchedSince) return { coordinators: [...coordinators] }
  const [only = refused('', 'INVALID_REQUEST')] = coordinators
  return {
    errorCode: only.errorCode,
    errorMessage: only.errorMessage ?? null,
    nodeId: only.nodeId,
    host: only.host,
    port: only.port,
  }
}

function keysOf(request: Request, version: number): readonly string[] {
  return version >= batchedSince ? request.coordinatorKeys : [request.key]
}
