import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@gregor/protocol'
import { ConsumerWorld, imageWith, settle, TestConsumer, topicIdOf } from '../consumer-fixture.ts'
import { contextOf } from '../group-fixture.ts'

const reads = { topics: ['t'] }
const day = 24 * 3_600_000
const topicId = topicIdOf('t')

/** `a` has 0 and 1 since epoch 3, and 2 and 3 belong to `b`. */
function pair(): { world: ConsumerWorld; a: TestConsumer; b: TestConsumer } {
  const world = new ConsumerWorld({ t: 4, u: 1 })
  const [a, b] = [new TestConsumer(world, 'a', reads), new TestConsumer(world, 'b', reads)]
  settle([a, b])
  return { world, a, b }
}

function commitInTransaction(world: ConsumerWorld, more: { generationId?: number; memberId?: string; name?: string }) {
  const { name = 't', ...rest } = more
  const partition = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null }
  const request = {
    transactionalId: 'x',
    groupId: 'g',
    producerId: 7,
    producerEpoch: 1,
    generationId: -1,
    memberId: '',
    groupInstanceId: null,
    ...rest,
    topics: [{ name, partitions: [partition] }],
  }
  const { topics } = world.send({ type: 'TxnOffsetCommit', request, context: contextOf(3) })
  return errorName(topics[0]?.partitions[0]?.errorCode ?? 0)
}

describe('A commit in a consumer group', () => {
  it('is taken from a member in its epoch, and from nobody else', () => {
    const { world, a } = pair()
    const commit = (memberId: string, generationId: number) =>
      world.commit({ memberId, generationId, topicId, offsets: { 0: 1 } })
    assert.equal(commit('a', a.epoch), 'NONE')
    assert.equal(commit('a', a.epoch + 1), 'STALE_MEMBER_EPOCH')
    assert.equal(commit('x', a.epoch), 'UNKNOWN_MEMBER_ID')
    assert.equal(commit('', -1), 'UNKNOWN_MEMBER_ID')
  })

  it('is not taken in versions that do not know member epochs', () => {
    const { world, a } = pair()
    const commit = { memberId: 'a', generationId: a.epoch, topicId, offsets: { 0: 1 } }
    assert.equal(world.commit({ ...commit, apiVersion: 8 }), 'UNSUPPORTED_VERSION')
    assert.equal(world.commit({ ...commit, apiVersion: 9 }), 'NONE')
  })

  it('of an earlier epoch is taken for what was its own already then', () => {
    const { world, a } = pair()
    new TestConsumer(world, 'c', reads).beat()
    a.beat()
    a.beat()
    assert.equal(a.epoch, 4)
    const commit = (generationId: number, partition: number) =>
      world.commit({ memberId: 'a', generationId, topicId, offsets: { [partition]: 1 } })
    assert.deepEqual([commit(3, 0), commit(2, 0), commit(1, 0)], ['NONE', 'NONE', 'STALE_MEMBER_EPOCH'])
    assert.equal(commit(3, 3), 'STALE_MEMBER_EPOCH')
  })

  it('of an earlier epoch is taken for what it is giving up', () => {
    const { world, a, b } = pair()
    const c = new TestConsumer(world, 'c', reads)
    c.beat()
    const told = b.beat()
    assert.deepEqual(told.assigned, { t: [2] })
    assert.equal(world.commit({ memberId: 'b', generationId: b.epoch, topicId, offsets: { 3: 1 } }), 'NONE')
    a.beat()
  })

  it('is taken from anybody while the group is empty', () => {
    const { world, a, b } = pair()
    a.leave()
    b.leave()
    assert.equal(world.commit({ topicId, offsets: { 0: 1 } }), 'NONE')
  })

  it('in a transaction is taken without a member, or from one in its epoch', () => {
    const { world, a } = pair()
    assert.equal(commitInTransaction(world, {}), 'NONE')
    assert.equal(commitInTransaction(world, { memberId: 'a', generationId: a.epoch }), 'NONE')
    assert.equal(commitInTransaction(world, { memberId: 'a', generationId: a.epoch - 1 }), 'NONE')
    assert.equal(commitInTransaction(world, { memberId: 'a', generationId: a.epoch + 1 }), 'ILLEGAL_GENERATION')
    assert.equal(commitInTransaction(world, { memberId: 'a', generationId: 2, name: 'x' }), 'ILLEGAL_GENERATION')
    assert.equal(commitInTransaction(world, { memberId: 'x', generationId: a.epoch }), 'UNKNOWN_MEMBER_ID')
  })
})

