/** LeaveGroup (key 13): a member leaves at once, or an administrator takes members out (KIP-345, batched since v3). */
import { errorCode, LeaveGroup } from '@gregor/protocol'
import { coordinatorRefusal, groupContext } from '../coordination/group-requests.ts'
import { isAllowed } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

export const leaveGroup = defineHandler(LeaveGroup, {
  async handle(request, context, services) {
    if (!isAllowed(services, context, 'READ', { type: 'GROUP', name: request.groupId })) {
      return { errorCode: errorCode('GROUP_AUTHORIZATION_FAILED'), members: [] }
    }
    try {
      return await services.groups.submit<'LeaveGroup'>(request.groupId, {
        type: 'LeaveGroup',
        request,
        context: groupContext(context),
      })
    } catch (error) {
      return { errorCode: errorCode(coordinatorRefusal(error)), members: [] }
    }
  },
  refuse: (_request, error) => ({ errorCode: errorCode(error), members: [] }),
})
