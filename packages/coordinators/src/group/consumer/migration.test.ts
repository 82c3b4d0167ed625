import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeAssignment, encodeAssignment, encodeSubscription, errorName } from '@gregor/protocol'
import { ClassicConsumer, subscription } from '../classic-consumer-fixture.ts'
import { ConsumerWorld, imageWith, settle, TestConsumer, topicIdOf } from '../consumer-fixture.ts'
import type { GroupCoordinatorConfig } from '../group-config.ts'
import { contextOf } from '../group-fixture.ts'

const reads = { topics: ['t'] }
function assigning(partitions: readonly number[], userData: Buffer | null = null): string {
  const bytes = encodeAssignment({ assignedPartitions: [{ topic: 't', partitions: [...partitions] }], userData }, 1)
  return bytes.toString('latin1')
}

function withPolicy(allowsUpgrade: boolean, allowsDowngrade: boolean): Partial<GroupCoordinatorConfig> {
  const { consumer } = new ConsumerWorld().config
  return { consumer: { ...consumer, migrationPolicy: { allowsUpgrade, allowsDowngrade } } }
}

function settleAll(classic: readonly ClassicConsumer[], consumers: readonly TestConsumer[]): void {
  for (let round = 0; round < 10; round++) {
    for (const one of classic) one.live()
    for (const one of consumers) one.beat()
  }
}

/** A classic group of two consumers, stable: the first has 0 and 1, the second 2 and 3. */
function classicWorld(config: Partial<GroupCoordinatorConfig> = {}, instances: readonly (string | undefined)[] = []) {
  const world = new ConsumerWorld({ t: 4 }, config)
  const [a, b] = [0, 1].map((index) => {
    const instanceId = instances[index]
    return new ClassicConsumer(world, { apiVersion: 3, ...(instanceId === undefined ? {} : { instanceId }) })
  }) as [ClassicConsumer, ClassicConsumer]
  const waiters = [a, b].map((_, index) => {
    const instanceId = instances[index]
    const protocols = { range: subscription }
    const instance = instanceId === undefined ? {} : { instanceId }
    return world.join({ apiVersion: 3, protocols, sessionTimeoutMs: 45_000, ...instance })
  })
  world.advance(6000)
  a.read(waiters[0] ?? 0)
  b.read(waiters[1] ?? 0)
  const assignments = { [a.memberId]: assigning([0, 1]), [b.memberId]: assigning([2, 3]) }
  const latin = Object.fromEntries(
    Object.entries(assignments).map(([memberId, text]) => [memberId, Buffer.from(text, 'latin1')]),
  )
  world.sync({ memberId: a.memberId, generationId: 1, assignments: latin })
  a.sync()
  b.sync()
  return { world, a, b }
}

