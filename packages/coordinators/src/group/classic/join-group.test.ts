import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GroupWorld } from '../group-fixture.ts'

const client = (n: number) => `client-00000000-0000-4000-8000-00000000000${n}`

/** A stable group of consumers `a` (the leader) and `b`. */
function stableWorld(): { world: GroupWorld; a: string; b: string } {
  const world = new GroupWorld()
  const [a, b] = [world.join({ apiVersion: 3 }), world.join({ apiVersion: 3 })]
  world.advance(6000)
  const [leader, follower] = [world.joined(a)?.memberId ?? '', world.joined(b)?.memberId ?? '']
  world.sync({ memberId: leader, generationId: 1, assignments: { [leader]: 'A', [follower]: 'B' } })
  world.sync({ memberId: follower, generationId: 1 })
  return { world, a: leader, b: follower }
}

describe('A new dynamic member', () => {
  it('is given an id first since version 4, and comes again with it', () => {
    const world = new GroupWorld()
    const first = world.join({ apiVersion: 4 })
    assert.deepEqual(world.joined(first), {
      error: 'MEMBER_ID_REQUIRED',
      errorCode: 79,
      generationId: -1,
      protocolType: null,
      protocolName: '',
      leader: '',
      memberId: client(0),
      members: [],
    })
    assert.equal(world.state(), 'Empty')
    const second = world.join({ apiVersion: 4, memberId: client(0) })
    world.advance(3000)
    assert.equal(world.joined(second)?.error, 'NONE')
  })

  for (const apiVersion of [0, 1, 2, 3]) {
    it(`is taken at once in version ${apiVersion}`, () => {
      const world = new GroupWorld()
      const waiter = world.join({ apiVersion })
      assert.equal(world.state(), 'PreparingRebalance')
      world.advance(3000)
      assert.equal(world.joined(waiter)?.memberId, client(0))
    })
  }

  it('loses the id it was given when it does not come back within its session timeout', () => {
    const world = new GroupWorld()
    world.join({ sessionTimeoutMs: 500 })
    world.advance(500)
    assert.equal(world.joined(world.join({ memberId: client(0) }))?.error, 'UNKNOWN_MEMBER_ID')
  })

  it('may bring any protocol where those before it have all gone', () => {
    const { world, a, b } = stableWorld()
    const id = world.joined(world.join())?.memberId ?? ''
    world.leave({ memberId: a }, { memberId: b })
    assert.equal(world.state(), 'PreparingRebalance')
    const came = world.join({ memberId: id, protocols: { sticky: '' } })
    assert.deepEqual([world.joined(came)?.error, world.joined(came)?.protocolName], ['NONE', 'sticky'])
  })

  it('keeps a rebalance from ending while it has an id and has not come back', () => {
    const { world, a, b } = stableWorld()
    const pending = world.join({ sessionTimeoutMs: 500 })
    const id = world.joined(pending)?.memberId ?? ''
    const rejoined = [world.join({ memberId: a }), world.join({ memberId: b })]
    assert.deepEqual(
      rejoined.map((waiter) => world.joined(waiter)),
      [undefined, undefined],
    )
    const came = world.join({ memberId: id })
    assert.equal(world.joined(came)?.generationId, 2)
    assert.equal(world.state(), 'CompletingRebalance')
  })

  it('is no longer waited for when its session has ended', () => {
    const { world, a, b } = stableWorld()
    world.join({ sessionTimeoutMs: 500 })
    const rejoined = [world.join({ memberId: a }), world.join({ memberId: b })]
    world.advance(500)
    assert.deepEqual(
      rejoined.map((waiter) => world.joined(waiter)?.generationId),
      [2, 2],
    )
  })

  it('is out after five minutes in its first JoinGroup, however long the others take', () => {
    const { world, a, b } = stableWorld()
    world.join({ memberId: a, rebalanceTimeoutMs: 1_800_000, sessionTimeoutMs: 1_800_000 })
    world.heartbeat(b, 1)
    const waiter = world.join({ apiVersion: 3 })
    for (let minute = 0; minute < 5; minute++) {
      for (let beat = 0; beat < 10; beat++) {
        world.advance(6000)
        world.heartbeat(b, 1)
      }
    }
    assert.deepEqual([world.joined(waiter)?.error, world.joined(waiter)?.memberId], ['UNKNOWN_MEMBER_ID', ''])
  })
})

