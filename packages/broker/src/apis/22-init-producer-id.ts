/**
 * InitProducerId (key 22): gives an idempotent producer its id. Ids come from blocks that the controller hands out
 * (KIP-98); without a transactional id the epoch is always 0 and what the producer had before does not matter.
 */
import { errorCode, InitProducerId } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { isAllowed, isAllowedOnCluster } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type Response = ResponseInput<typeof InitProducerId>

export const initProducerId = defineHandler(InitProducerId, {
  async handle(request, context, services) {
    const { transactionalId, producerId, producerEpoch } = request
    if (transactionalId !== null) {
      const allowed = isAllowed(services, context, 'WRITE', { type: 'TRANSACTIONAL_ID', name: transactionalId })
      // Transactions need their coordinator; until this node has one, clients are told that it is not there.
      return refused(allowed ? 'COORDINATOR_NOT_AVAILABLE' : 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
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

function refused(error: ProtocolError): Response {
  return { errorCode: errorCode(error), producerId: -1, producerEpoch: -1 }
}
