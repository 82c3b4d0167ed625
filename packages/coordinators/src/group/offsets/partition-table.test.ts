import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PartitionTable } from './partition-table.ts'

const steps = fc.array(
  fc.record({
    isDelete: fc.boolean(),
    group: fc.constantFrom('g', 'h'),
    topic: fc.constantFrom('t', 'u'),
    partition: fc.integer({ min: 0, max: 2 }),
    value: fc.nat(),
  }),
  { maxLength: 40 },
)

describe('A table by group, topic and partition', () => {
  it('holds what was set last and not deleted, and no group without a value', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const table = new PartitionTable<number>()
        const model = new Map<string, readonly [group: string, topic: string, partition: number, value: number]>()
        for (const { isDelete, group, topic, partition, value } of given) {
          const key = `${group} ${topic} ${partition}`
          if (isDelete) {
            assert.equal(table.delete(group, topic, partition), model.get(key)?.[3])
            model.delete(key)
          } else {
            table.set(group, topic, partition, value)
            model.set(key, [group, topic, partition, value])
          }
          const byKey = (a: readonly unknown[], b: readonly unknown[]) => (a.join() < b.join() ? -1 : 1)
          assert.deepEqual([...table.entries()].toSorted(byKey), [...model.values()].toSorted(byKey))
          assert.equal(table.size, model.size)
          for (const each of ['g', 'h']) {
            assert.equal(
              table.hasGroup(each),
              [...model.values()].some(([name]) => name === each),
            )
          }
        }
      }),
    )
  })
})
