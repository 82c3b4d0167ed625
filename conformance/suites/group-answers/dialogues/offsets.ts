/** OffsetCommit, OffsetFetch and OffsetDelete, in every version and by everybody. */

import { CreateTopics, DeleteTopics, OffsetCommit, OffsetDelete, OffsetFetch } from '@gregor/protocol'

import { alone, assignmentOf, ClassicClient, shareWith } from '../classic-talk.ts'
import type { Dialogue, Talk } from '../talk.ts'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
const unknownId = 'c0FEBABEc0FEBABEc0FEBA'

interface Commit {
  readonly groupId: string
  readonly topic?: string
  readonly memberId?: string
  readonly generation?: number
  readonly version?: number
  readonly partition?: number
  readonly offset?: number
  readonly metadata?: string | null
}

async function commit(talk: Talk, given: Commit): Promise<void> {
  const { groupId, topic = 'four', memberId = '', generation = -1, version = 9 } = given
  const { partition = 0, offset = 5, metadata = 'm' } = given
  const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }]
  const named = version >= 10 ? { topicId: await talk.topicId(topic) } : { name: topic }
  const request = { groupId, memberId, generationIdOrMemberEpoch: generation, topics: [{ ...named, partitions }] }
  await talk.ask('c', OffsetCommit, request, { version })
}

async function fetch(talk: Talk, groupId: string, version = 9): Promise<void> {
  const asked = [
    ['four', [0, 1, 9]],
    ['one', [0]],
    ['no-such-topic', [0]],
  ] as const
  if (version < 8) {
    const topics = asked.map(([name, indexes]) => ({ name, partitionIndexes: [...indexes] }))
    await talk.ask('f', OffsetFetch, { groupId, topics, groups: [] }, { version })
    if (version >= 2) await talk.ask('f', OffsetFetch, { groupId, topics: null, groups: [] }, { version })
    return
  }
  const topics = []
  for (const [name, indexes] of asked) {
    const topicId = version >= 10 ? await talk.topicId(name) : undefined
    topics.push({ ...(topicId === undefined ? { name } : { topicId }), partitionIndexes: [...indexes] })
  }
  for (const each of [topics, null, []]) {
    await talk.ask('f', OffsetFetch, { groups: [{ groupId, topics: each }] }, { version })
  }
}

const fetchVersions = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