describe('A classic group that a consumer joins', () => {
  it('becomes a consumer group: its members keep what they have, and share', () => {
    const { world, a, b } = classicWorld()
    assert.deepEqual(
      [a.owned, b.owned],
      [
        [0, 1],
        [2, 3],
      ],
    )
    const c = new TestConsumer(world, 'c', reads)
    assert.deepEqual([c.beat().error, c.epoch, c.owned], ['NONE', 2, {}])
    assert.equal(world.state(), 'Dead')
    assert.deepEqual(
      world.describe().members.map(({ memberId, memberType }) => [memberId, memberType]),
      [
        [a.memberId, 0],
        [b.memberId, 0],
        ['c', 1],
      ],
    )
    settleAll([a, b], [c])
    assert.deepEqual([a.owned, b.owned, c.owned], [[0, 1], [2], { t: [3] }])
    assert.equal(world.describe().groupState, 'Stable')
  })

  it('is the same after a restart of the coordinator', () => {
    const { world, a, b } = classicWorld()
    const c = new TestConsumer(world, 'c', reads)
    c.beat()
    world.restart()
    settleAll([a, b], [c])
    assert.deepEqual([a.owned, b.owned, c.owned], [[0, 1], [2], { t: [3] }])
  })

  it('asks those who wait in it to begin anew', () => {
    const { world, a, b } = classicWorld()
    const joining = world.join({ memberId: a.memberId, protocols: { range: subscription } })
    new TestConsumer(world, 'c', reads).beat()
    assert.equal(world.joined(joining)?.error, 'REBALANCE_IN_PROGRESS')
    assert.equal(b.heartbeat(), 'REBALANCE_IN_PROGRESS')
  })

  it('asks those who wait for an assignment in it to begin anew', () => {
    const { world, a, b } = classicWorld()
    world.join({ memberId: a.memberId, protocols: { range: subscription } })
    world.join({ memberId: b.memberId, protocols: { range: subscription } })
    const syncing = world.sync({ memberId: b.memberId, generationId: 2 })
    new TestConsumer(world, 'c', reads).beat()
    assert.equal(world.synced(syncing)?.error, 'REBALANCE_IN_PROGRESS')
  })

  it('in its first rebalance already becomes a consumer group', () => {
    const world = new ConsumerWorld({ t: 4 })
    const waiter = world.join({ apiVersion: 3, protocols: { range: subscription } })
    assert.equal(new TestConsumer(world, 'c', reads).beat().error, 'NONE')
    assert.equal(world.joined(waiter)?.error, 'REBALANCE_IN_PROGRESS')
    assert.equal(world.describe().members.length, 2)
  })

  it('without members, in its first rebalance, becomes one that is its own', () => {
    const world = new ConsumerWorld({ t: 4 })
    const memberId = world.joined(world.join({ protocols: { range: subscription } }))?.memberId ?? ''
    world.join({ memberId, protocols: { range: subscription } })
    world.join({ protocols: { range: subscription } })
    world.leave({ memberId })
    assert.equal(world.state(), 'PreparingRebalance')
    assert.deepEqual(world.beat({ memberId: 'c', epoch: 0, ...reads }).assigned, { t: [0, 1, 2, 3] })
  })

  for (const [why, options] of [
    ['whose upgrade is not allowed', { config: withPolicy(false, true) }],
    ['of something else than consumers', { protocolType: 'connect' }],
    ['whose subscriptions nobody understands', { metadata: Buffer.from('?') }],
    ['of which an assignor of its own remembers something', { userData: Buffer.from('x') }],
    ['that is too large', { config: { consumer: { ...new ConsumerWorld().config.consumer, sizeMax: 0 } } }],
  ] as const satisfies readonly (readonly [string, object])[]) {
    it(`is not found ${why}`, () => {
      const {
        config,
        protocolType = 'consumer',
        metadata = subscription,
        userData = null,
      } = options as {
        config?: Partial<GroupCoordinatorConfig>
        protocolType?: string
        metadata?: Buffer
        userData?: Buffer | null
      }
      const world = new ConsumerWorld({ t: 4 }, config)
      const waiter = world.join({ apiVersion: 3, protocolType, protocols: { range: metadata } })
      world.advance(3000)
      const memberId = world.joined(waiter)?.memberId ?? ''
      const bytes = Buffer.from(assigning([0], userData), 'latin1')
      world.sync({ memberId, generationId: 1, protocolType, assignments: { [memberId]: bytes } })
      const before = world.records.length
      const answer = world.beat({ memberId: 'c', epoch: 0, ...reads })
      assert.equal(answer.error, 'GROUP_ID_NOT_FOUND')
      assert.equal(world.records.length, before)
      assert.equal(world.state(), 'Stable')
    })
  }
})

