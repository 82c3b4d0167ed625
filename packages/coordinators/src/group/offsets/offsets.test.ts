import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyImage } from '@gregor/metadata'
import { errorName } from '@gregor/protocol'
import { GroupWorld, contextOf, noTopicId } from '../group-fixture.ts'

const day = 24 * 3_600_000
const [topicA, topicB] = ['AAECAwQFBgcICQoLDA0ODw', 'EBECAwQFBgcICQoLDA0ODw']

/** A stable group of one consumer of topic `t`. */
function consumerWorld(): { world: GroupWorld; memberId: string } {
  const world = new GroupWorld()
  // Version 0, topics ["t"], no user data.
  const metadata = Buffer.from('000000000001000174ffffffff', 'hex')
  const waiter = world.join({ apiVersion: 3, protocols: { range: metadata } })
  world.advance(3000)
  const memberId = world.joined(waiter)?.memberId ?? ''
  world.sync({ memberId, generationId: 1 })
  return { world, memberId }
}

function commitInTransaction(
  world: GroupWorld,
  { producerId, offset, ...more }: { producerId: number; offset: number; generationId?: number; memberId?: string },
): string {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: null }]
  const request = {
    transactionalId: 'x',
    groupId: 'g',
    producerId,
    producerEpoch: 1,
    generationId: -1,
    memberId: '',
    groupInstanceId: null,
    ...more,
    topics: [{ name: 't', partitions }],
  }
  const { topics } = world.send({ type: 'TxnOffsetCommit', request, context: contextOf(3) })
  return errorName(topics[0]?.partitions[0]?.errorCode ?? 0)
}

function mark(world: GroupWorld, producerId: number, outcome: 'Commit' | 'Abort'): void {
  world.send({ type: 'WriteTxnMarker', outcome, producerId, producerEpoch: 1, coordinatorEpoch: 0 })
}

function deleteOffsets(world: GroupWorld, topic: string, partitions: readonly number[]): readonly string[] {
  const topics = [{ name: topic, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }]
  const reply = world.send({ type: 'OffsetDelete', request: { groupId: 'g', topics } })
  const codes = reply.topics.flatMap((one) => one.partitions.map(({ errorCode }) => errorCode))
  return [reply.errorCode, ...codes].map(errorName)
}

describe('OffsetCommit', () => {
  it('is read back, and -1 stands for nothing', () => {
    const world = new GroupWorld()
    assert.equal(world.commit({ offsets: { 0: 5, 3: 7 } }), 'NONE NONE')
    assert.deepEqual(world.committed('t', [0, 1, 3]), [5, -1, 7])
    assert.deepEqual(world.committed('u', [0]), [-1])
    assert.deepEqual(world.committed('t', [0], { groupId: 'h' }), [-1])
  })

  it('writes one record a partition', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 2: 5 }, topicId: topicA, metadata: null })
    assert.deepEqual(world.records, [
      {
        type: 'OffsetCommit',
        key: { group: 'g', topic: 't', partition: 2 },
        value: {
          offset: 5,
          leaderEpoch: -1,
          metadata: '',
          commitTimestamp: 1_000_000,
          expireTimestamp: -1,
          topicId: topicA,
        },
      },
    ])
  })

  it('makes a simple group where there is none', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 0: 5 } })
    assert.deepEqual(world.send({ type: 'ListGroups', statesFilter: [], typesFilter: [] }), [
      { groupId: 'g', protocolType: '', groupState: 'Empty', groupType: 'classic' },
    ])
  })

  it('makes the empty group id a group like others', () => {
    const world = new GroupWorld()
    assert.equal(world.commit({ groupId: '', offsets: { 0: 5 } }), 'NONE')
    assert.deepEqual(world.committed('t', [0], { groupId: '' }), [5])
  })

  for (const [apiVersion, error] of [
    [8, 'ILLEGAL_GENERATION'],
    [9, 'GROUP_ID_NOT_FOUND'],
  ] as const) {
    it(`with a generation of a group that is not there is ${error} in version ${apiVersion}`, () => {
      const world = new GroupWorld()
      assert.equal(world.commit({ generationId: 0, memberId: 'm', offsets: { 0: 1 }, apiVersion }), error)
    })
  }

  it('is refused for another generation, member or instance', () => {
    const { world, memberId } = consumerWorld()
    const errors = [
      { generationId: 2, memberId },
      { generationId: 1, memberId: 'x' },
      { generationId: 1, memberId, instanceId: 'i' },
      { generationId: -1, memberId },
    ].map((more) => world.commit({ ...more, offsets: { 0: 1 } }))
    assert.deepEqual(errors, ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'])
  })

  it('refuses metadata that is too long for its partition only', () => {
    const world = new GroupWorld({ offsetMetadataLengthMax: 4 })
    assert.equal(world.commit({ offsets: { 0: 1 }, metadata: 'xxxxx' }), 'OFFSET_METADATA_TOO_LARGE')
    assert.equal(world.commit({ offsets: { 0: 1 }, metadata: 'xxxx' }), 'NONE')
    assert.equal(world.records.length, 1)
  })

  it('with a retention of its own is due at its own time', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 0: 1 }, retentionTimeMs: 1_000_000 })
    world.restart()
    world.advance(600_000)
    assert.deepEqual(world.committed('t', [0]), [1])
    world.advance(600_000)
    assert.deepEqual(world.committed('t', [0]), [-1])
  })
})

