/**
 * JoinGroup (key 11): joins a classic group and waits for the rebalance to end; the leader then learns who the members
 * are. Decided by the group’s coordinator.
 */
import { errorCode, JoinGroup } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal, groupContext } from '../coordination/group-requests.ts'
import { isAllowed } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

export const joinGroup = defineHandler(JoinGroup, {
  async handle(request, context, services) {
    const isPermitted = isAllowed(services, context, 'READ', { type: 'GROUP', name: request.groupId })
    if (!isPermitted) return refused('GROUP_AUTHORIZATION_FAILED', context.apiVersion)
    try {
      return await services.groups.joinGroup({ type: 'JoinGroup', request, context: groupContext(context) })
    } catch (error) {
      return refused(coordinatorRefusal(error), context.apiVersion)
    }
  },
  refuse: (_request, error, context) => refused(error, context.apiVersion),
})

function refused(error: ProtocolError, version: number): ResponseInput<typeof JoinGroup> {
  return { errorCode: errorCode(error), protocolName: version >= 7 ? null : '', leader: '', memberId: '', members: [] }
}