describe('A consumer group that a classic consumer joins', () => {
  it('takes it in: generations are epochs, and each gets its part', () => {
    const world = new ConsumerWorld({ t: 4 })
    const c = new TestConsumer(world, 'c', reads)
    c.beat()
    const a = new ClassicConsumer(world)
    assert.deepEqual([a.join(), a.generationId, a.sync(), a.owned], ['NONE', 3, 'NONE', []])
    settleAll([a], [c])
    assert.deepEqual([a.owned, c.owned], [[2, 3], { t: [0, 1] }])
  })

  it('is told of its leader and members by nobody', () => {
    const world = new ConsumerWorld({ t: 4 })
    new TestConsumer(world, 'c', reads).beat()
    const waiter = world.join({ apiVersion: 3, protocols: { range: subscription } })
    assert.deepEqual(world.joined(waiter), {
      error: 'NONE',
      errorCode: 0,
      generationId: 3,
      protocolType: 'consumer',
      protocolName: 'range',
      leader: '',
      memberId: 'AAAAAAAAQACAAAAAAAAAAA',
      members: [],
    })
  })

  it('gives its id first to a new member since version 4', () => {
    const world = new ConsumerWorld({ t: 4 })
    new TestConsumer(world, 'c', reads).beat()
    const answer = world.joined(world.join({ apiVersion: 4, protocols: { range: subscription } }))
    assert.deepEqual([answer?.error, answer?.memberId], ['MEMBER_ID_REQUIRED', 'AAAAAAAAQACAAAAAAAAAAA'])
  })

  for (const [why, error, options] of [
    ['of another protocol type', 'INCONSISTENT_GROUP_PROTOCOL', { protocolType: 'connect' }],
    ['without a protocol', 'INCONSISTENT_GROUP_PROTOCOL', { protocols: {} }],
    ['with a subscription nobody understands', 'INCONSISTENT_GROUP_PROTOCOL', { protocols: { range: '?' } }],
    ['of an instance that is not there', 'UNKNOWN_MEMBER_ID', { memberId: 'x', instanceId: 'i' }],
  ] as const) {
    it(`refuses a member ${why}`, () => {
      const world = new ConsumerWorld({ t: 4 })
      new TestConsumer(world, 'c', reads).beat()
      const waiter = world.join({ apiVersion: 3, protocols: { range: subscription }, ...options })
      assert.equal(world.joined(waiter)?.error, error)
      assert.equal(world.describe().members.length, 1)
    })
  }

  it('refuses it where migration is disabled, or the group is full', () => {
    const disabled = new ConsumerWorld({ t: 4 }, withPolicy(false, false))
    new TestConsumer(disabled, 'c', reads).beat()
    const refused = disabled.join({ apiVersion: 3, protocols: { range: subscription } })
    assert.equal(disabled.joined(refused)?.error, 'INCONSISTENT_GROUP_PROTOCOL')
    const { consumer } = disabled.config
    const full = new ConsumerWorld(
      { t: 4 },
      { consumer: { ...consumer, sizeMax: 1, migrationPolicy: { allowsUpgrade: true, allowsDowngrade: true } } },
    )
    new TestConsumer(full, 'c', reads).beat()
    const late = full.join({ apiVersion: 3, protocols: { range: subscription } })
    assert.equal(full.joined(late)?.error, 'GROUP_MAX_SIZE_REACHED')
  })

  it('refuses a member that has no protocol in common with the other classic ones', () => {
    const world = new ConsumerWorld({ t: 4 })
    new TestConsumer(world, 'c', reads).beat()
    new ClassicConsumer(world).join()
    const waiter = world.join({ apiVersion: 3, protocols: { sticky: subscription } })
    assert.equal(world.joined(waiter)?.error, 'INCONSISTENT_GROUP_PROTOCOL')
  })

  it('makes a classic group of an empty one', () => {
    const world = new ConsumerWorld({ t: 4 })
    const c = new TestConsumer(world, 'c', reads)
    c.beat()
    c.leave()
    const waiter = world.join({ apiVersion: 3, protocols: { range: subscription } })
    world.advance(3000)
    assert.equal(world.joined(waiter)?.generationId, 1)
    assert.equal(world.describe().errorCode, 69)
    world.restart()
    assert.equal(world.state(), 'Empty')
  })
})

