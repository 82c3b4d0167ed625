/** Tests of PriorityQueue, with a stable sort as its model. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { PriorityQueue } from './priority-queue.ts'

interface Timer {
  readonly dueMs: number
  readonly name: string
}

const byDue = (a: Timer, b: Timer): number => a.dueMs - b.dueMs

describe('PriorityQueue', () => {
  it('hands out the smallest first', () => {
    const queue = new PriorityQueue<number>((a, b) => a - b)
    for (const value of [5, 1, 4, 2, 3]) queue.push(value)
    assert.deepEqual(drain(queue), [1, 2, 3, 4, 5])
  })

  it('keeps the order of arrival among equals', () => {
    const queue = new PriorityQueue(byDue)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) queue.push({ dueMs: 10, name })
    queue.push({ dueMs: 5, name: 'early' })
    assert.deepEqual(
      drain(queue).map((timer) => timer.name),
      ['early', 'a', 'b', 'c', 'd', 'e', 'f'],
    )
  })

  it('shows the smallest without removing it', () => {
    const queue = new PriorityQueue<number>((a, b) => a - b)
    assert.equal(queue.peek(), undefined)
    queue.push(2)
    queue.push(1)
    assert.equal(queue.peek(), 1)
    assert.equal(queue.size, 2)
  })

  it('has nothing to pop when it is empty or cleared', () => {
    const queue = new PriorityQueue<number>((a, b) => a - b)
    assert.equal(queue.pop(), undefined)
    queue.push(1)
    queue.clear()
    assert.equal(queue.size, 0)
    assert.equal(queue.pop(), undefined)
  })

  it('agrees with a stable sort through any mixture of push and pop', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant('pop' as const)), { maxLength: 300 })
    fc.assert(
      fc.property(steps, (script) => {
        const queue = new PriorityQueue(byDue)
        const model: Timer[] = []
        for (const [index, step] of script.entries()) {
          if (step === 'pop') {
            assert.deepEqual(queue.pop(), model.shift())
          } else {
            const timer = { dueMs: step, name: `timer ${index}` }
            queue.push(timer)
            model.push(timer)
            model.sort(byDue)
          }
        }
        assert.deepEqual(drain(queue), model)
      }),
    )
  })
})

function drain<T>(queue: PriorityQueue<T>): T[] {
  const items: T[] = []
  while (queue.size > 0) items.push(queue.pop() as T)
  return items
}
