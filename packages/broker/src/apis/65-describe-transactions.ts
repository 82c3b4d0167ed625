/** DescribeTransactions (key 65): state and partitions of transactions (KIP-664); answered by their coordinators. */
import { undescribed } from '@gregor/coordinators'
import { DescribeTransactions } from '@gregor/protocol'
import type { ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Described = ResponseInput<typeof DescribeTransactions>['transactionStates'][number]

export const describeTransactions = defineHandler(DescribeTransactions, {
  async handle({ transactionalIds }, context, services) {
    return { transactionStates: await Promise.all(transactionalIds.map((id) => describe(id, context, services))) }
  },
  refuse: ({ transactionalIds }, error) => ({
    transactionStates: transactionalIds.map((id) => undescribed(id, error)),
  }),
})

async function describe(transactionalId: string, context: RequestContext, services: Services): Promise<Described> {
  if (!isAllowed(services, context, 'DESCRIBE', { type: 'TRANSACTIONAL_ID', name: transactionalId })) {
    return undescribed(transactionalId, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  }
  // No such producer can be.
  if (transactionalId === '') return undescribed(transactionalId, 'INVALID_REQUEST')
  try {
    const described = await services.transactions.describe(transactionalId)
    const topics = described.topics.filter(({ topic }) => isAllowedOnTopic(services, context, 'DESCRIBE', topic))
    return { ...described, topics }
  } catch (error) {
    return undescribed(transactionalId, coordinatorRefusal(error))
  }
}
