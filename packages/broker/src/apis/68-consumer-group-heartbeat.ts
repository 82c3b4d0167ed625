/**
 * ConsumerGroupHeartbeat (key 68): the one request of the new consumer protocol (KIP-848): joins, tells what is held,
 * learns what to hold, leaves. v1 regular expressions, and member ids that clients make (KIP-1082).
 * Served while `group.version` 1 is finalized and `group.coordinator.rebalance.protocols` has it.
 */
import { ConsumerGroupHeartbeat, errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal, groupContext, servesConsumerGroups } from '../coordination/group-requests.ts'
import { isAllowed, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

export const consumerGroupHeartbeat = defineHandler(ConsumerGroupHeartbeat, {
  async handle(request, context, services) {
    if (!servesConsumerGroups(services)) return refused('UNSUPPORTED_VERSION')
    if (!isAllowed(services, context, 'READ', { type: 'GROUP', name: request.groupId })) {
      return refused('GROUP_AUTHORIZATION_FAILED')
    }
    const mayDescribe = (topic: string): boolean => isAllowedOnTopic(services, context, 'DESCRIBE', topic)
    if (request.subscribedTopicNames?.every(mayDescribe) === false) return refused('TOPIC_AUTHORIZATION_FAILED')
    try {
      const event = { type: 'ConsumerGroupHeartbeat', request, context: groupContext(context), mayDescribe } as const
      return await services.groups.submit<'ConsumerGroupHeartbeat'>(request.groupId, event)
    } catch (error) {
      return refused(coordinatorRefusal(error))
    }
  },
  refuse: (_request, error) => refused(error),
})

function refused(error: ProtocolError): ResponseInput<typeof ConsumerGroupHeartbeat> {
  return { errorCode: errorCode(error), errorMessage: errorMessage(error), memberEpoch: 0, heartbeatIntervalMs: 0 }
}
