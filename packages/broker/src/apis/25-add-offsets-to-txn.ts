/**
 * AddOffsetsToTxn (key 25): makes the offsets of a group part of a transaction (KIP-98); answered by the transaction’s
 * coordinator. Clients whose brokers add partitions themselves do not ask for it (KIP-890).
 */
import { AddOffsetsToTxn, errorCode } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type Response = ResponseInput<typeof AddOffsetsToTxn>

export const addOffsetsToTxn = defineHandler(AddOffsetsToTxn, {
  async handle(request, context, services) {
    const { transactionalId, groupId } = request
    if (!isAllowed(services, context, 'WRITE', { type: 'TRANSACTIONAL_ID', name: transactionalId })) {
      return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    }
    if (!isAllowed(services, context, 'READ', { type: 'GROUP', name: groupId })) {
      return refused('GROUP_AUTHORIZATION_FAILED')
    }
    // Which partition it will be is certain once there is the topic.
    await services.internalTopics.groupTopic()
    const offsetsPartition = services.groups.partitionOf(groupId)
    if (offsetsPartition === undefined) return refused('COORDINATOR_NOT_AVAILABLE')
    const { apiVersion } = context
    try {
      const event = { type: 'AddOffsetsToTxn', request, offsetsPartition, apiVersion } as const
      return await services.transactions.submit<'AddOffsetsToTxn'>(event)
    } catch (error) {
      return refused(coordinatorRefusal(error))
    }
  },
  refuse: (_request, error) => refused(error),
})

function refused(error: ProtocolError): Response {
  return { errorCode: errorCode(error) }
}