describe('JoinGroup is refused', () => {
  it('without a group id', () => {
    const world = new GroupWorld()
    assert.equal(world.joined(world.join({ groupId: '' }))?.error, 'INVALID_GROUP_ID')
  })

  it('with a session timeout out of bounds', () => {
    const world = new GroupWorld({ sessionTimeoutMsMin: 6000, sessionTimeoutMsMax: 30_000 })
    const errors = [5999, 6000, 30_000, 30_001].map((sessionTimeoutMs) => {
      return world.joined(world.join({ sessionTimeoutMs }))?.error
    })
    assert.deepEqual(errors, [
      'INVALID_SESSION_TIMEOUT',
      'MEMBER_ID_REQUIRED',
      'MEMBER_ID_REQUIRED',
      'INVALID_SESSION_TIMEOUT',
    ])
  })

  it('for a member of a group that is not there', () => {
    const world = new GroupWorld()
    const answer = world.joined(world.join({ memberId: 'm' }))
    assert.deepEqual([answer?.error, answer?.memberId], ['UNKNOWN_MEMBER_ID', 'm'])
    assert.deepEqual(world.records, [])
  })

  it('without a protocol type or a protocol', () => {
    const world = new GroupWorld()
    assert.equal(world.joined(world.join({ protocolType: '' }))?.error, 'INCONSISTENT_GROUP_PROTOCOL')
    assert.equal(world.joined(world.join({ protocols: {} }))?.error, 'INCONSISTENT_GROUP_PROTOCOL')
  })

  it('with another protocol type, or no protocol that all members support', () => {
    const { world, a } = stableWorld()
    assert.equal(world.joined(world.join({ protocolType: 'connect' }))?.error, 'INCONSISTENT_GROUP_PROTOCOL')
    assert.equal(world.joined(world.join({ protocols: { sticky: '' } }))?.error, 'INCONSISTENT_GROUP_PROTOCOL')
    const answer = world.joined(world.join({ memberId: a, protocols: { sticky: '' } }))
    assert.deepEqual([answer?.error, answer?.memberId], ['INCONSISTENT_GROUP_PROTOCOL', a])
  })

  it('for an unknown member, an unknown instance, and one that was replaced', () => {
    const { world, a } = stableWorld()
    assert.equal(world.joined(world.join({ memberId: 'x' }))?.error, 'UNKNOWN_MEMBER_ID')
    assert.equal(world.joined(world.join({ memberId: a, instanceId: 'i' }))?.error, 'UNKNOWN_MEMBER_ID')
  })

  it('for an id that was given to a dynamic member, with an instance id', () => {
    const world = new GroupWorld()
    const id = world.joined(world.join())?.memberId ?? ''
    assert.equal(world.joined(world.join({ memberId: id, instanceId: 'i' }))?.error, 'UNKNOWN_MEMBER_ID')
  })

  it('for a member of a group that has become empty', () => {
    const { world, a, b } = stableWorld()
    world.leave({ memberId: a }, { memberId: b })
    assert.equal(world.state(), 'Empty')
    assert.equal(world.joined(world.join({ memberId: a }))?.error, 'UNKNOWN_MEMBER_ID')
  })

  it('when the group is full', () => {
    const world = new GroupWorld({ classicGroupSizeMax: 2 })
    const waiters = [0, 1, 2].map(() => world.join({ apiVersion: 3 }))
    world.advance(6000)
    assert.deepEqual(
      waiters.map((waiter) => world.joined(waiter)?.error),
      ['NONE', 'NONE', 'GROUP_MAX_SIZE_REACHED'],
    )
    const answer = world.joined(world.join({ apiVersion: 3 }))
    assert.deepEqual([answer?.error, answer?.memberId], ['GROUP_MAX_SIZE_REACHED', ''])
  })
})

describe('A new group', () => {
  it('is stored before it has a generation, also where its first member was refused', () => {
    const world = new GroupWorld()
    world.join({ protocolType: '' })
    const value = {
      protocolType: '',
      generation: 0,
      protocol: null,
      leader: null,
      currentStateTimestamp: 1_000_000,
      members: [],
    }
    assert.deepEqual(world.records, [{ type: 'GroupMetadata', key: { group: 'g' }, value }])
  })

  it('waits for more members: longer while they come, not longer than the rebalance timeout', () => {
    const world = new GroupWorld({ initialRebalanceDelayMs: 3000 })
    const first = world.join({ apiVersion: 3, rebalanceTimeoutMs: 8000 })
    world.advance(2999)
    world.join({ apiVersion: 3, rebalanceTimeoutMs: 8000 })
    world.advance(3000)
    assert.equal(world.joined(first), undefined)
    world.join({ apiVersion: 3, rebalanceTimeoutMs: 8000 })
    world.advance(2000)
    assert.equal(world.joined(first), undefined)
    world.advance(1)
    assert.equal(world.joined(first)?.members?.length, 3)
  })

  it('does not wait where the delay is 0', () => {
    const world = new GroupWorld({ initialRebalanceDelayMs: 0 })
    const waiter = world.join({ apiVersion: 3 })
    world.advance(0)
    assert.equal(world.joined(waiter)?.generationId, 1)
  })

  it('is empty in generation 1 when its only member goes before the first one', () => {
    const world = new GroupWorld()
    world.join({ apiVersion: 3 })
    assert.deepEqual(world.leave({ memberId: client(0) }), ['NONE'])
    world.advance(3000)
    assert.equal(world.state(), 'Empty')
    assert.equal(world.records.length, 2)
  })
})

