/**
 * DeleteTopics (20): by name or, from version 6 on, by id (KIP-516). Who may not describe a topic is not told whether
 * it is there. A deleted topic takes its partitions and configs with it.
 */
import { ZERO_UUID } from '@gregor/base'
import type { TopicImage } from '@gregor/metadata'
import { DeleteTopics } from '@gregor/protocol'
import type { MetadataRecordInput, RequestOf, ResponseInput } from '@gregor/protocol'
import { errorFields, plainProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { defineControllerHandler, refusal } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { clusterResource } from './controller-options.ts'

type DeletionRequest = RequestOf<typeof DeleteTopics>
type DeletionResult = ResponseInput<typeof DeleteTopics>['responses'][number]

/** One thing that was asked for. Name null: by id; id zero: by name. */
interface Wanted {
  readonly name: string | null
  readonly topicId: string
}

export const deleteTopics = defineControllerHandler(DeleteTopics, {
  decide(request, asked) {
    if (!asked.config.get('delete.topic.enable')) {
      return refusal(
        asked.apiVersion < 3
          ? problem('INVALID_REQUEST', 'This version does not support topic deletion.')
          : problem('TOPIC_DELETION_DISABLED'),
      )
    }
    const deletion = new Deletion(wantedIn(request), asked)
    return { response: { responses: deletion.results }, records: deletion.records }
  },
  refuse: (request, found) => ({
    responses: wantedIn(request).map(({ name, topicId }) => ({ name: name ?? null, topicId, ...found })),
  }),
})

function wantedIn({ topics, topicNames }: DeletionRequest): readonly Wanted[] {
  return [...topicNames.map((name) => ({ name, topicId: ZERO_UUID })), ...topics]
}

class Deletion {
  readonly results: DeletionResult[] = []
  readonly records: MetadataRecordInput[] = []
  readonly #asked: Asked
  readonly #mayDeleteAll: boolean
  readonly #byName: ReadonlyMap<string | null, readonly Wanted[]>
  readonly #byId: ReadonlyMap<string, readonly Wanted[]>

  constructor(wanted: readonly Wanted[], asked: Asked) {
    this.#asked = asked
    this.#mayDeleteAll = asked.context.allows('Delete', clusterResource)
    this.#byName = Map.groupBy(
      wanted.filter(({ topicId }) => topicId === ZERO_UUID),
      ({ name }) => name,
    )
    this.#byId = Map.groupBy(
      wanted.filter(({ name }) => name === null),
      ({ topicId }) => topicId,
    )
    for (const one of wanted) this.#decide(one)
  }

  #decide(wanted: Wanted): void {
    const { name, topicId } = wanted
    if (name !== null && topicId !== ZERO_UUID) {
      this.#refuse(wanted, problem('INVALID_REQUEST', 'You may not specify both topic name and topic id.'))
    } else if (name === null && topicId === ZERO_UUID) {
      this.#refuse(wanted, problem('INVALID_REQUEST', 'Neither topic name nor id were specified.'))
    } else if (name === null) {
      this.#decideById(wanted, this.#byId.get(topicId) ?? [])
    } else {
      this.#decideByName(wanted, name, this.#byName.get(name) ?? [])
    }
  }

  #decideById(wanted: Wanted, same: readonly Wanted[]): void {
    // What comes twice is answered once.
    if (same[0] !== wanted) return
    const topic = this.#asked.image.topics.byId.get(wanted.topicId)
    if (same.length > 1) this.#refuse(wanted, problem('INVALID_REQUEST', 'Duplicate topic id.'))
    else if (topic === undefined) this.#refuse(wanted, plainProblem('UNKNOWN_TOPIC_ID'))
    else if (this.#mayDelete(topic.name)) {
      // Asked for by name, too: answered there.
      if (!this.#byName.has(topic.name)) this.#delete(topic)
    } else {
      const name = this.#mayDescribe(topic.name) ? topic.name : null
      this.#refuse({ name, topicId: topic.id }, plainProblem('TOPIC_AUTHORIZATION_FAILED'))
    }
  }

  #decideByName(wanted: Wanted, name: string, same: readonly Wanted[]): void {
    if (same[0] !== wanted) return
    const topic = this.#asked.image.topics.byName.get(name)
    if (same.length > 1) this.#refuse(wanted, problem('INVALID_REQUEST', 'Duplicate topic name.'))
    else if (!this.#mayDescribe(name)) this.#refuse(wanted, plainProblem('TOPIC_AUTHORIZATION_FAILED'))
    else if (topic === undefined) this.#refuse(wanted, plainProblem('UNKNOWN_TOPIC_OR_PARTITION'))
    else if (!this.#mayDelete(name)) this.#refuse(wanted, plainProblem('TOPIC_AUTHORIZATION_FAILED'))
    else if (this.#byId.has(topic.id)) {
      const text = 'The provided topic name maps to an ID that was already supplied.'
      this.#refuse({ name, topicId: topic.id }, problem('INVALID_REQUEST', text))
    } else this.#delete(topic)
  }

  #delete({ id: topicId, name, partitions }: TopicImage): void {
    if (!this.#asked.context.chargeMutations(partitions.length)) {
      this.#refuse({ name, topicId }, plainProblem('THROTTLING_QUOTA_EXCEEDED'))
      return
    }
    this.records.push({ type: 'RemoveTopicRecord', topicId })
    this.results.push({ name, topicId, ...errorFields(undefined) })
  }

  #refuse({ name, topicId }: Wanted, found: ApiProblem): void {
    this.results.push({ name, topicId, ...errorFields(found) })
  }

  #mayDescribe(name: string): boolean {
    return this.#mayDeleteAll || this.#asked.context.allows('Describe', { type: 'topic', name })
  }

  #mayDelete(name: string): boolean {
    return this.#mayDeleteAll || this.#asked.context.allows('Delete', { type: 'topic', name })
  }
}
