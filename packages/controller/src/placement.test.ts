import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Random } from '@gregor/platform'
import { isProblem } from './api-problem.ts'
import { placeReplicas } from './placement.ts'
import type { UsableBroker } from './placement.ts'

function seeded(seed: number): Random {
  let state = seed | 1
  const uint32 = () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    return (state ^ (state >>> 13)) >>> 0
  }
  return { uint32, below: (bound) => uint32() % bound, fraction: () => uint32() / 2 ** 32, fill: (target) => target }
}

const zero: Random = { uint32: () => 0, below: () => 0, fraction: () => 0, fill: (target) => target }

function up(...ids: number[]): UsableBroker[] {
  return ids.map((id) => ({ id, rack: undefined, isFenced: false }))
}

function place(brokers: readonly UsableBroker[], partitionCount: number, replicationFactor: number, random = zero) {
  const placed = placeReplicas(brokers, { partitionCount, replicationFactor }, random)
  assert.ok(!isProblem(placed))
  return placed
}

describe('Placement', () => {
  it('starts one broker further for each partition', () => {
    assert.deepEqual(place(up(1, 2, 3), 3, 2), [
      [1, 2],
      [2, 3],
      [3, 1],
    ])
  })

  it('puts everything on the one broker there is', () => {
    assert.deepEqual(place(up(7), 3, 1), [[7], [7], [7]])
  })

  it('walks the racks, each with its next broker', () => {
    const brokers = [
      { id: 1, rack: 'a', isFenced: false },
      { id: 2, rack: 'a', isFenced: false },
      { id: 3, rack: 'b', isFenced: false },
      { id: 4, rack: 'b', isFenced: false },
    ]
    assert.deepEqual(place(brokers, 4, 2), [
      [1, 3],
      [4, 2],
      [1, 3],
      [4, 2],
    ])
  })

  it('lets a fenced broker follow, never lead', () => {
    const brokers = [...up(1), { id: 2, rack: undefined, isFenced: true }]
    assert.deepEqual(place(brokers, 3, 2), [
      [1, 2],
      [1, 2],
      [1, 2],
    ])
  })

  for (const [what, brokers, replicationFactor, message] of [
    ['no replica', up(1), 0, 'Invalid replication factor 0: the replication factor must be positive.'],
    ['no broker', [], 1, 'All brokers are currently fenced, or have all their log directories cordoned.'],
    [
      'more replicas than brokers',
      up(1, 2),
      3,
      'The target replication factor of 3 cannot be reached because only 2 broker(s) are registered or some brokers ' +
        'have all their log directories cordoned.',
    ],
  ] as const) {
    it(`of ${what} is refused`, () => {
      assert.deepEqual(placeReplicas(brokers, { partitionCount: 1, replicationFactor }, zero), {
        error: 'INVALID_REPLICATION_FACTOR',
        message,
      })
    })
  }

  const cluster = fc.record({
    brokers: fc
      .uniqueArray(
        fc.record({ id: fc.nat(200), rack: fc.constantFrom('a', 'b', 'c', undefined), isFenced: fc.boolean() }),
        { selector: ({ id }) => id, minLength: 1, maxLength: 12 },
      )
      .filter((brokers) => brokers.some(({ isFenced }) => !isFenced)),
    partitionCount: fc.integer({ min: 1, max: 40 }),
    factor: fc.nat(1_000),
    seed: fc.nat(),
  })

  it('gives each partition different brokers, one that is up first', () => {
    fc.assert(
      fc.property(cluster, ({ brokers, partitionCount, factor, seed }) => {
        const replicationFactor = 1 + (factor % brokers.length)
        for (const replicas of place(brokers, partitionCount, replicationFactor, seeded(seed))) {
          assert.equal(new Set(replicas).size, replicationFactor)
          assert.ok(brokers.some(({ id, isFenced }) => id === replicas[0] && !isFenced))
        }
      }),
    )
  })

  it('uses every rack before it uses one twice', () => {
    fc.assert(
      fc.property(cluster, ({ brokers, partitionCount, factor, seed }) => {
        const replicationFactor = 1 + (factor % brokers.length)
        const rackOf = new Map(brokers.map(({ id, rack }) => [id, rack]))
        const rackCount = new Set(rackOf.values()).size
        for (const replicas of place(brokers, partitionCount, replicationFactor, seeded(seed))) {
          const racks = new Set(replicas.map((id) => rackOf.get(id)))
          assert.equal(racks.size, Math.min(rackCount, replicationFactor))
        }
      }),
    )
  })

  it('lets equal brokers lead equally often, as far as the count allows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(),
        (brokerCount, partitionCount, seed) => {
          const brokers = up(...Array.from({ length: brokerCount }, (_, id) => id))
          const leaders = place(brokers, partitionCount, 1, seeded(seed)).map(([leader]) => leader)
          const counts = brokers.map(({ id }) => leaders.filter((leader) => leader === id).length)
          assert.ok(Math.max(...counts) - Math.min(...counts) <= Math.ceil(partitionCount / brokerCount))
        },
      ),
    )
  })
})
