/**
 * An administrator: makes the topics of a story, and while it goes on makes and deletes others, changes configs, and
 * makes, deletes and looks at a group without members.
 */
import { ZERO_UUID } from '@gregor/base'
import {
  type Api,
  CreatePartitions,
  CreateTopics,
  DeleteGroups,
  DeleteTopics,
  IncrementalAlterConfigs,
  OffsetCommit,
  OffsetFetch,
  type RequestInput,
  type ResponseOf,
  errorName,
} from '@gregor/protocol'
import { chance } from '../simulation/seeded-random.ts'
import { topicsToCommit } from './consumer-driver.ts'
import { Driver, attempt, retryBackoffMs } from './driver.ts'
import type { DriverConnection } from './driver-connection.ts'
import type { NodeWorld } from './node-world.ts'

export interface TopicPlan {
  readonly name: string
  readonly partitionCount: number
}

const topicConfig = 2
const setConfig = 0

export class AdminDriver extends Driver {
  readonly #connection: DriverConnection
  #offset = 0
  #topicCount = 0

  constructor(world: NodeWorld) {
    super(world, 'admin')
    this.#connection = this.connect()
  }

  async createTopics(topics: readonly TopicPlan[]): Promise<void> {
    const request = {
      timeoutMs: 2_000,
      topics: topics.map(({ name, partitionCount }) => ({
        name,
        numPartitions: partitionCount,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      })),
    }
    // Created by an attempt whose answer was lost: that is as good.
    await this.insist(this.#connection, CreateTopics, request, (response) =>
      response.topics.every(({ errorCode }) => ['NONE', 'TOPIC_ALREADY_EXISTS'].includes(errorName(errorCode))),
    )
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.pauseBetween(300, 2_000)
      const works = [
        () => this.#topicComesAndGoes(),
        () => this.#alterConfigs(),
        () => this.#growTopic(),
        () => this.#groupComesAndGoes(),
      ]
      await works[this.random.below(works.length)]?.()
    }
  }

  async #topicComesAndGoes(): Promise<void> {
    const name = `extra-${this.#topicCount++}`
    await this.createTopics([{ name, partitionCount: 2 }])
    await this.pauseBetween(0, 500)
    if (chance(this.random, 30)) return
    await this.#insist(DeleteTopics, { topics: [{ name, topicId: ZERO_UUID }], timeoutMs: 2_000 }, (response) =>
      response.responses.map(({ errorCode }) => errorCode),
    )
  }

  /** Segments that roll all the time, or not. */
  async #alterConfigs(): Promise<void> {
    const configs = [
      { name: 'segment.ms', configOperation: setConfig, value: chance(this.random, 50) ? '500' : '600000' },
    ]
    const resources = [{ resourceType: topicConfig, resourceName: 'events', configs }]
    await this.#insist(IncrementalAlterConfigs, { resources, validateOnly: false }, (response) =>
      response.responses.map(({ errorCode }) => errorCode),
    )
  }

  async #growTopic(): Promise<void> {
    const topics = [{ name: 'others', count: 2, assignments: null }]
    await this.#insist(CreatePartitions, { topics, timeoutMs: 2_000, validateOnly: false }, (response) =>
      response.results.map(({ errorCode }) => errorCode),
    )
  }

  /** Commits as somebody who is no member, and deletes the group. */
  async #groupComesAndGoes(): Promise<void> {
    const group = 'simple'
    const [topic] = await this.topics(this.#connection, ['events'])
    if (topic === undefined) return
    for (let commits = this.random.below(4); commits >= 0; commits--) {
      const offsets = [{ topicId: topic.topicId, partition: 0, offset: this.#offset++ }]
      const call = { kind: 'commit offsets', group, member: this.name, epoch: -1, offsets } as const
      const complete = this.history.begin<'commit offsets'>(call)
      const request = { groupId: group, memberId: '', topics: topicsToCommit(offsets) }
      const response = await attempt(this.#connection.call(OffsetCommit, request))
      const code = response?.topics[0]?.partitions[0]?.errorCode
      if (code !== undefined) complete({ errors: [errorName(code)] })
      await this.#lookAt(group, topic.topicId)
    }
    if (chance(this.random, 50)) await this.#deleteGroup(group)
  }

  async #lookAt(group: string, topicId: string): Promise<void> {
    const complete = this.history.begin<'fetch offsets'>({ kind: 'fetch offsets', group })
    const asked = [{ topicId, partition: 0 }]
    const request = { groups: [{ groupId: group, topics: [{ topicId, partitionIndexes: [0] }] }], requireStable: true }
    const response = await attempt(this.#connection.call(OffsetFetch, request))
    const [answer] = response?.groups ?? []
    const partition = answer?.topics[0]?.partitions[0]
    if (answer === undefined || partition === undefined) return
    const error = errorName(answer.errorCode === 0 ? partition.errorCode : answer.errorCode)
    const offset = partition.committedOffset
    complete({ error, asked, offsets: offset === -1 ? [] : [{ topicId, partition: 0, offset }] })
  }

  async #deleteGroup(group: string): Promise<void> {
    const complete = this.history.begin<'delete group'>({ kind: 'delete group', group })
    const response = await attempt(this.#connection.call(DeleteGroups, { groupsNames: [group] }))
    const code = response?.results[0]?.errorCode
    if (code !== undefined) complete({ error: errorName(code) })
  }

  /** Until it is done, or was done by an attempt whose answer was lost. */
  async #insist<A extends Api>(
    api: A,
    request: RequestInput<A>,
    codes: (response: ResponseOf<A>) => readonly number[],
  ): Promise<void> {
    for (;;) {
      const response = await attempt(this.#connection.call(api, request))
      const [error] = response === undefined ? [] : codes(response).map(errorName)
      if (error !== undefined && doneBefore.has(error)) return
      await this.pause(retryBackoffMs)
    }
  }
}

const doneBefore: ReadonlySet<string> = new Set(['NONE', 'UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_PARTITIONS'])