describe('A classic member of a consumer group', () => {
  function mixed(): { world: ConsumerWorld; a: ClassicConsumer; c: TestConsumer } {
    const world = new ConsumerWorld({ t: 4 })
    const [a, c] = [new ClassicConsumer(world), new TestConsumer(world, 'c', reads)]
    c.beat()
    a.join()
    a.sync()
    settleAll([a], [c])
    return { world, a, c }
  }

  it('is refused where it is not what it says', () => {
    const { world, a, c } = mixed()
    assert.equal(world.heartbeat('x', a.generationId), 'UNKNOWN_MEMBER_ID')
    assert.equal(world.heartbeat('c', c.epoch), 'UNKNOWN_MEMBER_ID')
    assert.equal(world.heartbeat(a.memberId, a.generationId + 1), 'ILLEGAL_GENERATION')
    assert.equal(world.heartbeat(a.memberId, a.generationId, { instanceId: 'i' }), 'UNKNOWN_MEMBER_ID')
    const sync = (more: object) => {
      return world.synced(world.sync({ memberId: a.memberId, generationId: a.generationId, ...more }))?.error
    }
    assert.equal(sync({ protocolName: 'sticky' }), 'INCONSISTENT_GROUP_PROTOCOL')
    assert.equal(sync({ protocolType: 'connect' }), 'INCONSISTENT_GROUP_PROTOCOL')
    assert.equal(sync({ generationId: 99 }), 'ILLEGAL_GENERATION')
    assert.equal(sync({}), 'NONE')
  })

  it('is told to join again when there is a new target, and has no assignment before', () => {
    const { world, a } = mixed()
    new TestConsumer(world, 'd', reads).beat()
    assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS')
    assert.equal(a.sync(), 'REBALANCE_IN_PROGRESS')
  })

  it('is fenced when it does not join again in time', () => {
    const { world, a, c } = mixed()
    const d = new TestConsumer(world, 'd', reads)
    d.beat()
    for (let ms = 0; ms < 60_000; ms += 5000) {
      assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS')
      settle([c, d])
      world.advance(5000)
    }
    assert.equal(a.heartbeat(), 'UNKNOWN_MEMBER_ID')
  })

  it('is fenced when it does not ask for its assignment in time', () => {
    const { world, a, c } = mixed()
    const d = new TestConsumer(world, 'd', reads)
    d.beat()
    a.join()
    for (let ms = 0; ms < 60_000; ms += 5000) {
      a.heartbeat()
      settle([c, d])
      world.advance(5000)
    }
    assert.equal(a.heartbeat(), 'UNKNOWN_MEMBER_ID')
  })

  it('is fenced when its session ends', () => {
    const { world, a, c } = mixed()
    for (let ms = 0; ms < 45_000; ms += 5000) {
      c.beat()
      world.advance(5000)
    }
    assert.equal(a.heartbeat(), 'UNKNOWN_MEMBER_ID')
  })

  it('leaves by LeaveGroup, and takes consumers and instances along where it is asked to', () => {
    const { world, a, c } = mixed()
    world.beat({ memberId: 'e', instanceId: 'i', epoch: 0, ...reads })
    assert.deepEqual(
      world.leave(
        { memberId: 'x' },
        { memberId: a.memberId },
        { instanceId: 'i' },
        { instanceId: 'j' },
        {
          memberId: 'x',
          instanceId: 'i',
        },
      ),
      ['UNKNOWN_MEMBER_ID', 'NONE', 'NONE', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'],
    )
    settle([c])
    assert.deepEqual(c.owned, { t: [0, 1, 2, 3] })
    assert.deepEqual(world.leave({ memberId: 'c' }), ['NONE'])
    assert.equal(world.describe().groupState, 'Empty')
  })

  it('is replaced by a consumer with its instance', () => {
    const world = new ConsumerWorld({ t: 4 })
    const [c, a] = [new TestConsumer(world, 'c', reads), new ClassicConsumer(world, { instanceId: 'i' })]
    c.beat()
    a.join()
    a.sync()
    settleAll([a], [c])
    const owned = a.owned
    const successor = new TestConsumer(world, 'd', { ...reads, instanceId: 'i' })
    successor.beat()
    assert.deepEqual(successor.owned, { t: owned })
    assert.equal(a.heartbeat(), 'FENCED_INSTANCE_ID')
  })
})

describe('A consumer group with classic members only', () => {
  it('is a classic group again when the last consumer leaves, and rebalances in the classic way', () => {
    const { world, a, b } = classicWorld()
    const c = new TestConsumer(world, 'c', reads)
    c.beat()
    settleAll([a, b], [c])
    c.leave()
    assert.equal(world.describe().errorCode, 69)
    assert.equal(world.state(), 'PreparingRebalance')
    assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS')
    const waiters = [a, b].map(({ memberId }) => world.join({ memberId, protocols: { range: subscription } }))
    const answers = waiters.map((waiter) => world.joined(waiter))
    assert.deepEqual(
      answers.map((answer) => [answer?.error, answer?.members?.length]),
      [
        ['NONE', 2],
        ['NONE', 0],
      ],
    )
  })

  it('stores its members with what was meant for them', () => {
    const { world, a, b } = classicWorld()
    const c = new TestConsumer(world, 'c', reads)
    c.beat()
    settleAll([a, b], [c])
    c.leave()
    const record = world.records.at(-1)
    assert.ok(record?.type === 'GroupMetadata')
    const stored = record.value?.members.map(({ memberId, assignment }) => {
      return [memberId, decodeAssignment(assignment).assignedPartitions]
    })
    assert.deepEqual(stored, [
      [a.memberId, [{ topic: 't', partitions: [0, 1] }]],
      [b.memberId, [{ topic: 't', partitions: [2] }]],
    ])
    world.restart()
    assert.equal(world.state(), 'Stable')
    assert.equal(world.rebuilt().logged.consumerGroups.size, 0)
  })

  it('does not end its phases by the timers of its first life', () => {
    const { world, a, b } = classicWorld()
    // A rebalance is under way when the group is upgraded: its time runs.
    world.join({ memberId: a.memberId, protocols: { range: subscription } })
    const c = new TestConsumer(world, 'c', { ...reads, instanceId: 'i' })
    c.beat()
    settleAll([a, b], [c])
    // It is a classic group again without a rebalance.
    const { memberId = '', generationId = 0 } =
      world.joined(world.join({ instanceId: 'i', protocols: { range: subscription } })) ?? {}
    world.sync({ memberId, generationId, instanceId: 'i' })
    assert.equal(world.state(), 'Stable')
    for (let ms = 0; ms < 70_000; ms += 5000) {
      for (const one of [a, b]) assert.equal(world.heartbeat(one.memberId, generationId), 'NONE')
      assert.equal(world.heartbeat(memberId, generationId, { instanceId: 'i' }), 'NONE')
      world.advance(5000)
    }
    assert.equal(world.state(), 'Stable')
  })

  it('is one, too, when the last consumer is fenced', () => {
    const { world, a, b } = classicWorld()
    new TestConsumer(world, 'c', reads).beat()
    for (let ms = 0; ms < 45_000; ms += 5000) {
      a.live()
      b.live()
      world.advance(5000)
    }
    assert.equal(world.state(), 'PreparingRebalance')
  })

  it('stays a consumer group where downgrades are not allowed, or it would be too large', () => {
    for (const config of [withPolicy(true, false), { classicGroupSizeMax: 1 }]) {
      const { world } = classicWorldOf(config)
      const c = new TestConsumer(world, 'c', reads)
      c.beat()
      c.leave()
      assert.equal(world.describe().members.length, 2)
    }
  })

  it('is one when a classic consumer comes in the place of the last consumer', () => {
    const world = new ConsumerWorld({ t: 4 })
    const c = new TestConsumer(world, 'c', { ...reads, instanceId: 'i' })
    c.beat()
    const a = new ClassicConsumer(world)
    a.join()
    a.sync()
    settleAll([a], [c])
    const waiter = world.join({ instanceId: 'i', protocols: { range: subscription } })
    const answer = world.joined(waiter)
    assert.deepEqual([answer?.error, answer?.protocolName], ['NONE', 'range'])
    assert.equal(world.state(), 'Stable')
    const memberId = answer?.memberId ?? ''
    const synced = world.synced(world.sync({ memberId, generationId: answer?.generationId ?? 0, instanceId: 'i' }))
    assert.deepEqual(decodeAssignment(Buffer.from(synced?.assignment ?? [])).assignedPartitions, [
      { topic: 't', partitions: [0, 1] },
    ])
    world.restart()
    assert.equal(world.state(), 'Stable')
  })

  it('rebalances when a classic consumer comes in the place of the last consumer and reads something else', () => {
    const world = new ConsumerWorld({ t: 4, u: 1 })
    const c = new TestConsumer(world, 'c', { ...reads, instanceId: 'i' })
    c.beat()
    const a = new ClassicConsumer(world)
    a.join()
    a.sync()
    settleAll([a], [c])
    const other = encodeSubscription({ topics: ['u'], userData: null, ownedPartitions: [] }, 1)
    world.join({ instanceId: 'i', protocols: { range: other } })
    assert.equal(world.state(), 'PreparingRebalance')
  })
})

describe('Offsets of a group that changes its protocol', () => {
  it('stay', () => {
    const { world, a } = classicWorld()
    const topicId = topicIdOf('t')
    assert.equal(world.commit({ memberId: a.memberId, generationId: 1, topicId, offsets: { 0: 7 } }), 'NONE')
    const c = new TestConsumer(world, 'c', reads)
    c.beat()
    assert.deepEqual(world.committed('t', [0]), [7])
    // A classic member may commit in version 8, in the words of its protocol.
    const commit = (generationId: number) =>
      world.commit({ memberId: a.memberId, generationId, topicId, offsets: { 0: 8 }, apiVersion: 8 })
    assert.deepEqual([commit(1), commit(5)], ['NONE', 'ILLEGAL_GENERATION'])
    c.leave()
    assert.deepEqual(world.committed('t', [0]), [8])
  })
})

describe('SyncGroup and LeaveGroup in a group that is not there', () => {
  it('find nobody', () => {
    const world = new ConsumerWorld({})
    assert.equal(world.synced(world.sync({ memberId: 'm', generationId: 1 }))?.error, 'UNKNOWN_MEMBER_ID')
    const request = { groupId: 'g', memberId: 'm', members: [] }
    assert.equal(
      errorName(world.send({ type: 'LeaveGroup', request, context: contextOf(0) }).errorCode),
      'UNKNOWN_MEMBER_ID',
    )
  })
})

function classicWorldOf(config: Partial<GroupCoordinatorConfig>): { world: ConsumerWorld } {
  const { world } = classicWorld({ ...config, classicGroupSizeMax: 1000 })
  world.send({ type: 'ConfigChanged', config: { ...world.config, ...config } })
  world.setImage(imageWith({ t: 4 }))
  return { world }
}
