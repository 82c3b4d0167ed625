/** Heartbeat (key 12): a member of a classic group is alive, and learns whether it must join again. */
import { errorCode, Heartbeat } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

export const heartbeat = defineHandler(Heartbeat, {
  async handle(request, context, services) {
    if (!isAllowed(services, context, 'READ', { type: 'GROUP', name: request.groupId })) {
      return { errorCode: errorCode('GROUP_AUTHORIZATION_FAILED') }
    }
    try {
      return await services.groups.submit<'Heartbeat'>(request.groupId, { type: 'Heartbeat', request })
    } catch (error) {
      const refusal = coordinatorRefusal(error)
      // While the groups are loaded a member need not fear for its session.
      return { errorCode: refusal === 'COORDINATOR_LOAD_IN_PROGRESS' ? 0 : errorCode(refusal) }
    }
  },
  refuse: (_request, error) => ({ errorCode: errorCode(error) }),
})
