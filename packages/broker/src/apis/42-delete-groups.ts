/** DeleteGroups (key 42): removes groups without members, with their offsets (KIP-229). */
import { DeleteGroups, errorCode } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type Result = ResponseInput<typeof DeleteGroups>['results'][number]

export const deleteGroups = defineHandler(DeleteGroups, {
  async handle(request, context, services) {
    const remove = async (groupId: string): Promise<Result> => {
      if (!isAllowed(services, context, 'DELETE', { type: 'GROUP', name: groupId })) {
        return refused(groupId, 'GROUP_AUTHORIZATION_FAILED')
      }
      try {
        const [result] = await services.groups.submit<'DeleteGroups'>(groupId, {
          type: 'DeleteGroups',
          groupIds: [groupId],
        })
        return result ?? refused(groupId, 'UNKNOWN_SERVER_ERROR')
      } catch (error) {
        return refused(groupId, coordinatorRefusal(error))
      }
    }
    return { results: await Promise.all([...new Set(request.groupsNames)].map(remove)) }
  },
  refuse: (request, error) => ({ results: request.groupsNames.map((groupId) => refused(groupId, error)) }),
})

function refused(groupId: string, error: ProtocolError): Result {
  return { groupId, errorCode: errorCode(error) }
}
