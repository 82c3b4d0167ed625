import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumerWorld, imageWith, settle, TestConsumer, topicIdOf } from '../consumer-fixture.ts'
import type { BeatOptions } from '../consumer-fixture.ts'

const reads = { topics: ['t'] }

/** `a` and `b` share topic `t`, and have settled. */
function pair(): { world: ConsumerWorld; a: TestConsumer; b: TestConsumer } {
  const world = new ConsumerWorld({ t: 4 })
  const [a, b] = [new TestConsumer(world, 'a', reads), new TestConsumer(world, 'b', reads)]
  settle([a, b])
  return { world, a, b }
}

describe('A member that joins', () => {
  it('is given all partitions where it is alone', () => {
    const world = new ConsumerWorld({ t: 3 })
    assert.deepEqual(world.beat({ epoch: 0, topics: ['t'] }), {
      error: 'NONE',
      message: null,
      memberId: 'm',
      epoch: 2,
      heartbeatIntervalMs: 5000,
      assigned: { t: [0, 1, 2] },
    })
    assert.equal(world.describe().groupState, 'Stable')
  })

  it('writes itself, its epoch, its target and what it has', () => {
    const world = new ConsumerWorld({ t: 2 })
    world.beat({ epoch: 0, topics: ['t'], rackId: 'r' })
    const [topicId, key] = [topicIdOf('t'), { groupId: 'g', memberId: 'm' }]
    const epochRecord = world.records[1]
    assert.deepEqual(world.records, [
      {
        type: 'ConsumerGroupMemberMetadata',
        key,
        value: {
          instanceId: null,
          rackId: 'r',
          clientId: 'client',
          clientHost: '/127.0.0.1',
          subscribedTopicNames: ['t'],
          subscribedTopicRegex: '',
          rebalanceTimeoutMs: 60_000,
          serverAssignor: null,
          classicMemberMetadata: null,
        },
      },
      epochRecord,
      {
        type: 'ConsumerGroupTargetAssignmentMember',
        key,
        value: { topicPartitions: [{ topicId, partitions: [0, 1] }] },
      },
      {
        type: 'ConsumerGroupTargetAssignmentMetadata',
        key: { groupId: 'g' },
        value: { assignmentEpoch: 2, assignmentTimestamp: 1_000_000 },
      },
      {
        type: 'ConsumerGroupCurrentMemberAssignment',
        key,
        value: {
          memberEpoch: 2,
          previousMemberEpoch: 0,
          state: 0,
          assignedPartitions: [{ topicId, partitions: [0, 1], assignmentEpochs: [2, 2] }],
          partitionsPendingRevocation: [],
        },
      },
    ])
    assert.ok(epochRecord?.type === 'ConsumerGroupMetadata')
    assert.equal(epochRecord.value?.epoch, 2)
  })

  it('is given an id in version 0 where it brings none', () => {
    const world = new ConsumerWorld({ t: 1 })
    const answer = world.beat({ memberId: '', epoch: 0, topics: ['t'], apiVersion: 0 })
    assert.equal(answer.memberId, 'AAAAAAAAQACAAAAAAAAAAA')
  })

  it('waits for what others have, and gets it when they have given it up', () => {
    const world = new ConsumerWorld({ t: 2 })
    world.beat({ memberId: 'a', epoch: 0, topics: ['t'] })
    const joined = world.beat({ memberId: 'b', epoch: 0, topics: ['t'] })
    assert.deepEqual([joined.epoch, joined.assigned], [3, {}])
    assert.equal(world.describe().groupState, 'Reconciling')
    // `a` is told to give up one, and stays in its epoch until it says that it has.
    const told = world.beat({ memberId: 'a', epoch: 2 })
    assert.deepEqual([told.epoch, told.assigned], [2, { t: [0] }])
    assert.deepEqual(world.beat({ memberId: 'b', epoch: 3 }).assigned, undefined)
    const gave = world.beat({ memberId: 'a', epoch: 2, owned: { t: [0] } })
    assert.deepEqual([gave.epoch, gave.assigned], [3, undefined])
    assert.deepEqual(world.beat({ memberId: 'b', epoch: 3 }).assigned, { t: [1] })
    assert.equal(world.describe().groupState, 'Stable')
  })

  it('may come without any topic that is there', () => {
    const world = new ConsumerWorld({ t: 2 })
    assert.deepEqual(world.beat({ epoch: 0, topics: ['u'] }).assigned, {})
    assert.deepEqual(world.beat({ memberId: 'b', epoch: 0, topics: [] }).assigned, {})
  })

  it('again in epoch 0 has what it had', () => {
    const { world, a } = pair()
    const again = world.beat({ memberId: 'a', epoch: 0, topics: ['t'] })
    assert.deepEqual([again.epoch, again.assigned], [a.epoch, a.owned])
  })

  it('is refused where the group is full', () => {
    const world = new ConsumerWorld({ t: 2 }, { classicGroupSizeMax: 9 })
    const { consumer } = world.config
    world.send({ type: 'ConfigChanged', config: { ...world.config, consumer: { ...consumer, sizeMax: 1 } } })
    world.beat({ memberId: 'a', epoch: 0, ...reads })
    assert.equal(world.beat({ memberId: 'b', epoch: 0, ...reads }).error, 'GROUP_MAX_SIZE_REACHED')
    assert.equal(world.beat({ memberId: 'a', epoch: 0, ...reads }).error, 'NONE')
  })
})

