/**
 * ListTransactions (key 66): the transactional ids that this broker coordinates and the client may see (KIP-664).
 * v1 by duration (KIP-994) · v2 by pattern (KIP-1152)
 */
import { errorCode, ListTransactions } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type Response = ResponseInput<typeof ListTransactions>

export const listTransactions = defineHandler(ListTransactions, {
  async handle(request, context, services) {
    if (services.transactions.isLoading) return refused('COORDINATOR_LOAD_IN_PROGRESS')
    try {
      const answers = await services.transactions.list(request)
      const failed = answers.find((answer) => answer.errorCode !== 0)
      if (failed !== undefined) return failed
      return {
        errorCode: 0,
        unknownStateFilters: answers[0]?.unknownStateFilters ?? [],
        transactionStates: answers
          .flatMap(({ transactionStates }) => transactionStates)
          .filter(({ transactionalId: name }) =>
            isAllowed(services, context, 'DESCRIBE', { type: 'TRANSACTIONAL_ID', name }),
          ),
      }
    } catch (error) {
      return refused(coordinatorRefusal(error))
    }
  },
  refuse: (_request, error) => refused(error),
})

function refused(error: ProtocolError): Response {
  return { errorCode: errorCode(error), unknownStateFilters: [], transactionStates: [] }
}
