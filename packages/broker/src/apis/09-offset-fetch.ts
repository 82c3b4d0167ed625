/**
 * OffsetFetch (key 9): how far groups have come. Null topics ask for all a group has.
 * v2 an error for the whole · v7 only stable offsets (KIP-447) · v8 many groups (KIP-709) · v9 members (KIP-848) · v10 ids
 */
import { ZERO_UUID } from '@gregor/base'
import type { OffsetFetchGroup } from '@gregor/coordinators'
import { errorCode, OffsetFetch } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { coordinatorRefusal } from '../coordination/group-requests.ts'
import { isAllowed, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof OffsetFetch>
type Response = ResponseInput<typeof OffsetFetch>
type GroupAnswer = NonNullable<Response['groups']>[number]
type TopicAnswer = GroupAnswer['topics'][number]
type AskedTopic = NonNullable<OffsetFetchGroup['topics']>[number]

const batchedSince = 8
const idsSince = 10

export const offsetFetch = defineHandler(OffsetFetch, {
  async handle(request, context, services) {
    const answers = await Promise.all(
      groupsOf(request, context.apiVersion).map((group) => fetchGroup(group, request.requireStable, context, services)),
    )
    return answered(answers, context.apiVersion)
  },
  refuse: (request, error, context) =>
    answered(
      groupsOf(request, context.apiVersion).map((group) => refused(group, error)),
      context.apiVersion,
    ),
})

/** One group, in the form of version 8. */
function groupsOf(request: Request, version: number): readonly OffsetFetchGroup[] {
  if (version >= batchedSince) return request.groups
  const topics =
    request.topics?.map(({ name, partitionIndexes }) => ({ name, topicId: ZERO_UUID, partitionIndexes })) ?? null
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics }]
}

async function fetchGroup(
  group: OffsetFetchGroup,
  requireStable: boolean,
  context: RequestContext,
  services: Services,
): Promise<GroupAnswer> {
  if (!isAllowed(services, context, 'DESCRIBE', { type: 'GROUP', name: group.groupId })) {
    return refused(group, 'GROUP_AUTHORIZATION_FAILED')
  }
  const checked = group.topics?.map((topic) => check(topic, context, services))
  const passing = checked?.filter(({ error }) => error === 'NONE').map(({ topic }) => topic) ?? null
  try {
    const event = { type: 'OffsetFetch', group: { ...group, topics: passing }, requireStable } as const
    const answer = await services.groups.submit<'OffsetFetch'>(group.groupId, event)
    if ((answer.errorCode ?? 0) !== 0) return answer
    const denied =
      checked?.filter(({ error }) => error !== 'NONE').map(({ topic, error }) => refusedTopic(topic, error)) ?? []
    const visible = group.topics === null ? shown(answer.topics, context, services) : answer.topics
    return { ...answer, topics: [...visible, ...denied] }
  } catch (error) {
    return refused(group, coordinatorRefusal(error))
  }
}

/** With the name that belongs to an id. */
function check(
  topic: AskedTopic,
  context: RequestContext,
  services: Services,
): { readonly topic: AskedTopic; readonly error: ProtocolError } {
  const { topics } = services.metadata.image
  const name = context.apiVersion >= idsSince ? topics.byId.get(topic.topicId)?.name : topic.name
  if (name === undefined) return { topic, error: 'UNKNOWN_TOPIC_ID' }
  const isPermitted = isAllowedOnTopic(services, context, 'DESCRIBE', name)
  return { topic: { ...topic, name }, error: isPermitted ? 'NONE' : 'TOPIC_AUTHORIZATION_FAILED' }
}

/** Of all that a group has: what the client may see, and, in versions that know topics by their ids, what has one still. */
function shown(topics: readonly TopicAnswer[], context: RequestContext, services: Services): readonly TopicAnswer[] {
  const { byName } = services.metadata.image.topics
  const visible = topics.filter(({ name = '' }) => isAllowedOnTopic(services, context, 'DESCRIBE', name))
  if (context.apiVersion < idsSince) return visible
  return visible.flatMap((topic) => {
    const topicId = byName.get(topic.name ?? '')?.id
    return topicId === undefined ? [] : [{ ...topic, topicId }]
  })
}

function refusedTopic({ name, topicId, partitionIndexes }: AskedTopic, error: ProtocolError): TopicAnswer {
  return {
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      committedLeaderEpoch: -1,
      metadata: '',
      errorCode: errorCode(error),
    })),
  }
}

function refused({ groupId, topics }: OffsetFetchGroup, error: ProtocolError): GroupAnswer {
  return { groupId, topics: (topics ?? []).map((topic) => refusedTopic(topic, error)), errorCode: errorCode(error) }
}

function answered(groups: readonly GroupAnswer[], version: number): Response {
  if (version >= batchedSince)
    return {
      groups: groups.map((group) => ((group.errorCode ?? 0) === 0 ? group : { ...group, topics: [] })),
      topics: [],
    }
  const [only] = groups
  const topics = (only?.topics ?? []).map(({ name = '', partitions }) => ({ name, partitions }))
  return { topics, errorCode: only?.errorCode ?? 0 }
}
