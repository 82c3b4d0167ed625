/** ListGroups (key 16): the groups that this node coordinates, by state (KIP-518) and type (KIP-848). */
import { errorCode, ListGroups } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed, isAllowedOnCluster } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

export const listGroups = defineHandler(ListGroups, {
  async handle(request, context, services) {
    const { statesFilter, typesFilter } = request
    try {
      const groups = (
        await services.groups.submitToAll<'ListGroups'>({ type: 'ListGroups', statesFilter, typesFilter })
      ).flat()
      if (isAllowedOnCluster(services, context, 'DESCRIBE')) return { errorCode: 0, groups }
      return {
        errorCode: 0,
        groups: groups.filter(({ groupId }) =>
          isAllowed(services, context, 'DESCRIBE', { type: 'GROUP', name: groupId }),
        ),
      }
    } catch (error) {
      return { errorCode: errorCode(coordinatorRefusal(error)), groups: [] }
    }
  },
  refuse: (_request, error) => ({ errorCode: errorCode(error), groups: [] }),
})