describe('A heartbeat', () => {
  it('that changes nothing writes nothing', () => {
    const { world, a } = pair()
    const before = world.batches.length
    assert.deepEqual(world.beat({ memberId: 'a', epoch: a.epoch }).assigned, undefined)
    assert.equal(world.batches.length, before)
  })

  it('that says everything is told everything', () => {
    const { world, a } = pair()
    const full = { topics: ['t'], owned: a.owned, rebalanceTimeoutMs: 60_000 }
    assert.deepEqual(world.beat({ memberId: 'a', epoch: a.epoch, ...full }).assigned, a.owned)
  })

  it('with the epoch before is a retry of one whose answer was lost, as long as it owns nothing new', () => {
    const { world, a, b } = pair()
    const c = new TestConsumer(world, 'c', reads)
    c.beat()
    world.beat({ memberId: 'a', epoch: a.epoch })
    const owned = { t: [0] }
    const answered = world.beat({ memberId: 'a', epoch: a.epoch, owned })
    const retried = world.beat({ memberId: 'a', epoch: a.epoch, owned })
    assert.deepEqual([answered.epoch, retried.epoch, retried.error], [a.epoch + 1, a.epoch + 1, 'NONE'])
    assert.equal(world.beat({ memberId: 'a', epoch: a.epoch }).error, 'FENCED_MEMBER_EPOCH')
    assert.equal(world.beat({ memberId: 'a', epoch: a.epoch, owned: { t: [3] } }).error, 'FENCED_MEMBER_EPOCH')
    assert.equal(world.beat({ memberId: 'b', epoch: b.epoch - 2, owned: {} }).error, 'FENCED_MEMBER_EPOCH')
  })

  it('from the future is fenced', () => {
    const { world, a } = pair()
    const answer = world.beat({ memberId: 'a', epoch: a.epoch + 1 })
    assert.equal(answer.error, 'FENCED_MEMBER_EPOCH')
    assert.match(answer.message ?? '', /greater member epoch \(4\) than the one known by the group coordinator \(3\)/)
  })

  it('of a stranger is refused, and so is one in a group that is not there', () => {
    const { world } = pair()
    assert.equal(world.beat({ memberId: 'x', epoch: 2 }).error, 'UNKNOWN_MEMBER_ID')
    assert.equal(world.beat({ groupId: 'h', epoch: 2 }).error, 'GROUP_ID_NOT_FOUND')
    assert.equal(world.beat({ groupId: 'h', epoch: -1 }).error, 'GROUP_ID_NOT_FOUND')
    assert.equal(world.beat({ memberId: 'x', epoch: -1 }).error, 'UNKNOWN_MEMBER_ID')
  })

  const invalid: readonly [string, BeatOptions, string?][] = [
    ['a group', { groupId: ' ', epoch: 0, ...reads }],
    ['a member id in version 1', { memberId: '', epoch: 0, ...reads }],
    ['a member id to leave', { memberId: '', epoch: -1, apiVersion: 0 }],
    ['an instance that is not blank', { instanceId: '', epoch: 0, ...reads }],
    ['a rack that is not blank', { rackId: '', epoch: 0, ...reads }],
    ['a rebalance timeout to join', { epoch: 0, rebalanceTimeoutMs: -1, ...reads }],
    ['nothing owned to join', { epoch: 0, owned: { t: [1] }, ...reads }],
    ['a subscription to join', { epoch: 0 }],
    ['an instance to leave for a while', { epoch: -2 }],
    ['an epoch that means something', { epoch: -3 }],
    ['an assignor that is there', { epoch: 0, assignor: 'mine', ...reads }, 'UNSUPPORTED_ASSIGNOR'],
  ]
  for (const [what, options, error = 'INVALID_REQUEST'] of invalid) {
    it(`needs ${what}`, () => {
      const world = new ConsumerWorld({ t: 1 })
      assert.equal(world.beat(options).error, error)
      assert.deepEqual(world.records, [])
    })
  }

  it('uses the configs of its group, within the bounds of the broker', () => {
    const world = new ConsumerWorld({ t: 1 })
    const values = new Map([
      ['consumer.heartbeat.interval.ms', '7000'],
      ['consumer.session.timeout.ms', '1000'],
    ])
    const configs = world.image.configs.with([['32:g', { resource: { type: 32, name: 'g' }, values }]])
    world.setImage({ ...world.image, configs })
    assert.equal(world.beat({ epoch: 0, ...reads }).heartbeatIntervalMs, 7000)
    assert.equal(world.beat({ groupId: 'h', epoch: 0, ...reads }).heartbeatIntervalMs, 5000)
    world.advance(44_999)
    assert.equal(world.describe().members.length, 1)
    world.advance(1)
    assert.equal(world.describe().members.length, 0)
  })
})