describe('A generation', () => {
  it('has the first who joined as its leader, who is told of all', () => {
    const world = new GroupWorld()
    const a = world.join({ apiVersion: 3, protocols: { range: 'A', sticky: 'a' } })
    const b = world.join({ apiVersion: 3, protocols: { sticky: 'b', range: 'B' } })
    world.advance(6000)
    assert.deepEqual(world.joined(a), {
      error: 'NONE',
      errorCode: 0,
      generationId: 1,
      protocolType: 'consumer',
      protocolName: 'range',
      leader: client(0),
      skipAssignment: false,
      memberId: client(0),
      members: [
        { memberId: client(0), groupInstanceId: null, metadata: Buffer.from('A') },
        { memberId: client(1), groupInstanceId: null, metadata: Buffer.from('B') },
      ],
    })
    assert.deepEqual([world.joined(b)?.leader, world.joined(b)?.members], [client(0), []])
  })

  it('uses the protocol that most members like best, of those that all support', () => {
    const world = new GroupWorld()
    const waiter = world.join({ apiVersion: 3, protocols: { own: '', range: '', sticky: '' } })
    world.join({ apiVersion: 3, protocols: { sticky: '', range: '' } })
    world.join({ apiVersion: 3, protocols: { sticky: '', range: '', other: '' } })
    world.advance(9000)
    assert.equal(world.joined(waiter)?.protocolName, 'sticky')
  })

  it('leaves behind who has not joined within the longest rebalance timeout, and elects another leader', () => {
    const { world, b } = stableWorld()
    const waiter = world.join({ memberId: b, protocols: { range: 'new' }, sessionTimeoutMs: 600_000 })
    // The first member is heard from, and does not join.
    for (let ms = 0; ms < 60_000; ms += 5000) {
      assert.equal(world.joined(waiter), undefined)
      world.heartbeat(client(0), 1)
      world.advance(5000)
    }
    assert.deepEqual([world.joined(waiter)?.leader, world.joined(waiter)?.members?.length], [b, 1])
  })

  it('waits for the session timeout in version 0, which knows no other', () => {
    const world = new GroupWorld()
    const old = { apiVersion: 0, sessionTimeoutMs: 20_000, rebalanceTimeoutMs: -1 }
    world.join(old)
    world.join(old)
    world.advance(6000)
    world.sync({ memberId: client(0), generationId: 1, apiVersion: 0 })
    world.sync({ memberId: client(1), generationId: 1, apiVersion: 0 })
    const again = world.join({ ...old, memberId: client(0) })
    world.advance(10_000)
    world.heartbeat(client(1), 1)
    world.advance(9999)
    assert.equal(world.joined(again), undefined)
    world.advance(1)
    assert.equal(world.joined(again)?.members?.length, 1)
  })
})

describe('A member that joins again', () => {
  it('is told of the present generation where nothing changed, without a rebalance', () => {
    const { world, a, b } = stableWorld()
    const answer = world.joined(world.join({ memberId: b }))
    assert.deepEqual([answer?.error, answer?.generationId, answer?.leader, answer?.members], ['NONE', 1, a, []])
    assert.equal(world.state(), 'Stable')
  })

  it('begins a rebalance as the leader, always', () => {
    const { world, a } = stableWorld()
    assert.equal(world.joined(world.join({ memberId: a })), undefined)
    assert.equal(world.state(), 'PreparingRebalance')
  })

  it('begins a rebalance with other metadata', () => {
    const { world, b } = stableWorld()
    world.join({ memberId: b, protocols: { range: 'x' } })
    assert.equal(world.state(), 'PreparingRebalance')
  })

  it('is told again what it missed while assignments are made', () => {
    const world = new GroupWorld()
    world.join({ apiVersion: 3 })
    world.join({ apiVersion: 3 })
    world.advance(6000)
    const [leader, other] = [world.join({ memberId: client(0) }), world.join({ memberId: client(1) })]
    assert.deepEqual([world.joined(leader)?.members?.length, world.joined(other)?.members?.length], [2, 0])
    assert.equal(world.state(), 'CompletingRebalance')
    world.join({ memberId: client(1), protocols: { range: 'x' } })
    assert.equal(world.state(), 'PreparingRebalance')
  })

  it('gives up the JoinGroup that it sent before', () => {
    const { world, a } = stableWorld()
    const [first, second] = [world.join({ memberId: a }), world.join({ memberId: a })]
    assert.equal(world.joined(first)?.error, 'REBALANCE_IN_PROGRESS')
    assert.equal(world.joined(second), undefined)
  })

  it('stays out where the bound was lowered and others were faster', () => {
    const { world, a, b } = stableWorld()
    world.send({ type: 'ConfigChanged', config: { ...world.config, classicGroupSizeMax: 1 } })
    world.restart()
    assert.equal(world.state(), 'Stable')
    world.send({ type: 'ConfigChanged', config: { ...world.config, classicGroupSizeMax: 1 } })
    const first = world.join({ memberId: a })
    assert.equal(world.joined(world.join({ memberId: b }))?.error, 'GROUP_MAX_SIZE_REACHED')
    world.advance(60_000)
    assert.equal(world.joined(first)?.members?.length, 1)
  })
})
