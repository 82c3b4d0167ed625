/**
 * ConsumerGroupDescribe (key 69): groups of the new consumer protocol with their epochs, members, what they hold and
 * what they shall hold (KIP-848). A group that shows topics the client may not see is not described to it.
 */
import { ConsumerGroupDescribe, errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal, servesConsumerGroups } from '../coordination/group-requests.ts'
import { isAllowed, isAllowedOnTopic, withAuthorizedOperations } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Group = ResponseInput<typeof ConsumerGroupDescribe>['groups'][number]

export const consumerGroupDescribe = defineHandler(ConsumerGroupDescribe, {
  async handle(request, context, services) {
    const { groupIds, includeAuthorizedOperations } = request
    if (!servesConsumerGroups(services)) return refuseAll(groupIds, 'UNSUPPORTED_VERSION')
    const groups = await Promise.all(groupIds.map((groupId) => describe(groupId, context, services)))
    return { groups: includeAuthorizedOperations ? withAuthorizedOperations(services, context, groups) : groups }
  },
  refuse: ({ groupIds }, error) => refuseAll(groupIds, error),
})

async function describe(groupId: string, context: RequestContext, services: Services): Promise<Group> {
  if (!isAllowed(services, context, 'DESCRIBE', { type: 'GROUP', name: groupId })) {
    return refused(groupId, 'GROUP_AUTHORIZATION_FAILED')
  }
  if (groupId === '') return refused(groupId, 'INVALID_GROUP_ID')
  try {
    const event = { type: 'ConsumerGroupDescribe', groupIds: [groupId] } as const
    const [group] = await services.groups.submit<'ConsumerGroupDescribe'>(groupId, event)
    if (group === undefined) return refused(groupId, 'UNKNOWN_SERVER_ERROR')
    return showsHiddenTopics(group, context, services) ? refused(groupId, 'TOPIC_AUTHORIZATION_FAILED') : group
  } catch (error) {
    return refused(groupId, coordinatorRefusal(error))
  }
}

function showsHiddenTopics({ members }: Group, context: RequestContext, services: Services): boolean {
  const names = new Set(
    members.flatMap(({ assignment, targetAssignment }) =>
      [assignment, targetAssignment].flatMap(({ topicPartitions }) =>
        topicPartitions.map(({ topicName }) => topicName),
      ),
    ),
  )
  return [...names].some((name) => !isAllowedOnTopic(services, context, 'DESCRIBE', name))
}

function refuseAll(groupIds: readonly string[], error: ProtocolError): { groups: Group[] } {
  return { groups: groupIds.map((groupId) => refused(groupId, error)) }
}

function refused(groupId: string, error: ProtocolError): Group {
  return {
    errorCode: errorCode(error),
    errorMessage: errorMessage(error),
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  }
}