describe('A subscription that changes', () => {
  it('takes away at once what is not read any more', () => {
    const world = new ConsumerWorld({ t: 1, u: 1 })
    world.beat({ epoch: 0, topics: ['t', 'u'] })
    const changed = world.beat({ epoch: 2, topics: ['u'] })
    assert.deepEqual([changed.epoch, changed.assigned], [2, { u: [0] }])
    const gave = world.beat({ epoch: 2, owned: { u: [0] } })
    assert.equal(gave.epoch, 3)
  })

  it('takes more away from a member that is giving up something', () => {
    const { world, a } = pair()
    const wide = imageWith({ t: 4, u: 2 })
    world.setImage(wide)
    world.beat({ memberId: 'a', epoch: a.epoch, topics: ['t', 'u'] })
    new TestConsumer(world, 'c', { topics: ['u'] }).beat()
    const told = world.beat({ memberId: 'a', epoch: world.describe().members[0]?.memberEpoch ?? 0, topics: ['u'] })
    assert.equal(told.error, 'NONE')
    assert.deepEqual(Object.keys(told.assigned ?? {}).includes('t'), false)
  })

  it('while assignments are far apart takes effect on the next one', () => {
    const world = new ConsumerWorld({ t: 1, u: 1 })
    const { consumer } = world.config
    const rare = { ...consumer, assignmentIntervalMs: { value: 1000, min: 0, max: 15_000 } }
    world.send({ type: 'ConfigChanged', config: { ...world.config, consumer: rare } })
    world.beat({ epoch: 0, topics: ['t'] })
    assert.deepEqual(world.beat({ epoch: 2, topics: ['t', 'u'] }).epoch, 2)
    assert.equal(world.describe().groupState, 'Assigning')
    // What it does not read is taken away whatever the interval.
    assert.deepEqual(world.beat({ epoch: 2, topics: ['u'], owned: { t: [0] } }).assigned, {})
    world.advance(1000)
    world.beat({ epoch: 2, owned: {} })
    assert.deepEqual(world.beat({ epoch: 4 }).assigned, undefined)
    assert.deepEqual(world.namesOf([...(world.describe().members[0]?.assignment?.topicPartitions ?? [])]), { u: [0] })
  })
})

