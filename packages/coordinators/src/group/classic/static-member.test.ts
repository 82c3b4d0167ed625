import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GroupCoordinatorConfig } from '../group-config.ts'
import { GroupWorld } from '../group-fixture.ts'

const instance = (name: string, n: number) => `${name}-00000000-0000-4000-8000-00000000000${n}`

/** A stable group of static members `i0` (the leader) and `i1`. */
function stableWorld(config: Partial<GroupCoordinatorConfig> = {}): { world: GroupWorld; a: string; b: string } {
  const world = new GroupWorld(config)
  for (const instanceId of ['i0', 'i1']) world.join({ instanceId })
  world.advance(6000)
  const [a, b] = [instance('i0', 0), instance('i1', 1)]
  world.sync({ memberId: a, generationId: 1, assignments: { [a]: 'A', [b]: 'B' } })
  world.sync({ memberId: b, generationId: 1 })
  return { world, a, b }
}

describe('A static member', () => {
  it('is taken at once, with an id made from its instance id', () => {
    const { world, a } = stableWorld()
    assert.equal(world.heartbeat(a, 1, { instanceId: 'i0' }), 'NONE')
  })

  it('that comes back without its id takes its place, without a rebalance', () => {
    const { world, a, b } = stableWorld()
    const answer = world.joined(world.join({ instanceId: 'i1' }))
    assert.deepEqual([answer?.error, answer?.memberId, answer?.generationId], ['NONE', instance('i1', 2), 1])
    assert.deepEqual([answer?.leader, answer?.skipAssignment], [a, false])
    assert.equal(world.state(), 'Stable')
    assert.equal(world.heartbeat(b, 1, { instanceId: 'i1' }), 'FENCED_INSTANCE_ID')
    const synced = world.synced(world.sync({ memberId: instance('i1', 2), generationId: 1, instanceId: 'i1' }))
    assert.equal(synced?.assignment.toString(), 'B')
  })

  it('keeps its assignment through a restart of the coordinator', () => {
    const { world } = stableWorld()
    world.join({ instanceId: 'i1' })
    world.restart()
    const synced = world.synced(world.sync({ memberId: instance('i1', 2), generationId: 1, instanceId: 'i1' }))
    assert.equal(synced?.assignment.toString(), 'B')
  })

  it('that leads is told since version 9 to leave the assignment alone', () => {
    const { world } = stableWorld()
    const answer = world.joined(world.join({ instanceId: 'i0', apiVersion: 9 }))
    assert.deepEqual([answer?.leader, answer?.skipAssignment, answer?.members?.length], [instance('i0', 2), true, 2])
  })

  it('that leads is told its old id before version 9, so that it does not assign', () => {
    const { world, a } = stableWorld()
    const answer = world.joined(world.join({ instanceId: 'i0', apiVersion: 8 }))
    assert.deepEqual([answer?.leader, answer?.memberId, answer?.members], [a, instance('i0', 2), []])
  })

  it('begins a rebalance where it changes the protocol that the group would choose', () => {
    const { world } = stableWorld()
    world.leave({ instanceId: 'i0' })
    const back = world.join({ memberId: instance('i1', 1), instanceId: 'i1', protocols: { range: '', sticky: '' } })
    assert.equal(world.joined(back)?.generationId, 2)
    world.sync({ memberId: instance('i1', 1), generationId: 2, instanceId: 'i1' })
    assert.equal(world.state(), 'Stable')
    assert.equal(world.joined(world.join({ instanceId: 'i1', protocols: { sticky: '', range: '' } }))?.generationId, 3)
  })

  it('begins a rebalance while assignments are made', () => {
    const world = new GroupWorld()
    for (const instanceId of ['i0', 'i1']) world.join({ instanceId })
    world.advance(6000)
    const waiting = world.sync({ memberId: instance('i1', 1), generationId: 1, instanceId: 'i1' })
    world.join({ instanceId: 'i1' })
    assert.equal(world.synced(waiting)?.error, 'FENCED_INSTANCE_ID')
    assert.equal(world.state(), 'PreparingRebalance')
  })

  it('fences the twin that waits in JoinGroup', () => {
    const { world, a } = stableWorld()
    const waiting = world.join({ memberId: a, instanceId: 'i0' })
    const second = world.join({ instanceId: 'i0' })
    assert.deepEqual([world.joined(waiting)?.error, world.joined(waiting)?.memberId], ['FENCED_INSTANCE_ID', a])
    assert.equal(world.joined(second), undefined)
    world.join({ memberId: instance('i1', 1), instanceId: 'i1' })
    assert.equal(world.joined(second)?.generationId, 2)
  })

  it('is not left behind by a rebalance, but by the end of its session', () => {
    const { world, a } = stableWorld()
    const waiting = world.join({ memberId: a, instanceId: 'i0', sessionTimeoutMs: 200_000 })
    for (let ms = 0; ms < 60_000; ms += 5000) {
      world.heartbeat(instance('i1', 1), 1, { instanceId: 'i1' })
      world.advance(5000)
    }
    assert.equal(world.joined(waiting)?.members?.length, 2)
  })

  it('waits for static members as long as none has joined', () => {
    const { world, a, b } = stableWorld()
    const dynamic = world.joined(world.join())?.memberId ?? ''
    world.join({ memberId: dynamic })
    world.leave({ memberId: dynamic })
    for (let ms = 0; ms < 70_000; ms += 5000) {
      world.heartbeat(a, 1, { instanceId: 'i0' })
      world.heartbeat(b, 1, { instanceId: 'i1' })
      world.advance(5000)
    }
    assert.equal(world.state(), 'PreparingRebalance')
    const waiters = [world.join({ memberId: a, instanceId: 'i0' }), world.join({ memberId: b, instanceId: 'i1' })]
    assert.deepEqual(
      waiters.map((waiter) => world.joined(waiter)?.generationId),
      [2, 2],
    )
  })

  it('keeps its old id where the new one does not fit the log', () => {
    const { world, b } = stableWorld({ recordBytesMax: 400 })
    const before = world.records.length
    const answer = world.joined(world.join({ instanceId: 'i1', protocols: { range: 'x'.repeat(400) } }))
    assert.deepEqual([answer?.error, answer?.memberId], ['UNKNOWN_SERVER_ERROR', ''])
    assert.equal(world.records.length, before)
    assert.equal(world.heartbeat(b, 1, { instanceId: 'i1' }), 'NONE')
    assert.equal(world.joined(world.join({ memberId: b, instanceId: 'i1' }))?.generationId, 1)
  })
})
