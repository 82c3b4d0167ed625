import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@gregor/protocol'
import { GroupWorld, contextOf } from '../group-fixture.ts'

const [a, b] = [0, 1].map((n) => `client-00000000-0000-4000-8000-00000000000${n}`) as [string, string]

const states = ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable'] as const

/** The group `g` in that state, with `a` (the leader) and `b` where it has members. */
function worldIn(state: (typeof states)[number]): GroupWorld {
  const world = new GroupWorld()
  world.join({ apiVersion: 3 })
  world.join({ apiVersion: 3 })
  world.advance(6000)
  if (state === 'Stable') world.sync({ memberId: a, generationId: 1 })
  if (state === 'PreparingRebalance') world.join({ memberId: a, protocols: { range: 'x' } })
  if (state === 'Empty') world.leave({ memberId: a }, { memberId: b })
  assert.equal(world.state(), state)
  return world
}

// What is answered, then the state afterwards.
const expected = {
  'Heartbeat of a member': {
    Empty: ['UNKNOWN_MEMBER_ID', 'Empty'],
    PreparingRebalance: ['REBALANCE_IN_PROGRESS', 'PreparingRebalance'],
    CompletingRebalance: ['NONE', 'CompletingRebalance'],
    Stable: ['NONE', 'Stable'],
  },
  'Heartbeat of another generation': {
    Empty: ['UNKNOWN_MEMBER_ID', 'Empty'],
    PreparingRebalance: ['ILLEGAL_GENERATION', 'PreparingRebalance'],
    CompletingRebalance: ['ILLEGAL_GENERATION', 'CompletingRebalance'],
    Stable: ['ILLEGAL_GENERATION', 'Stable'],
  },
  'LeaveGroup of a member': {
    Empty: ['UNKNOWN_MEMBER_ID', 'Empty'],
    PreparingRebalance: ['NONE', 'CompletingRebalance'],
    CompletingRebalance: ['NONE', 'PreparingRebalance'],
    Stable: ['NONE', 'PreparingRebalance'],
  },
  'LeaveGroup of a stranger': {
    Empty: ['UNKNOWN_MEMBER_ID', 'Empty'],
    PreparingRebalance: ['UNKNOWN_MEMBER_ID', 'PreparingRebalance'],
    CompletingRebalance: ['UNKNOWN_MEMBER_ID', 'CompletingRebalance'],
    Stable: ['UNKNOWN_MEMBER_ID', 'Stable'],
  },
  'OffsetCommit of a member': {
    Empty: ['UNKNOWN_MEMBER_ID', 'Empty'],
    PreparingRebalance: ['NONE', 'PreparingRebalance'],
    CompletingRebalance: ['REBALANCE_IN_PROGRESS', 'CompletingRebalance'],
    Stable: ['NONE', 'Stable'],
  },
  'OffsetCommit of an administrator': {
    Empty: ['NONE', 'Empty'],
    PreparingRebalance: ['UNKNOWN_MEMBER_ID', 'PreparingRebalance'],
    CompletingRebalance: ['UNKNOWN_MEMBER_ID', 'CompletingRebalance'],
    Stable: ['UNKNOWN_MEMBER_ID', 'Stable'],
  },
  DeleteGroups: {
    Empty: ['NONE', 'Dead'],
    PreparingRebalance: ['NON_EMPTY_GROUP', 'PreparingRebalance'],
    CompletingRebalance: ['NON_EMPTY_GROUP', 'CompletingRebalance'],
    Stable: ['NON_EMPTY_GROUP', 'Stable'],
  },
} as const

const events: Record<keyof typeof expected, (world: GroupWorld) => string | undefined> = {
  'Heartbeat of a member': (world) => world.heartbeat(b, 1),
  'Heartbeat of another generation': (world) => world.heartbeat(b, 7),
  'LeaveGroup of a member': (world) => world.leave({ memberId: b })[0],
  'LeaveGroup of a stranger': (world) => world.leave({ memberId: 'x' })[0],
  'OffsetCommit of a member': (world) => world.commit({ memberId: b, generationId: 1, offsets: { 0: 5 } }),
  'OffsetCommit of an administrator': (world) => world.commit({ offsets: { 0: 5 } }),
  DeleteGroups: (world) => {
    return errorName(world.send({ type: 'DeleteGroups', groupIds: ['g'] })[0]?.errorCode ?? 0)
  },
}

describe('A classic group', () => {
  for (const event of Object.keys(expected) as (keyof typeof expected)[]) {
    for (const state of states) {
      const [error, next] = expected[event][state]
      it(`in ${state} answers ${event} with ${error} and is ${next} then`, () => {
        const world = worldIn(state)
        assert.equal(events[event](world), error)
        assert.equal(world.state(), next)
      })
    }
  }
})