describe('Topics that change', () => {
  it('lead to a new assignment with the next heartbeat of a member', () => {
    const { world, a, b } = pair()
    world.setImage(imageWith({ t: 6 }))
    settle([a, b])
    assert.deepEqual([a.owned['t']?.length, b.owned['t']?.length], [3, 3])
  })

  it('are noticed by groups that were loaded before, too', () => {
    const { world, a, b } = pair()
    world.restart()
    world.setImage(imageWith({ t: 6 }))
    settle([a, b])
    assert.deepEqual([a.owned['t']?.length, b.owned['t']?.length], [3, 3])
  })

  it('and go are taken away', () => {
    const { world, a, b } = pair()
    world.setImage(imageWith({}), [{ name: 't', topicId: topicIdOf('t') }])
    settle([a, b])
    assert.deepEqual([a.owned, b.owned], [{}, {}])
  })

  it('and come again under their name are other topics', () => {
    const { world, a, b } = pair()
    world.setImage(imageWith({ t: 4 }, { ids: { t: topicIdOf('other') } }))
    settle([a, b])
    assert.deepEqual([a.owned['t']?.length, b.owned['t']?.length], [2, 2])
  })

  it('only in what does not matter change nothing', () => {
    const { world, a, b } = pair()
    const { epoch } = a
    world.setImage(imageWith({ t: 4, u: 1 }))
    settle([a, b])
    assert.equal(a.epoch, epoch)
  })

  it('in their racks lead to a new epoch', () => {
    const { world, a, b } = pair()
    const { epoch } = a
    world.setImage(imageWith({ t: 4 }, { rack: 'r' }))
    settle([a, b])
    assert.equal(a.epoch, epoch + 1)
  })
})

describe('A member that leaves', () => {
  it('leaves its partitions to the others', () => {
    const { world, a, b } = pair()
    assert.deepEqual(a.leave(), {
      error: 'NONE',
      message: null,
      memberId: 'a',
      epoch: -1,
      heartbeatIntervalMs: 0,
      assigned: undefined,
    })
    settle([b])
    assert.deepEqual(b.owned, { t: [0, 1, 2, 3] })
    assert.equal(world.describe().members.length, 1)
  })

  it('without a word is fenced when its session ends', () => {
    const { world, b } = pair()
    for (let ms = 0; ms < 45_000; ms += 5000) {
      b.beat()
      world.advance(5000)
    }
    settle([b])
    assert.deepEqual(b.owned, { t: [0, 1, 2, 3] })
    assert.equal(world.beat({ memberId: 'a', epoch: 3 }).error, 'UNKNOWN_MEMBER_ID')
  })

  it('is not needed to make a group empty, and the group goes with its offsets', () => {
    const { world, a, b } = pair()
    world.commit({ memberId: 'a', generationId: a.epoch, topicId: topicIdOf('t'), offsets: { 0: 5 } })
    a.leave()
    b.leave()
    assert.equal(world.describe().groupState, 'Empty')
    world.advance(8 * 24 * 3_600_000)
    assert.equal(world.describe().errorCode, 69)
    assert.deepEqual(world.rebuilt().logged.consumerGroups.size, 0)
  })

  it('too slowly is fenced when its time to give up partitions has run out', () => {
    const { world, a, b } = pair()
    const c = new TestConsumer(world, 'c', reads)
    c.beat()
    // `b` is told to give up something, goes on with heartbeats, and never says that it has.
    for (let ms = 0; ms < 60_000; ms += 5000) {
      assert.equal(world.beat({ memberId: 'b', epoch: b.epoch }).error, 'NONE')
      a.beat()
      c.beat()
      world.advance(5000)
    }
    assert.equal(world.beat({ memberId: 'b', epoch: b.epoch }).error, 'UNKNOWN_MEMBER_ID')
    settle([a, c])
    assert.deepEqual([a.owned['t']?.length, c.owned['t']?.length], [2, 2])
  })

  it('too slowly is fenced after a restart of the coordinator, too', () => {
    const { world, a, b } = pair()
    new TestConsumer(world, 'c', reads).beat()
    world.beat({ memberId: 'b', epoch: b.epoch })
    world.restart()
    for (let ms = 0; ms < 60_000; ms += 5000) {
      assert.equal(world.beat({ memberId: 'b', epoch: b.epoch }).error, 'NONE')
      a.beat()
      world.advance(5000)
    }
    assert.equal(world.beat({ memberId: 'b', epoch: b.epoch }).error, 'UNKNOWN_MEMBER_ID')
  })

  it('in time is not', () => {
    const { world, a, b } = pair()
    const c = new TestConsumer(world, 'c', reads)
    settle([a, b, c])
    for (let ms = 0; ms < 70_000; ms += 5000) {
      for (const one of [a, b, c]) one.beat()
      world.advance(5000)
    }
    assert.equal(world.describe().members.length, 3)
  })
})