describe('OffsetFetch', () => {
  it('of all topics gives what is committed', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 0: 1 } })
    world.commit({ topic: 'u', offsets: { 1: 2 }, metadata: 'm' })
    const group = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null }
    const partition = { committedLeaderEpoch: -1, errorCode: 0 }
    assert.deepEqual(world.send({ type: 'OffsetFetch', group, requireStable: true }), {
      groupId: 'g',
      topics: [
        {
          name: 't',
          topicId: noTopicId,
          partitions: [{ ...partition, partitionIndex: 0, committedOffset: 1, metadata: '' }],
        },
        {
          name: 'u',
          topicId: noTopicId,
          partitions: [{ ...partition, partitionIndex: 1, committedOffset: 2, metadata: 'm' }],
        },
      ],
    })
  })

  it('passes over what was committed for an earlier topic of that name', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 0: 1 }, topicId: topicA })
    assert.deepEqual(world.committed('t', [0], { topicId: topicB }), [-1])
    assert.deepEqual(world.committed('t', [0], { topicId: topicA }), [1])
    assert.deepEqual(world.committed('t', [0]), [1])
  })
})

describe('Offsets of a transaction', () => {
  it('count when it commits', () => {
    const world = new GroupWorld()
    assert.equal(commitInTransaction(world, { producerId: 7, offset: 5 }), 'NONE')
    assert.deepEqual(world.committed('t', [0]), [-1])
    assert.deepEqual(world.committed('t', [0], { requireStable: true }), ['UNSTABLE_OFFSET_COMMIT'])
    mark(world, 7, 'Commit')
    assert.deepEqual(world.committed('t', [0], { requireStable: true }), [5])
  })

  it('are as if they had never been when it aborts', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 0: 1 } })
    commitInTransaction(world, { producerId: 7, offset: 5 })
    mark(world, 7, 'Abort')
    assert.deepEqual(world.committed('t', [0], { requireStable: true }), [1])
  })

  it('survive a restart of the coordinator, before and after the end', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    world.restart()
    assert.deepEqual(world.committed('t', [0], { requireStable: true }), ['UNSTABLE_OFFSET_COMMIT'])
    mark(world, 7, 'Commit')
    world.restart()
    assert.deepEqual(world.committed('t', [0], { requireStable: true }), [5])
  })

  it('lose to a plain commit that came later in the log', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    world.commit({ offsets: { 0: 9 } })
    mark(world, 7, 'Commit')
    assert.deepEqual(world.committed('t', [0]), [9])
  })

  it('of several producers are open until the last has ended', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    commitInTransaction(world, { producerId: 8, offset: 6 })
    mark(world, 8, 'Commit')
    assert.deepEqual(world.committed('t', [0], { requireStable: true }), ['UNSTABLE_OFFSET_COMMIT'])
    mark(world, 7, 'Commit')
    assert.deepEqual(world.committed('t', [0], { requireStable: true }), [6])
  })

  it('are shown as unstable among all offsets of a group', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 0: 1, 1: 2 } })
    commitInTransaction(world, { producerId: 7, offset: 5 })
    const group = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null }
    const { topics } = world.send({ type: 'OffsetFetch', group, requireStable: true })
    assert.deepEqual(
      topics[0]?.partitions.map(({ committedOffset, errorCode }) => [committedOffset, errorName(errorCode)]),
      [
        [-1, 'UNSTABLE_OFFSET_COMMIT'],
        [2, 'NONE'],
      ],
    )
  })

  it('are not committed by a marker of a producer without any', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    mark(world, 6, 'Commit')
    assert.deepEqual(world.committed('t', [0]), [-1])
  })

  it('are checked against the generation where it is told', () => {
    const { world, memberId } = consumerWorld()
    assert.equal(commitInTransaction(world, { producerId: 7, offset: 5, generationId: 1, memberId }), 'NONE')
    assert.equal(
      commitInTransaction(world, { producerId: 7, offset: 5, generationId: 2, memberId }),
      'ILLEGAL_GENERATION',
    )
    assert.equal(commitInTransaction(world, { producerId: 7, offset: 5 }), 'NONE')
    const none = new GroupWorld()
    assert.equal(
      commitInTransaction(none, { producerId: 7, offset: 5, generationId: 2, memberId }),
      'ILLEGAL_GENERATION',
    )
  })

  it('carry the producer of their batch', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    assert.deepEqual(world.batches[0]?.producer, { producerId: 7, producerEpoch: 1 })
  })
})

