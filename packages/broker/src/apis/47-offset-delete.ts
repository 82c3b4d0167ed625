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
type AskedTopic = Request['topics'][number]
type AnsweredTopic = Response['topics'][number]

export const offsetDelete = defineHandler(OffsetDelete, {
  async handle(request, context, services) {
    if (!isAllowed(services, context, 'DELETE', { type: 'GROUP', name: request.groupId }))
      return refused('GROUP_AUTHORIZATION_FAILED')
    if (request.groupId === '') return refused('INVALID_GROUP_ID')
    const checked = request.topics.map((topic) => check(topic, context, services))
    const passing = checked.flatMap(({ existing }) => (existing.partitions.length > 0 ? [existing] : []))
    try {
      const event = { type: 'OffsetDelete', request: { ...request, topics: passing } } as const
      const answer = await services.groups.submit<'OffsetDelete'>(request.groupId, event)
      if (answer.errorCode !== 0) return answer
      return { ...answer, topics: merged(answer.topics, checked) }
    } catch (error) {
      return refused(coordinatorRefusal(error))
    }
  },
  refuse: (_request, error) => refused(error),
})

interface Checked {
  /** With the partitions that the coordinator is to decide about. */
  readonly existing: AskedTopic
  readonly refused: AnsweredTopic
}

function check(topic: AskedTopic, context: RequestContext, services: Services): Checked {
  const { name, partitions } = topic
  const isPermitted = isAllowedOnTopic(services, context, 'READ', name)
  const known = isPermitted ? services.metadata.image.topics.byName.get(name)?.partitions : undefined
  const error = errorCode(isPermitted ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'TOPIC_AUTHORIZATION_FAILED')
  const isThere = ({ partitionIndex }: { readonly partitionIndex: number }) => known?.[partitionIndex] !== undefined
  const missing = partitions.filter((partition) => !isThere(partition))
  return {
    existing: { name, partitions: partitions.filter(isThere) },
    refused: { name, partitions: missing.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error })) },
  }
}

/** What the coordinator said, and what it was not asked. */
function merged(decided: readonly AnsweredTopic[], checked: readonly Checked[]): AnsweredTopic[] {
  return checked.map(({ existing, refused: { name, partitions } }) => {
    const own = existing.partitions.length === 0 ? undefined : decided.find((topic) => topic.name === name)
    return { name, partitions: [...(own?.partitions ?? []), ...partitions] }
  })
}

function refused(error: ProtocolError): Response {
  return { errorCode: errorCode(error), topics: [] }
}