describe('A session', () => {
  it('ends when nothing is heard, and the others rebalance', () => {
    const world = worldIn('Stable')
    world.advance(9999)
    world.heartbeat(a, 1)
    world.advance(1)
    assert.equal(world.state(), 'PreparingRebalance')
    assert.equal(world.heartbeat(b, 1), 'UNKNOWN_MEMBER_ID')
  })

  it('is renewed by offset commits, too', () => {
    const world = worldIn('Stable')
    world.advance(9000)
    world.heartbeat(a, 1)
    world.commit({ memberId: b, generationId: 1, offsets: { 0: 1 } })
    world.advance(9999)
    assert.equal(world.state(), 'Stable')
  })

  it('does not end while its member waits for others', () => {
    const world = worldIn('Stable')
    const waiting = world.join({ memberId: a, sessionTimeoutMs: 10 })
    world.advance(9999)
    assert.equal(world.joined(waiting), undefined)
    world.advance(1)
    assert.equal(world.joined(waiting)?.generationId, 2)
  })

  it('leaves the group empty when it was the last', () => {
    const world = worldIn('Stable')
    world.advance(70_000)
    assert.equal(world.state(), 'Empty')
  })

  it('begins anew after a restart of the coordinator', () => {
    const world = worldIn('Stable')
    world.advance(9000)
    world.restart()
    world.advance(9999)
    assert.deepEqual([world.state(), world.heartbeat(a, 1)], ['Stable', 'NONE'])
  })
})

describe('LeaveGroup', () => {
  it('takes several members at once', () => {
    assert.deepEqual(worldIn('Stable').leave({ memberId: a }, { memberId: 'x' }, { memberId: b }), [
      'NONE',
      'UNKNOWN_MEMBER_ID',
      'NONE',
    ])
  })

  it('takes one in versions 0 to 2, and answers in their form', () => {
    const world = worldIn('Stable')
    const request = { groupId: 'g', memberId: b, members: [] }
    assert.deepEqual(world.send({ type: 'LeaveGroup', request, context: contextOf(2) }), { errorCode: 0 })
    assert.deepEqual(world.send({ type: 'LeaveGroup', request, context: contextOf(2) }), { errorCode: 25 })
  })

  it('takes static members by their instance', () => {
    const world = new GroupWorld()
    world.join({ instanceId: 'i' })
    world.advance(3000)
    assert.deepEqual(world.leave({ instanceId: 'x' }, { memberId: 'x', instanceId: 'i' }, { instanceId: 'i' }, {}), [
      'UNKNOWN_MEMBER_ID',
      'FENCED_INSTANCE_ID',
      'NONE',
      'UNKNOWN_MEMBER_ID',
    ])
    assert.equal(world.state(), 'Empty')
  })

  it('takes back an id that was given and not used', () => {
    const world = worldIn('Stable')
    const id = world.joined(world.join())?.memberId ?? ''
    assert.deepEqual(world.leave({ memberId: id }), ['NONE'])
    assert.equal(world.joined(world.join({ memberId: id }))?.error, 'UNKNOWN_MEMBER_ID')
  })

  it('asks whoever waits in JoinGroup or SyncGroup to begin anew', () => {
    const world = worldIn('PreparingRebalance')
    const joining = world.join({ memberId: a })
    world.leave({ memberId: a })
    assert.deepEqual([world.joined(joining)?.error, world.joined(joining)?.memberId], ['UNKNOWN_MEMBER_ID', ''])
    const other = worldIn('CompletingRebalance')
    const syncing = other.sync({ memberId: b, generationId: 1 })
    other.leave({ memberId: b })
    assert.equal(other.synced(syncing)?.error, 'UNKNOWN_MEMBER_ID')
  })

  it('is refused without a group, and finds nobody in an unknown one', () => {
    const world = new GroupWorld()
    const leave = (groupId: string) =>
      world.send({
        type: 'LeaveGroup',
        request: { groupId, memberId: '', members: [{ memberId: 'm', groupInstanceId: null, reason: null }] },
        context: contextOf(5),
      })
    assert.deepEqual(leave(''), { errorCode: 24 })
    assert.deepEqual(leave('h'), {
      errorCode: 0,
      members: [{ memberId: 'm', groupInstanceId: null, errorCode: 25 }],
    })
  })
})

describe('Heartbeat', () => {
  it('is refused without a group, and for an unknown one', () => {
    const world = new GroupWorld()
    assert.equal(world.heartbeat('m', 0, { groupId: '' }), 'INVALID_GROUP_ID')
    assert.equal(world.heartbeat('m', 0), 'UNKNOWN_MEMBER_ID')
  })
})
