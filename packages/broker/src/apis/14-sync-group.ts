/** SyncGroup (key 14): the leader of a classic group hands in the assignment, everybody waits for his part of it. */
import { errorCode, SyncGroup } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal, groupContext } from '../coordination/group-requests.ts'
import { isAllowed } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

export const syncGroup = defineHandler(SyncGroup, {
  async handle(request, context, services) {
    if (!isAllowed(services, context, 'READ', { type: 'GROUP', name: request.groupId })) {
      return refused('GROUP_AUTHORIZATION_FAILED')
    }
    try {
      return await services.groups.syncGroup({ type: 'SyncGroup', request, context: groupContext(context) })
    } catch (error) {
      return refused(coordinatorRefusal(error))
    }
  },
  refuse: (_request, error) => refused(error),
})

function refused(error: ProtocolError): ResponseInput<typeof SyncGroup> {
  return { errorCode: errorCode(error), assignment: Buffer.alloc(0) }
}
