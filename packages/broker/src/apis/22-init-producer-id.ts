/**
 * InitProducerId (key 22): gives a producer its id and epoch (KIP-98). Ids come from blocks that the controller hands out.
 * Without a transactional id the epoch is always 0 and what the producer had before does not matter; with one, its
 * coordinator fences whoever had it before and ends what that one left open.
 * v3 an epoch bump on request (KIP-360) · v4 PRODUCER_FENCED (KIP-588) · v6 two-phase commit (KIP-939)
 */
import { errorCode, InitProducerId } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed, isAllowedOnCluster } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof InitProducerId>
type Response = ResponseInput<typeof InitProducerId>

export const initProducerId = defineHandler(InitProducerId, {
  async handle(request, context, services) {
    const { transactionalId, producerId, producerEpoch } = request
    if (transactionalId !== null) {
      if (!mayUse(transactionalId, request, context, services)) return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
      const isWhole = (producerId === -1) === (producerEpoch === -1)
      if (!isWhole || transactionalId === '') return refused('INVALID_REQUEST')
      return initInTransactions({ ...request, transactionalId }, context, services)
    }
    const allowed =
      isAllowedOnCluster(services, context, 'IDEMPOTENT_WRITE') ||
      services.authorizer.allowsAny(context.principal, context.clientAddress, 'WRITE', 'TOPIC')
    if (!allowed) return refused('CLUSTER_AUTHORIZATION_FAILED')
    if ((producerId === -1) !== (producerEpoch === -1)) return refused('INVALID_REQUEST')
    const next = await services.producerIds.next()
    if (typeof next === 'string') return refused(next)
    return { errorCode: 0, producerId: next, producerEpoch: 0 }
  },
  refuse: (_request, error) => refused(error),
})

function mayUse(name: string, { enable2Pc }: Request, context: RequestContext, services: Services): boolean {
  const resource = { type: 'TRANSACTIONAL_ID', name } as const
  if (!isAllowed(services, context, 'WRITE', resource)) return false
  return !enable2Pc || isAllowed(services, context, 'TWO_PHASE_COMMIT', resource)
}

async function initInTransactions(
  request: Request & { readonly transactionalId: string },
  { apiVersion }: RequestContext,
  { transactions }: Services,
): Promise<Response> {
  try {
    return await transactions.submit<'InitProducerId'>({ type: 'InitProducerId', request, apiVersion })
  } catch (error) {
    return refused(coordinatorRefusal(error))
  }
}

function refused(error: ProtocolError): Response {
  return { errorCode: errorCode(error), producerId: -1, producerEpoch: -1 }
}