describe('OffsetDelete', () => {
  it('deletes offsets of topics that the group does not read, pending ones too', () => {
    const { world, memberId } = consumerWorld()
    world.commit({ memberId, generationId: 1, topic: 'u', offsets: { 0: 1, 1: 2 } })
    world.commit({ memberId, generationId: 1, offsets: { 0: 3 } })
    assert.deepEqual(deleteOffsets(world, 'u', [0, 9]), ['NONE', 'NONE', 'NONE'])
    assert.deepEqual(deleteOffsets(world, 't', [0]), ['NONE', 'GROUP_SUBSCRIBED_TO_TOPIC'])
    assert.deepEqual([world.committed('u', [0, 1]), world.committed('t', [0])], [[-1, 2], [3]])
  })

  it('takes away what a transaction has not committed yet', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    assert.deepEqual(deleteOffsets(world, 't', [0]), ['NONE', 'NONE'])
    mark(world, 7, 'Commit')
    assert.deepEqual(world.committed('t', [0]), [-1])
  })

  it('needs a group, and one without members where nobody knows what they need', () => {
    const world = new GroupWorld()
    assert.deepEqual(deleteOffsets(world, 't', [0]), ['GROUP_ID_NOT_FOUND'])
    world.join({ apiVersion: 3, protocolType: 'connect' })
    assert.deepEqual(deleteOffsets(world, 't', [0]), ['NON_EMPTY_GROUP'])
  })
})

describe('DeleteGroups', () => {
  it('takes the offsets with the group, and says what was not there', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 0: 1 } })
    commitInTransaction(world, { producerId: 7, offset: 5 })
    const results = world.send({ type: 'DeleteGroups', groupIds: ['g', 'h'] })
    assert.deepEqual(results, [
      { groupId: 'g', errorCode: 0 },
      { groupId: 'h', errorCode: 69 },
    ])
    mark(world, 7, 'Commit')
    assert.deepEqual(world.committed('t', [0]), [-1])
    assert.deepEqual(world.send({ type: 'ListGroups', statesFilter: [], typesFilter: [] }), [])
  })

  it('deletes pending offsets of other partitions, too', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    world.commit({ offsets: { 1: 1 } })
    world.send({ type: 'DeleteGroups', groupIds: ['g'] })
    mark(world, 7, 'Commit')
    assert.deepEqual(world.committed('t', [0, 1]), [-1, -1])
  })
})

describe('A deleted topic', () => {
  it('takes its offsets along, but not those of its successor', () => {
    const world = new GroupWorld()
    world.commit({ groupId: 'a', offsets: { 0: 1 }, topicId: topicA })
    world.commit({ groupId: 'b', offsets: { 0: 2 }, topicId: topicB })
    world.commit({ groupId: 'c', offsets: { 0: 3 } })
    world.commit({ groupId: 'c', topic: 'u', offsets: { 0: 4 } })
    const deletedTopics = [{ topicId: topicA, name: 't' }]
    world.send({ type: 'MetadataChanged', image: emptyImage, deletedTopics })
    const left = ['a', 'b', 'c'].map((groupId) => world.committed('t', [0], { groupId }))
    assert.deepEqual(left, [[-1], [2], [-1]])
    assert.deepEqual(world.committed('u', [0], { groupId: 'c' }), [4])
  })

  it('takes pending offsets along', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    world.commit({ offsets: { 0: 3 } })
    const deletedTopics = [{ topicId: topicA, name: 't' }]
    world.send({ type: 'MetadataChanged', image: emptyImage, deletedTopics })
    assert.equal(world.records.filter(({ type }) => type === 'OffsetCommit').length, 3)
    mark(world, 7, 'Commit')
    assert.deepEqual(world.committed('t', [0]), [-1])
  })

  it('takes offsets along that are nothing but pending', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    world.send({ type: 'MetadataChanged', image: emptyImage, deletedTopics: [{ topicId: topicA, name: 't' }] })
    mark(world, 7, 'Commit')
    assert.deepEqual(world.committed('t', [0]), [-1])
  })
})

