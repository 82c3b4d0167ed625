/** Groups of the consumer protocol (KIP-848): heartbeats good and bad, two members that share, commits, expressions. */

import {
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  SyncGroup,
  type RequestInput,
  type ResponseOf,
} from '@gregor/protocol'

import { subscriptionTo } from '../classic-talk.ts'
import type { Dialogue, Talk } from '../talk.ts'

type Beat = RequestInput<typeof ConsumerGroupHeartbeat>
type Beaten = ResponseOf<typeof ConsumerGroupHeartbeat>

const joining = { memberEpoch: 0, rebalanceTimeoutMs: 30_000, subscribedTopicNames: ['four'], topicPartitions: [] }
/** As last time. */
const quiet = { rebalanceTimeoutMs: -1, subscribedTopicNames: null, topicPartitions: null }

/** A member as clients are: it owns what it was told, and says so when that has changed. */
export class ConsumerMember {
  readonly memberId: string
  readonly #talk: Talk
  readonly #groupId: string
  epoch = 0
  owned: Beaten['assignment'] = null

  constructor(talk: Talk, memberId: string, groupId: string) {
    this.#talk = talk
    this.memberId = memberId
    this.#groupId = groupId
  }

  join(more: Partial<Beat> = {}): Promise<Beaten> {
    return this.beat({ ...joining, ...more })
  }

  /** Says that it owns what it was told last. */
  confirm(): Promise<Beaten> {
    return this.beat({ topicPartitions: [...(this.owned?.topicPartitions ?? [])] })
  }

