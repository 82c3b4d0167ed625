/** DescribeGroups (key 15): state, protocol and members of classic groups (KIP-430 operations since v3). */
import { DescribeGroups, errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal, groupContext } from '../coordination/group-requests.ts'
import { isAllowed, withAuthorizedOperations } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type Group = ResponseInput<typeof DescribeGroups>['groups'][number]

export const describeGroups = defineHandler(DescribeGroups, {
  async handle(request, context, services) {
    const describe = async (groupId: string): Promise<Group> => {
      if (!isAllowed(services, context, 'DESCRIBE', { type: 'GROUP', name: groupId })) {
        return refused(groupId, 'GROUP_AUTHORIZATION_FAILED', context.apiVersion)
      }
      try {
        const [group] = await services.groups.submit<'DescribeGroups'>(groupId, {
          type: 'DescribeGroups',
          groupIds: [groupId],
          context: groupContext(context),
        })
        return group ?? refused(groupId, 'UNKNOWN_SERVER_ERROR', context.apiVersion)
      } catch (error) {
        return refused(groupId, coordinatorRefusal(error), context.apiVersion)
      }
    }
    const groups = await Promise.all(request.groups.map(describe))
    return {
      groups: request.includeAuthorizedOperations ? withAuthorizedOperations(services, context, groups) : groups,
    }
  },
  refuse: (request, error, context) => ({
    groups: request.groups.map((groupId) => refused(groupId, error, context.apiVersion)),
  }),
})

function refused(groupId: string, error: ProtocolError, version: number): Group {
  return {
    errorCode: errorCode(error),
    ...(version >= 6 ? { errorMessage: errorMessage(error) } : {}),
    groupId,
    groupState: '',
    protocolType: '',
    protocolData: '',
    members: [],
  }
}