describe('A fetch of offsets in a consumer group', () => {
  it('is checked where the client says who it is', () => {
    const { world, a } = pair()
    const fetch = (memberId: string | null, memberEpoch: number) => {
      const group = { groupId: 'g', memberId, memberEpoch, topics: null }
      return errorName(world.send({ type: 'OffsetFetch', group, requireStable: false }).errorCode ?? 0)
    }
    assert.equal(fetch(null, -1), 'NONE')
    assert.equal(fetch('a', a.epoch), 'NONE')
    assert.equal(fetch('a', a.epoch - 1), 'STALE_MEMBER_EPOCH')
    assert.equal(fetch('x', a.epoch), 'UNKNOWN_MEMBER_ID')
    assert.equal(fetch(null, 3), 'UNKNOWN_MEMBER_ID')
  })
})

describe('Offsets of a consumer group', () => {
  it('expire where nobody reads the topic, from the commit on', () => {
    const { world, a, b } = pair()
    for (const topic of ['t', 'u']) {
      world.commit({ memberId: 'a', generationId: a.epoch, topic, topicId: topicIdOf(topic), offsets: { 0: 1 } })
    }
    for (let ms = 0; ms < 8 * day; ms += 30_000) {
      a.beat()
      b.beat()
      world.advance(30_000)
    }
    assert.deepEqual([world.committed('t', [0]), world.committed('u', [0])], [[1], [-1]])
  })

  it('are deleted where nobody reads the topic', () => {
    const { world, a } = pair()
    world.commit({ memberId: 'a', generationId: a.epoch, topic: 'u', topicId: topicIdOf('u'), offsets: { 0: 1 } })
    const request = {
      groupId: 'g',
      topics: ['t', 'u'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })),
    }
    const reply = world.send({ type: 'OffsetDelete', request })
    assert.deepEqual(
      reply.topics.map(({ partitions }) => errorName(partitions[0]?.errorCode ?? 0)),
      ['GROUP_SUBSCRIBED_TO_TOPIC', 'NONE'],
    )
    assert.deepEqual(world.committed('u', [0]), [-1])
  })
})

describe('A consumer group', () => {
  it('is deleted when it is empty', () => {
    const { world, a, b } = pair()
    const remove = () => errorName(world.send({ type: 'DeleteGroups', groupIds: ['g'] })[0]?.errorCode ?? 0)
    assert.equal(remove(), 'NON_EMPTY_GROUP')
    a.leave()
    b.leave()
    assert.equal(remove(), 'NONE')
    assert.equal(remove(), 'GROUP_ID_NOT_FOUND')
    assert.equal(world.rebuilt().logged.consumerGroups.size, 0)
  })

  it('is listed with its type and state', () => {
    const { world, a } = pair()
    const list = (typesFilter: string[], statesFilter: string[] = []) =>
      world.send({ type: 'ListGroups', statesFilter, typesFilter })
    assert.deepEqual(list(['consumer']), [
      { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' },
    ])
    assert.deepEqual(list(['classic']), [])
    world.setImage(imageWith({ t: 5 }))
    a.beat()
    assert.equal(list([], ['reconciling']).length, 1)
  })

  it('is described with what its members have, shall have, and have to give up', () => {
    const { world, b } = pair()
    new TestConsumer(world, 'c', reads).beat()
    b.beat()
    const { members, ...group } = world.describe()
    assert.deepEqual(group, {
      errorCode: 0,
      errorMessage: null,
      groupId: 'g',
      groupState: 'Reconciling',
      groupEpoch: 4,
      assignmentEpoch: 4,
      assignorName: 'uniform',
    })
    const [, member] = members
    assert.deepEqual(member, {
      memberId: 'b',
      instanceId: null,
      rackId: null,
      memberEpoch: 3,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      subscribedTopicNames: ['t'],
      subscribedTopicRegex: '',
      assignment: { topicPartitions: [{ topicId, topicName: 't', partitions: [2, 3] }] },
      targetAssignment: { topicPartitions: [{ topicId, topicName: 't', partitions: [2] }] },
      memberType: 1,
    })
    world.setImage(imageWith({}))
    assert.deepEqual(world.describe().members[1]?.assignment, { topicPartitions: [] })
  })

  it('is none of the other kind', () => {
    const { world } = pair()
    const [classic] = world.send({ type: 'DescribeGroups', groupIds: ['g'], context: contextOf(6) })
    assert.deepEqual([classic?.errorCode, classic?.errorMessage], [69, 'Group g is not a classic group.'])
    world.commit({ groupId: 's', offsets: { 0: 1 } })
    assert.deepEqual(world.describe('s').errorMessage, 'Group s is not a consumer group.')
    assert.deepEqual(world.describe('x').errorMessage, 'Group x not found.')
  })

  it('uses the assignor that most of its members ask for', () => {
    const world = new ConsumerWorld({ t: 2, u: 2 })
    const members = ['a', 'b', 'c'].map((memberId, index) => {
      const topics = ['t', 'u']
      return new TestConsumer(world, memberId, index === 0 ? { topics } : { topics, assignor: 'range' })
    })
    settle(members)
    assert.equal(world.describe().assignorName, 'range')
    assert.deepEqual(
      members.map(({ owned }) => owned),
      [{ t: [0], u: [0] }, { t: [1], u: [1] }, {}],
    )
  })
})
