/**
 * EndTxn (key 26): commits or aborts a transaction; answered by its coordinator once the outcome is certain. That the
 * partitions know it too comes later, by markers (KIP-98).
 * v2 PRODUCER_FENCED (KIP-588) · v5 a new epoch after every transaction (KIP-890)
 */
import { EndTxn, errorCode } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type Response = ResponseInput<typeof EndTxn>

export const endTxn = defineHandler(EndTxn, {
  async handle(request, context, services) {
    const { transactionalId } = request
    if (!isAllowed(services, context, 'WRITE', { type: 'TRANSACTIONAL_ID', name: transactionalId })) {
      return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    }
    const { apiVersion } = context
    try {
      return await services.transactions.submit<'EndTxn'>({ type: 'EndTxn', request, apiVersion })
    } catch (error) {
      return refused(coordinatorRefusal(error))
    }
  },
  refuse: (_request, error) => refused(error),
})

function refused(error: ProtocolError): Response {
  return { errorCode: errorCode(error) }
}