describe('Retention', () => {
  it('of a simple group runs from each commit, and the group goes with its last offset', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 0: 1 } })
    world.advance(2 * day)
    world.commit({ offsets: { 1: 2 } })
    world.advance(5 * day)
    assert.deepEqual(world.committed('t', [0, 1]), [-1, 2])
    assert.equal(world.state(), 'Empty')
    world.advance(2 * day)
    assert.deepEqual(world.committed('t', [0, 1]), [-1, -1])
    assert.equal(world.state(), 'Dead')
  })

  it('of an empty group runs from when it became empty', () => {
    const { world, memberId } = consumerWorld()
    world.commit({ memberId, generationId: 1, offsets: { 0: 1 } })
    world.advance(6 * day)
    assert.equal(world.state(), 'Empty')
    assert.deepEqual(world.committed('t', [0]), [1])
    world.restart()
    world.advance(day - 60_000)
    assert.deepEqual(world.committed('t', [0]), [1])
    world.advance(700_000)
    assert.deepEqual(world.committed('t', [0]), [-1])
    assert.equal(world.state(), 'Dead')
  })

  it('spares what a stable group of consumers reads', () => {
    const world = new GroupWorld()
    const metadata = Buffer.from('000000000001000174ffffffff', 'hex')
    const session = { sessionTimeoutMs: 1_800_000 }
    const waiter = world.join({ apiVersion: 3, protocols: { range: metadata }, ...session })
    world.advance(3000)
    const memberId = world.joined(waiter)?.memberId ?? ''
    world.sync({ memberId, generationId: 1 })
    for (const topic of ['t', 'u']) world.commit({ memberId, generationId: 1, topic, offsets: { 0: 1 } })
    for (let ms = 0; ms < 8 * day; ms += 1_200_000) {
      world.heartbeat(memberId, 1)
      world.advance(1_200_000)
    }
    assert.deepEqual([world.committed('t', [0]), world.committed('u', [0])], [[1], [-1]])
    assert.equal(world.state(), 'Stable')
  })

  it('spares everything of a group whose subscriptions nobody understands', () => {
    for (const more of [{ protocols: { range: 'what' } }, { protocolType: 'connect' }]) {
      const world = new GroupWorld()
      const waiter = world.join({ apiVersion: 3, sessionTimeoutMs: 1_800_000, ...more })
      world.advance(3000)
      const memberId = world.joined(waiter)?.memberId ?? ''
      world.sync({ memberId, generationId: 1, protocolType: more.protocolType ?? 'consumer' })
      world.commit({ memberId, generationId: 1, offsets: { 0: 1 } })
      for (let ms = 0; ms < 8 * day; ms += 1_200_000) {
        world.heartbeat(memberId, 1)
        world.advance(1_200_000)
      }
      assert.deepEqual(world.committed('t', [0]), [1])
    }
  })

  it('waits for the end of transactions', () => {
    const world = new GroupWorld()
    world.commit({ offsets: { 0: 1, 1: 1 } })
    commitInTransaction(world, { producerId: 7, offset: 5 })
    world.advance(8 * day)
    assert.deepEqual(world.committed('t', [0, 1]), [1, -1])
    mark(world, 7, 'Abort')
    world.advance(600_000)
    assert.deepEqual(world.committed('t', [0, 1]), [-1, -1])
  })

  it('keeps a group that is nothing but an open transaction', () => {
    const world = new GroupWorld()
    commitInTransaction(world, { producerId: 7, offset: 5 })
    world.advance(8 * day)
    assert.equal(world.state(), 'Empty')
  })

  it('removes a group that never had members to speak of', () => {
    const world = new GroupWorld()
    world.join({ protocolType: '' })
    assert.equal(world.state(), 'Empty')
    world.advance(600_000)
    assert.equal(world.state(), 'Dead')
  })
})