  async beat(more: Partial<Beat> = {}): Promise<Beaten> {
    const { memberId, epoch: memberEpoch } = this
    const request: Beat = { groupId: this.#groupId, memberId, memberEpoch, ...quiet, ...more }
    const answer = await this.#talk.ask(memberId, ConsumerGroupHeartbeat, request)
    if (answer.errorCode === 0) this.epoch = answer.memberEpoch
    if (answer.assignment !== null) this.owned = answer.assignment
    return answer
  }
}

export async function describeConsumers(talk: Talk, groupId: string): Promise<void> {
  await talk.ask('observer', ConsumerGroupDescribe, { groupIds: [groupId], includeAuthorizedOperations: false })
}

export const consumerDialogues: readonly Dialogue[] = [
  ...[0, 1].map((version): Dialogue => ({
    title: `heartbeats with values that make no sense (v${version})`,
    async run(talk) {
      await talk.topicId('four')
      const groupId = `bad-beats-v${version}`
      const good = { groupId, memberId: 'm', ...joining }
      const bad: readonly Partial<Beat>[] = [
        { groupId: '' },
        { groupId: ' ' },
        { memberId: '' },
        { memberId: ' ' },
        { memberEpoch: -3 },
        { memberEpoch: 1 },
        { memberEpoch: -1 },
        { memberEpoch: -2 },
        { memberEpoch: -2, instanceId: 'i' },
        { instanceId: '' },
        { instanceId: ' ' },
        { rackId: '' },
        { rackId: ' ' },
        { rebalanceTimeoutMs: -1 },
        { rebalanceTimeoutMs: 0 },
        { rebalanceTimeoutMs: -2 },
        { topicPartitions: null },
        { topicPartitions: [{ topicId: await talk.topicId('four'), partitions: [0] }] },
        { subscribedTopicNames: null },
        { serverAssignor: '' },
        { serverAssignor: 'nobody’s' },
        { serverAssignor: 'UNIFORM' },
        { memberEpoch: 5, memberId: 'other' },
      ]
      for (const each of bad) await talk.ask('a', ConsumerGroupHeartbeat, { ...good, ...each }, { version })
      // The server names some of them in version 0, and what each gets depends on its name.
      if (version > 0) await describeConsumers(talk, groupId)
    },
  })),
  {
    title: 'a member joins, beats, changes its subscription, and leaves',
    async run(talk) {
      const groupId = 'consumer-alone'
      await Promise.all([talk.topicId('four'), talk.topicId('one')])
      const member = new ConsumerMember(talk, 'm1', groupId)
      await member.join()
      await describeConsumers(talk, groupId)
      await member.beat()
      await member.confirm()
      await member.join()
      await member.beat({ memberEpoch: 9 })
      await member.beat({ memberEpoch: 0 })
      await member.beat({ subscribedTopicNames: ['four', 'one', 'no-such-topic'] })
      await member.confirm()
      await member.beat({ subscribedTopicNames: ['one'] })
      await member.confirm()
      await member.beat({ subscribedTopicNames: [] })
      await member.confirm()
      await member.beat({ subscribedTopicNames: ['four'], serverAssignor: 'range' })
      await describeConsumers(talk, groupId)
      await member.beat({ memberEpoch: -1 })
      await member.beat({ memberEpoch: -1 })
      await member.beat()
      await describeConsumers(talk, groupId)
    },
  },
  {
    title: 'a member that the server names (v0)',
    async run(talk) {
      const groupId = 'consumer-named'
      await talk.topicId('four')
      const request = { groupId, memberId: '', ...joining }
      const { memberId } = await talk.ask('a', ConsumerGroupHeartbeat, request, { version: 0 })
      await talk.ask(
        'a',
        ConsumerGroupHeartbeat,
        { ...request, ...quiet, memberId: memberId ?? '', memberEpoch: 1 },
        { version: 0 },
      )
    },
  },
  ...['uniform', 'range'].map((serverAssignor): Dialogue => ({
    title: `two members share four partitions, then a third comes and one goes (${serverAssignor})`,
    async run(talk) {
      const groupId = `consumer-shared-${serverAssignor}`
      await talk.topicId('four')
      const [a, b, c] = ['m1', 'm2', 'm3'].map((id) => new ConsumerMember(talk, id, groupId))
      if (a === undefined || b === undefined || c === undefined) return
      await a.join({ serverAssignor })
      await b.join({ serverAssignor })
      await describeConsumers(talk, groupId)
      // Until the first has given up what is the second's, the second has nothing.
      await b.beat()
      await a.beat()
      await b.beat()
      await a.confirm()
      await b.beat()
      await b.confirm()
      await describeConsumers(talk, groupId)
      await c.join({ serverAssignor })
      for (let round = 0; round < 3; round++) for (const one of [a, b, c]) await one.confirm()
      await describeConsumers(talk, groupId)
      await b.beat({ memberEpoch: -1 })
      for (let round = 0; round < 3; round++) for (const one of [a, c]) await one.confirm()
      await describeConsumers(talk, groupId)
    },
  })),
  {
    title: 'an answer is lost: the member beats again in the epoch before',
    async run(talk) {
      const groupId = 'consumer-lost-answer'
      await talk.topicId('four')
      const [a, b] = [new ConsumerMember(talk, 'm1', groupId), new ConsumerMember(talk, 'm2', groupId)]
      await a.join()
      await b.join()
      await a.beat()
      await a.confirm()
      const owned = a.owned?.topicPartitions ?? []
      await a.beat({ memberEpoch: 1, topicPartitions: [...owned] })
      await a.beat({ memberEpoch: 1, topicPartitions: [] })
      await a.beat({ memberEpoch: 1 })
      await a.beat({
        memberEpoch: 1,
        topicPartitions: [{ topicId: await talk.topicId('four'), partitions: [0, 1, 2, 3] }],
      })
      await a.beat({ memberEpoch: 3 })
    },
  },
  {
    title: 'more members than group.consumer.max.size',
    async run(talk) {
      const groupId = 'consumer-full'
      await talk.topicId('four')
      const members = ['m1', 'm2', 'm3', 'm4', 'm5'].map((id) => new ConsumerMember(talk, id, groupId))
      for (const member of members) await member.join()
      await members[0]?.beat({ memberEpoch: -1 })
      await members[4]?.join()
    },
  },
  {
    title: 'static members: they leave for a while, come back, and are fenced',
    async run(talk) {
      const groupId = 'consumer-static'
      await talk.topicId('four')
      const [first, twin] = [new ConsumerMember(talk, 'm1', groupId), new ConsumerMember(talk, 'm2', groupId)]
      const instanceId = 'i1'
      await first.join({ instanceId })
      await twin.join({ instanceId })
      await twin.beat({ memberEpoch: 1, instanceId: 'i9' })
      await first.beat({ instanceId: 'i9' })
      await first.beat({ instanceId })
      await first.beat({ memberEpoch: -2, instanceId })
      await describeConsumers(talk, groupId)
      await first.beat({ instanceId })
      await twin.join({ instanceId })
      await first.beat({ memberEpoch: 1, instanceId })
      await first.beat({ memberEpoch: -1, instanceId })
      await describeConsumers(talk, groupId)
      await twin.beat({ memberEpoch: -1, instanceId })
      await describeConsumers(talk, groupId)
    },
  },
  {
    title: 'commits and fetches of members, of strangers and of old epochs',
    async run(talk) {
      const groupId = 'consumer-commits'
      const four = await talk.topicId('four')
      const [a, b] = [new ConsumerMember(talk, 'm1', groupId), new ConsumerMember(talk, 'm2', groupId)]
      await a.join()
      const partitions = [0, 3].map((partitionIndex) => ({
        partitionIndex,
        committedOffset: 4,
        committedMetadata: null,
      }))
      const commits = async (): Promise<void> => {
        for (const [memberId, epoch] of [
          ['m1', 0],
          ['m1', 1],
          ['m1', 2],
          ['m1', 9],
          ['m2', 2],
          ['nobody', 1],
          ['', -1],
          ['m1', -1],
        ] as const) {
          const request = { groupId, memberId, generationIdOrMemberEpoch: epoch }
          const topics = [{ name: 'four', topicId: four, partitions }]
          for (const version of [5, 8, 9, 10]) await talk.ask('c', OffsetCommit, { ...request, topics }, { version })
          const groups = [{ groupId, memberId, memberEpoch: epoch, topics: null }]
          await talk.ask('c', OffsetFetch, { groups }, { version: 9 })
        }
        await talk.ask(
          'c',
          OffsetFetch,
          { groups: [{ groupId, memberId: null, memberEpoch: -1, topics: null }] },
          { version: 9 },
        )
      }
      await commits()
      await b.join()
      await a.beat()
      await commits()
      await a.confirm()
      await b.beat()
      await commits()
      const topics = ['four', 'one'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }))
      await talk.ask('d', OffsetDelete, { groupId, topics })
      await a.beat({ memberEpoch: -1 })
      await b.beat({ memberEpoch: -1 })
      await talk.ask('d', OffsetDelete, { groupId, topics })
      await commits()
    },
  },
  {
    title: 'regular expressions: as RE2 has them, resolved and changed, and invalid ones',
    async run(talk) {
      const groupId = 'consumer-regex'
      await talk.topicId('four')
      const member = new ConsumerMember(talk, 'm1', groupId)
      for (const regex of ['(', '[a', 'a{2,1}', '(?<=a)b', '(a)\\1', 'a**', '\\', '*', '(?P<n>x)(?P<n>y)', '(?=x)']) {
        await member.join({ subscribedTopicNames: null, subscribedTopicRegex: regex })
      }
      await member.join({ subscribedTopicNames: null, subscribedTopicRegex: 'fo.*' })
      await assigned(talk, groupId, member, 4)
      await member.beat({ subscribedTopicRegex: '' })
      await member.confirm()
      await member.beat({ subscribedTopicNames: [], subscribedTopicRegex: null })
      await member.beat({ memberEpoch: -1 })
      const other = new ConsumerMember(talk, 'm2', groupId)
      await other.join({ subscribedTopicNames: null, subscribedTopicRegex: null })
      await other.join({ subscribedTopicNames: null, subscribedTopicRegex: '' })
      await other.join({ subscribedTopicNames: [], subscribedTopicRegex: '' })
    },
  },
  {
    title: 'requests of the classic protocol to a consumer group, of members and of strangers',
    async run(talk) {
      const groupId = 'consumer-classic-requests'
      await talk.topicId('four')
      const member = new ConsumerMember(talk, 'm1', groupId)
      await member.join()
      for (const memberId of ['', 'm1', 'nobody']) {
        await talk.ask('a', Heartbeat, { groupId, generationId: 1, memberId })
        await talk.ask('a', SyncGroup, {
          groupId,
          generationId: 1,
          memberId,
          protocolType: 'consumer',
          protocolName: 'range',
          assignments: [],
        })
        await talk.ask('a', LeaveGroup, { groupId, memberId: '', members: [{ memberId }] })
      }
      await describeConsumers(talk, groupId)
      await member.join()
      const join = { groupId, sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, memberId: '' }
      const protocols = [{ name: 'range', metadata: subscriptionTo('four') }]
      await talk.ask('a', JoinGroup, { ...join, protocolType: 'connect', protocols })
      await talk.ask('a', JoinGroup, { ...join, protocolType: 'consumer', protocols: [] })
      await talk.ask('a', JoinGroup, {
        ...join,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      })
    },
  },
]

/** Expressions are resolved some time after the heartbeat: beats until so many partitions are there. */
async function assigned(talk: Talk, groupId: string, member: ConsumerMember, count: number): Promise<void> {
  await talk.until(
    'observer',
    ConsumerGroupDescribe,
    { groupIds: [groupId], includeAuthorizedOperations: false },
    ({ groups }) => groups[0]?.groupEpoch === 2,
  )
  for (let beats = 0; beats < 5 && partitionCount(member) !== count; beats++) await member.beat()
}

function partitionCount({ owned }: ConsumerMember): number {
  return (owned?.topicPartitions ?? []).reduce((sum, { partitions }) => sum + partitions.length, 0)
}
