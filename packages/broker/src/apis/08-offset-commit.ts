/**
 * OffsetCommit (key 8): a group remembers how far it has come. What names no partition that exists, or that the client
 * may not read, is answered here; the group’s coordinator decides about the rest.
 * v2 no expiry of its own · v6 leader epochs · v7 static members · v9 member epochs (KIP-848) · v10 topic ids (KIP-516)
 */
import type { GroupReplies } from '@gregor/coordinators'
import type { Answer } from '@gregor/machine'
import type { Logger } from '@gregor/platform'
import { errorCode, OffsetCommit } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { CoordinatorError, coordinatorFailure } from '../coordination/coordinator-shard.ts'
import { coordinatorRefusal, groupContext } from '../coordination/group-requests.ts'
import { isAllowed, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler, LateResponse } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof OffsetCommit>
type Response = ResponseInput<typeof OffsetCommit>
type Topic = Request['topics'][number]
type PartitionAnswer = Response['topics'][number]['partitions'][number]

const idsSince = 10

export const offsetCommit = defineHandler(OffsetCommit, {
  handle(request, context, services) {
    if (!isAllowed(services, context, 'READ', { type: 'GROUP', name: request.groupId })) {
      return refuseAll(request, 'GROUP_AUTHORIZATION_FAILED')
    }
    const checked: Checked[] = []
    const passed: Topic[] = []
    for (const topic of request.topics) {
      if (topic.partitions.length === 0) continue
      const one = check(topic, context, services)
      checked.push(one)
      if (one.passing !== undefined) passed.push(one.passing)
    }
    if (passed.length === 0) return { topics: merged(checked, []) }
    return new Committing({ ...request, topics: passed }, checked, services.logger).begin(context, services)
  },
  readsAtOnce: true,
  gathers: 'decisions',
  refuse: (request, error) => refuseAll(request, error),
})

/** A commit that waits until it is written, with those of other groups that came in the same turn. */
class Committing extends LateResponse<Response> implements Answer<GroupReplies['OffsetCommit']> {
  readonly #request: Request
  readonly #checked: readonly Checked[]
  readonly #logger: Logger

  /** @param request - of what has passed the checks, in their order. */
  constructor(request: Request, checked: readonly Checked[], logger: Logger) {
    super()
    this.#request = request
    this.#checked = checked
    this.#logger = logger
  }

  begin(context: RequestContext, { groups }: Services): this {
    const event = { type: 'OffsetCommit', request: this.#request, context: groupContext(context) } as const
    try {
      groups.hand<'OffsetCommit'>(this.#request.groupId, event, this)
    } catch (error) {
      this.#respondWith(refuseAll(this.#request, coordinatorRefusal(error)).topics)
    }
    return this
  }

  resolve({ topics }: GroupReplies['OffsetCommit']): void {
    this.#respondWith(topics)
  }

  /** Anything but a failure of the coordinator is a bug, and nobody else would tell of it. */
  reject(reason: Error): void {
    const failure = coordinatorFailure(reason)
    if (!(failure instanceof CoordinatorError)) this.#logger.error('OffsetCommit failed', { error: reason })
    const error = failure instanceof CoordinatorError ? failure.error : 'UNKNOWN_SERVER_ERROR'
    this.#respondWith(refuseAll(this.#request, error).topics)
  }

  #respondWith(stored: Response['topics']): void {
    this.respond({ topics: merged(this.#checked, stored) })
  }
}

/** What the coordinator said, in the order it was asked in, among what it was not asked. */
function merged(checked: readonly Checked[], stored: Response['topics']): Response['topics'] {
  let next = 0
  return checked.map(({ asked, passing, errors }) => {
    const { name, topicId } = asked
    const decided = passing === undefined ? [] : (stored[next++]?.partitions ?? [])
    if (errors.size === 0) return { name, topicId, partitions: decided }
    let place = 0
    const partitions = asked.partitions.map(({ partitionIndex }): PartitionAnswer => {
      const refusal = errors.get(partitionIndex)
      if (refusal !== undefined) return { partitionIndex, errorCode: errorCode(refusal) }
      return decided[place++] ?? { partitionIndex, errorCode: errorCode('UNKNOWN_SERVER_ERROR') }
    })
    return { name, topicId, partitions }
  })
}

interface Checked {
  readonly asked: Topic
  /** With name and id, and only the partitions that exist; `undefined`: none. */
  readonly passing: Topic | undefined
  readonly errors: ReadonlyMap<number, ProtocolError>
}

function check(asked: Topic, context: RequestContext, services: Services): Checked {
  const { topics } = services.metadata.image
  const byId = context.apiVersion >= idsSince
  const known = byId ? topics.byId.get(asked.topicId) : topics.byName.get(asked.name)
  const all = (error: ProtocolError): Checked => ({
    asked,
    passing: undefined,
    errors: new Map(asked.partitions.map(({ partitionIndex }) => [partitionIndex, error])),
  })
  if (byId && known === undefined) return all('UNKNOWN_TOPIC_ID')
  const name = known?.name ?? asked.name
  if (!isAllowedOnTopic(services, context, 'READ', name)) return all('TOPIC_AUTHORIZATION_FAILED')
  if (known === undefined) return all('UNKNOWN_TOPIC_OR_PARTITION')
  if (asked.partitions.every(({ partitionIndex }) => known.partitions[partitionIndex] !== undefined)) {
    return { asked, passing: { name, topicId: known.id, partitions: asked.partitions }, errors: noErrors }
  }
  const existing = asked.partitions.filter(({ partitionIndex }) => known.partitions[partitionIndex] !== undefined)
  const missing = asked.partitions.filter(({ partitionIndex }) => known.partitions[partitionIndex] === undefined)
  return {
    asked,
    passing: existing.length === 0 ? undefined : { name, topicId: known.id, partitions: existing },
    errors: new Map(missing.map(({ partitionIndex }) => [partitionIndex, 'UNKNOWN_TOPIC_OR_PARTITION'])),
  }
}

const noErrors: ReadonlyMap<number, ProtocolError> = new Map()

function refuseAll(request: Request, error: ProtocolError): Response {
  return {
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCode(error) })),
    })),
  }
}