describe('A static member of a consumer group', () => {
  const asInstance = { ...reads, instanceId: 'i' }

  it('that leaves for a while keeps its partitions for whoever comes in its place', () => {
    const world = new ConsumerWorld({ t: 4 })
    const [a, b] = [new TestConsumer(world, 'a', asInstance), new TestConsumer(world, 'b', reads)]
    settle([a, b])
    assert.equal(a.leave(-2).epoch, -2)
    settle([b])
    const successor = new TestConsumer(world, 'a2', asInstance)
    successor.beat()
    assert.deepEqual([successor.epoch, successor.owned], [a.epoch, a.owned])
    assert.deepEqual(b.beat().epoch, a.epoch)
    assert.equal(world.beat({ memberId: 'a', instanceId: 'i', epoch: a.epoch }).error, 'FENCED_INSTANCE_ID')
  })

  it('that is there is not replaced', () => {
    const world = new ConsumerWorld({ t: 4 })
    world.beat({ memberId: 'a', epoch: 0, ...asInstance })
    const answer = world.beat({ memberId: 'b', epoch: 0, ...asInstance })
    assert.equal(answer.error, 'UNRELEASED_INSTANCE_ID')
    assert.match(answer.message ?? '', /owned by a member/)
  })

  it('that does not come back is fenced when its session ends', () => {
    const world = new ConsumerWorld({ t: 4 })
    const a = new TestConsumer(world, 'a', asInstance)
    a.beat()
    a.leave(-2)
    world.advance(45_000)
    assert.equal(world.describe().members.length, 0)
  })

  it('leaves for good like others', () => {
    const world = new ConsumerWorld({ t: 4 })
    const a = new TestConsumer(world, 'a', asInstance)
    a.beat()
    assert.equal(world.beat({ memberId: 'x', instanceId: 'i', epoch: -1 }).error, 'FENCED_INSTANCE_ID')
    assert.equal(world.beat({ memberId: 'a', instanceId: 'j', epoch: -1 }).error, 'UNKNOWN_MEMBER_ID')
    assert.equal(a.leave().error, 'NONE')
    assert.equal(world.describe().groupState, 'Empty')
  })

  it('that is not known is refused with its instance', () => {
    const world = new ConsumerWorld({ t: 4 })
    world.beat({ memberId: 'a', epoch: 0, ...asInstance })
    assert.equal(world.beat({ memberId: 'a', instanceId: 'j', epoch: 2 }).error, 'UNKNOWN_MEMBER_ID')
    assert.equal(world.beat({ memberId: 'a', instanceId: 'i', epoch: 9 }).error, 'FENCED_MEMBER_EPOCH')
  })

  it('does not need more room when it comes back', () => {
    const world = new ConsumerWorld({ t: 4 })
    const { consumer } = world.config
    world.send({ type: 'ConfigChanged', config: { ...world.config, consumer: { ...consumer, sizeMax: 1 } } })
    const a = new TestConsumer(world, 'a', asInstance)
    a.beat()
    a.leave(-2)
    assert.equal(new TestConsumer(world, 'b', asInstance).beat().error, 'NONE')
  })
})

describe('An empty classic group', () => {
  it('makes room for a consumer group, and keeps its offsets', () => {
    const world = new ConsumerWorld({ t: 1 })
    world.commit({ offsets: { 0: 5 }, topicId: topicIdOf('t') })
    assert.equal(world.beat({ epoch: 0, ...reads }).error, 'NONE')
    assert.deepEqual(world.committed('t', [0]), [5])
    world.restart()
    assert.equal(world.describe().groupState, 'Stable')
    assert.deepEqual(world.committed('t', [0]), [5])
  })

  it('is nobody’s to heartbeat in', () => {
    const world = new ConsumerWorld({ t: 1 })
    world.commit({ offsets: { 0: 5 } })
    assert.equal(world.beat({ epoch: 3 }).error, 'GROUP_ID_NOT_FOUND')
  })
})