export const offsetDialogues: readonly Dialogue[] = [
  ...[2, 3, 4, 5, 6, 7, 8, 9, 10].map((version): Dialogue => ({
    title: `offsets of a group without members (OffsetCommit v${version})`,
    async run(talk) {
      const groupId = `simple-v${version}`
      await commit(talk, { groupId, version })
      await commit(talk, { groupId, version, partition: 1, metadata: null })
      await commit(talk, { groupId, version, partition: 1, offset: 0, metadata: '' })
      await commit(talk, { groupId, version, partition: 4 })
      await commit(talk, { groupId, version, partition: -1 })
      await commit(talk, { groupId, version, topic: 'one', offset: 2 ** 40 })
      await commit(talk, { groupId, version, topic: 'one', metadata: 'x'.repeat(4096) })
      await commit(talk, { groupId, version, topic: 'one', metadata: 'x'.repeat(4097) })
      await commit(talk, { groupId, version, topic: 'one', metadata: '\u{1f600}'.repeat(2048) })
      await commit(talk, { groupId, version, topic: 'one', offset: -1 })
      await commit(talk, { groupId, version, topic: 'one', offset: -5 })
      await commit(talk, { groupId, version, memberId: 'made up' })
      await commit(talk, { groupId, version, generation: 0 })
      await commit(talk, { groupId, version, memberId: 'made up', generation: 3 })
      await commit(talk, { groupId: `${groupId}-unknown`, version, memberId: 'made up', generation: 3 })
      await commit(talk, { groupId: `${groupId}-unknown`, version, memberId: 'made up' })
      await commit(talk, { groupId: '', version })
      await talk.ask('c', OffsetCommit, { groupId, memberId: '', topics: [] }, { version })
      for (const one of fetchVersions) await fetch(talk, groupId, one)
    },
  })),
  ...fetchVersions.map((version): Dialogue => ({
    title: `offsets that are not there (OffsetFetch v${version})`,
    async run(talk) {
      await fetch(talk, 'no-such-group', version)
      await fetch(talk, '', version)
    },
  })),
  {
    title: 'topics that are not there, and ids that are nobody’s',
    async run(talk) {
      const groupId = 'unknown-topics'
      const partitions = [0, 1].map((partitionIndex) => ({
        partitionIndex,
        committedOffset: 1,
        committedMetadata: null,
      }))
      const request = { groupId, memberId: '' }
      const topics = [
        { name: 'no-such-topic', partitions },
        { name: 'one', partitions },
        { name: '', partitions },
        { name: 'four', partitions: [] },
      ]
      await talk.ask('c', OffsetCommit, { ...request, topics }, { version: 9 })
      const four = await talk.topicId('four')
      const byId = [unknownId, zeroId, four].map((topicId) => ({ topicId, partitions }))
      await talk.ask('c', OffsetCommit, { ...request, topics: byId }, { version: 10 })
      await fetch(talk, groupId, 10)
    },
  },
  {
    title: 'the same partition twice, and the same topic twice',
    async run(talk) {
      const groupId = 'twice'
      const partition = (partitionIndex: number, committedOffset: number) => {
        return { partitionIndex, committedOffset, committedMetadata: null, committedLeaderEpoch: 3 }
      }
      const topics = [
        { name: 'four', partitions: [partition(0, 1), partition(0, 2), partition(2, 3)] },
        { name: 'four', partitions: [partition(1, 4)] },
      ]
      await talk.ask('c', OffsetCommit, { groupId, memberId: '', topics }, { version: 9 })
      await fetch(talk, groupId, 7)
      await fetch(talk, groupId, 9)
    },
  },
  {
    title: 'many groups in one OffsetFetch',
    async run(talk) {
      await commit(talk, { groupId: 'many-1' })
      await commit(talk, { groupId: 'many-2', topic: 'one' })
      for (const version of [8, 9]) {
        const groups = ['many-1', 'many-2', 'many-3', ''].map((groupId) => ({ groupId, topics: null }))
        await talk.ask('f', OffsetFetch, { groups }, { version })
        await talk.ask('f', OffsetFetch, { groups, requireStable: true }, { version })
        await talk.ask('f', OffsetFetch, { groups: [] }, { version })
      }
    },
  },
  {
    title: 'OffsetFetch 9 of members of a classic group',
    async run(talk) {
      const groupId = 'classic-fetchers'
      const client = new ClassicClient(talk, 'a', { groupId })
      await alone(client)
      for (const [memberId, memberEpoch] of [
        [client.memberId, 1],
        [client.memberId, 7],
        ['made up', 1],
        [null, -1],
      ] as const) {
        await talk.ask('a', OffsetFetch, { groups: [{ groupId, memberId, memberEpoch, topics: null }] }, { version: 9 })
      }
    },
  },
  ...[2, 5, 7, 9, 10].map((version): Dialogue => ({
    title: `commits of members while their group rebalances (OffsetCommit v${version})`,
    async run(talk) {
      const groupId = `rebalancing-v${version}`
      const a = new ClassicClient(talk, 'a', { groupId })
      const b = new ClassicClient(talk, 'b', { groupId })
      await alone(a)
      await b.joinOnce()
      const waiting = b.joinOnce()
      await a.untilRebalance()
      const of = ({ memberId, generationId }: ClassicClient) => ({
        groupId,
        version,
        memberId,
        generation: generationId,
      })
      await commit(talk, of(a))
      await commit(talk, { ...of(a), memberId: b.memberId })
      await Promise.all([a.joinOnce(), waiting])
      await commit(talk, of(a))
      await commit(talk, of(b))
      await commit(talk, { ...of(a), generation: 1 })
      await a.sync([{ memberId: a.memberId, assignment: assignmentOf('four', 0) }])
      await commit(talk, of(a))
      await commit(talk, of(b))
      await commit(talk, { groupId, version })
      await commit(talk, { groupId, version, memberId: a.memberId })
      await fetch(talk, groupId)
    },
  })),
  {
    title: 'OffsetDelete: of what is read, of what is not, and of what is not there',
    async run(talk) {
      const ask = async (groupId: string, topics: readonly { name: string; partitions: readonly number[] }[]) => {
        const asked = topics.map(({ name, partitions }) => {
          return { name, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }
        })
        await talk.ask('d', OffsetDelete, { groupId, topics: asked })
        await fetch(talk, groupId)
      }
      const all = [
        { name: 'four', partitions: [0, 1, 8] },
        { name: 'one', partitions: [0] },
        { name: 'no-such-topic', partitions: [0] },
      ]
      await ask('', all)
      await ask('no-such-group', all)
      const groupId = 'deleted-from'
      await commit(talk, { groupId })
      await commit(talk, { groupId, topic: 'one' })
      await ask(groupId, [])
      await ask(groupId, all.slice(1))
      const client = new ClassicClient(talk, 'a', { groupId })
      await alone(client)
      await commit(talk, { groupId, topic: 'one', memberId: client.memberId, generation: 1 })
      await commit(talk, { groupId, memberId: client.memberId, generation: 1 })
      await ask(groupId, all)
      await client.leave()
      await ask(groupId, all)
      await ask(groupId, all)
    },
  },
  {
    title: 'OffsetDelete of a group of another type, with members and without',
    async run(talk) {
      const groupId = 'deleted-from-connect'
      const more = { protocolType: 'connect', protocols: [{ name: 'default', metadata: Buffer.from('x') }] }
      const client = new ClassicClient(talk, 'a', { groupId, more })
      await client.join()
      const topics = [{ name: 'one', partitions: [{ partitionIndex: 0 }] }]
      await talk.ask('d', OffsetDelete, { groupId, topics })
      await client.leave()
      await talk.ask('d', OffsetDelete, { groupId, topics })
    },
  },
  {
    title: 'offsets go with their topic, and a topic of the same name has none',
    async run(talk) {
      const groupId = 'of-what-is-gone'
      await commit(talk, { groupId, topic: 'gone' })
      await commit(talk, { groupId, topic: 'one' })
      const topicId = await talk.topicId('gone')
      const timeoutMs = 10_000
      await talk.ask(
        'admin',
        DeleteTopics,
        { topics: [{ name: 'gone', topicId: zeroId }], timeoutMs },
        { part: () => 'deleted' },
      )
      const groups = [{ groupId, topics: null }]
      await talk.until('f', OffsetFetch, { groups }, ({ groups: [group] }) => group?.topics.length === 1, {
        version: 9,
      })
      const byId = [{ groupId, topics: [{ topicId, partitionIndexes: [0] }] }]
      await talk.ask('f', OffsetFetch, { groups: byId }, { version: 10 })
      const again = { name: 'gone', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
      await talk.ask('admin', CreateTopics, { topics: [again], timeoutMs }, { part: () => 'made again' })
      await talk.ask('f', OffsetFetch, { groups }, { version: 9 })
    },
  },
  {
    title: 'a group that was shared keeps its offsets when all have left',
    async run(talk) {
      const groupId = 'kept'
      const [a, b] = [new ClassicClient(talk, 'a', { groupId }), new ClassicClient(talk, 'b', { groupId })]
      await alone(a)
      await shareWith(a, b)
      await commit(talk, { groupId, memberId: a.memberId, generation: 2, offset: 7 })
      await commit(talk, { groupId, memberId: b.memberId, generation: 2, partition: 1, offset: 8 })
      await b.leave()
      await a.leave()
      await fetch(talk, groupId, 10)
      await commit(talk, { groupId, offset: 2 })
      await fetch(talk, groupId, 10)
    },
  },
]
