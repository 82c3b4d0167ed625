import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeAssignment } from '@gregor/protocol'
import type { GroupCoordinatorConfig } from '../group-config.ts'
import { GroupWorld } from '../group-fixture.ts'

const [a, b] = [0, 1].map((n) => `client-00000000-0000-4000-8000-00000000000${n}`) as [string, string]

/** A group whose generation 1 waits for its leader `a`. */
function completingWorld(config: Partial<GroupCoordinatorConfig> = {}): GroupWorld {
  const world = new GroupWorld(config)
  world.join({ apiVersion: 3 })
  world.join({ apiVersion: 3 })
  world.advance(6000)
  assert.equal(world.state(), 'CompletingRebalance')
  return world
}

describe('SyncGroup', () => {
  it('waits for the leader, and gives everybody a part', () => {
    const world = completingWorld()
    const follower = world.sync({ memberId: b, generationId: 1 })
    assert.equal(world.synced(follower), undefined)
    const leader = world.sync({ memberId: a, generationId: 1, assignments: { [a]: 'A', [b]: 'B' } })
    assert.deepEqual(world.synced(leader), {
      error: 'NONE',
      errorCode: 0,
      protocolType: 'consumer',
      protocolName: 'range',
      assignment: Buffer.from('A'),
    })
    assert.equal(world.synced(follower)?.assignment.toString(), 'B')
    assert.equal(world.state(), 'Stable')
  })

  it('stores the assignment with the generation', () => {
    const world = completingWorld()
    world.sync({ memberId: a, generationId: 1, assignments: { [a]: 'A' } })
    const member = {
      clientId: 'client',
      clientHost: '/127.0.0.1',
      groupInstanceId: null,
      rebalanceTimeout: 60_000,
      sessionTimeout: 10_000,
      subscription: Buffer.from('m'),
    }
    assert.deepEqual(world.records.at(-1), {
      type: 'GroupMetadata',
      key: { group: 'g' },
      value: {
        protocolType: 'consumer',
        generation: 1,
        protocol: 'range',
        leader: a,
        currentStateTimestamp: 1_006_000,
        members: [
          { ...member, memberId: a, assignment: Buffer.from('A') },
          { ...member, memberId: b, assignment: Buffer.alloc(0) },
        ],
      },
    })
  })

  it('returns the present assignment in a stable group', () => {
    const world = completingWorld()
    world.sync({ memberId: a, generationId: 1, assignments: { [a]: 'A', [b]: 'B' } })
    assert.equal(world.synced(world.sync({ memberId: b, generationId: 1 }))?.assignment.toString(), 'B')
    assert.equal(world.synced(world.sync({ memberId: b, generationId: 1 }))?.assignment.toString(), 'B')
  })

  it('gives up the SyncGroup that the same member sent before', () => {
    const world = completingWorld()
    const [first, second] = [world.sync({ memberId: b, generationId: 1 }), world.sync({ memberId: b, generationId: 1 })]
    assert.equal(world.synced(first)?.error, 'REBALANCE_IN_PROGRESS')
    assert.equal(world.synced(second), undefined)
  })

  it('removes whoever has joined and never asks', () => {
    const world = completingWorld()
    world.sync({ memberId: a, generationId: 1, assignments: { [a]: 'A', [b]: 'B' } })
    for (let ms = 0; ms < 60_000; ms += 5000) {
      assert.equal(world.heartbeat(b, 1), 'NONE')
      world.heartbeat(a, 1)
      world.advance(5000)
    }
    assert.equal(world.state(), 'PreparingRebalance')
    assert.equal(world.heartbeat(b, 1), 'UNKNOWN_MEMBER_ID')
    assert.equal(world.heartbeat(a, 1), 'REBALANCE_IN_PROGRESS')
  })

  it('stops waiting for syncs when all have come', () => {
    const world = completingWorld()
    world.sync({ memberId: b, generationId: 1 })
    world.sync({ memberId: a, generationId: 1 })
    assert.deepEqual(
      world.timerKeys.filter((key) => key.startsWith('classic-sync')),
      [],
    )
  })

  it('is told of the rebalance that came between', () => {
    const world = completingWorld()
    const waiting = world.sync({ memberId: b, generationId: 1 })
    world.join({ memberId: a, protocols: { range: 'changed' } })
    assert.equal(world.synced(waiting)?.error, 'REBALANCE_IN_PROGRESS')
    assert.equal(world.synced(world.sync({ memberId: b, generationId: 1 }))?.error, 'REBALANCE_IN_PROGRESS')
  })

  it('tells all and rebalances again where the assignment does not fit the log', () => {
    const world = completingWorld({ recordBytesMax: 500 })
    const follower = world.sync({ memberId: b, generationId: 1 })
    const leader = world.sync({ memberId: a, generationId: 1, assignments: { [a]: 'A'.repeat(500) } })
    assert.deepEqual(
      [world.synced(leader)?.error, world.synced(follower)?.error],
      ['UNKNOWN_SERVER_ERROR', 'UNKNOWN_SERVER_ERROR'],
    )
    assert.equal(world.state(), 'PreparingRebalance')
  })

  for (const [why, error, more] of [
    ['an unknown member', 'UNKNOWN_MEMBER_ID', { memberId: 'x' }],
    ['another generation', 'ILLEGAL_GENERATION', { generationId: 2 }],
    ['another group', 'UNKNOWN_MEMBER_ID', { groupId: 'h' }],
    ['no group', 'INVALID_GROUP_ID', { groupId: '' }],
    ['another protocol type', 'INCONSISTENT_GROUP_PROTOCOL', { protocolType: 'connect' }],
    ['another protocol', 'INCONSISTENT_GROUP_PROTOCOL', { protocolName: 'sticky' }],
  ] as const) {
    it(`refuses ${why}`, () => {
      const world = completingWorld()
      assert.equal(world.synced(world.sync({ memberId: a, generationId: 1, ...more }))?.error, error)
    })
  }

  it('must name type and protocol since version 5', () => {
    const world = completingWorld()
    const request = {
      groupId: 'g',
      generationId: 1,
      memberId: a,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [],
    }
    const context = { apiVersion: 5, clientId: '', clientHost: '' }
    world.send({ type: 'SyncGroup', request, context, waiter: 100 })
    assert.equal(world.synced(100)?.error, 'INCONSISTENT_GROUP_PROTOCOL')
    world.send({ type: 'SyncGroup', request, context: { ...context, apiVersion: 4 }, waiter: 101 })
    assert.equal(world.synced(101)?.error, 'NONE')
  })

  it('refuses everybody in an empty group', () => {
    const world = completingWorld()
    world.leave({ memberId: a }, { memberId: b })
    assert.equal(world.synced(world.sync({ memberId: a, generationId: 1 }))?.error, 'UNKNOWN_MEMBER_ID')
  })
})

describe('The history of a group', () => {
  it('says what each member was assigned', () => {
    const world = completingWorld()
    const assignment = encodeAssignment({ assignedPartitions: [{ topic: 't', partitions: [0, 2] }], userData: null })
    world.sync({ memberId: a, generationId: 1, assignments: { [a]: assignment.toString('latin1'), [b]: '?' } })
    const assigned = world.machine.explain('g').filter(({ kind }) => kind === 'Assigned')
    assert.deepEqual(
      assigned.map(({ memberId, text }) => [memberId, text]),
      [
        [a, 'Asked after 6000 ms: gets t 0 2.'],
        [b, 'Has not asked yet: gets 1 bytes.'],
      ],
    )
  })
})
