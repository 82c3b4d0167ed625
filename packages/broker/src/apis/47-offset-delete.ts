/** OffsetDelete (key 47): a group forgets offsets of topics it is not subscribed to (KIP-496). */
import { errorCode, OffsetDelete } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof OffsetDelete>
type Response = ResponseInput<typeof OffsetDelete>

export const offsetDelete = defineHandler(OffsetDelete, {
  async handle(request, context, services) {
    if (!isAllowed(services, context, 'DELETE', { type: 'GROUP', name: request.groupId }))
      return refused('GROUP_AUTHORIZATION_FAILED')
    const problems = new Map(request.topics.map((topic) => [topic.name, problemOf(topic.name, context, services)]))
    const passing = request.topics.filter(({ name }) => problems.get(name) === 'NONE')
    try {
      const event = { type: 'OffsetDelete', request: { ...request, topics: passing } } as const
      const answer = await services.groups.submit<'OffsetDelete'>(request.groupId, event)
      if (answer.errorCode !== 0) return answer
      const denied = request.topics
        .filter(({ name }) => problems.get(name) !== 'NONE')
        .map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: errorCode(problems.get(name) ?? 'NONE'),
          })),
        }))
      return { ...answer, topics: [...answer.topics, ...denied] }
    } catch (error) {
      return refused(coordinatorRefusal(error))
    }
  },
  refuse: (_request, error) => refused(error),
})

function problemOf(
  name: Request['topics'][number]['name'],
  context: RequestContext,
  services: Services,
): ProtocolError {
  if (!isAllowedOnTopic(services, context, 'READ', name)) return 'TOPIC_AUTHORIZATION_FAILED'
  return services.metadata.image.topics.byName.has(name) ? 'NONE' : 'UNKNOWN_TOPIC_OR_PARTITION'
}

function refused(error: ProtocolError): Response {
  return { errorCode: errorCode(error), topics: [] }
}
