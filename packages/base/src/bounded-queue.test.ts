/** Tests of BoundedQueue, with a plain array as its model. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { BoundedQueue } from './bounded-queue.ts'

describe('BoundedQueue', () => {
  it('hands items out in the order they came in', () => {
    const queue = new BoundedQueue<string>(3)
    queue.push('a')
    queue.push('b')
    assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], ['a', 'b', undefined])
  })

  it('refuses what exceeds its capacity and keeps the rest', () => {
    const queue = new BoundedQueue<number>(2)
    assert.deepEqual([queue.push(1), queue.push(2), queue.push(3)], [true, true, false])
    assert.equal(queue.isFull, true)
    assert.deepEqual([...queue], [1, 2])
  })

  it('shows the oldest item without removing it', () => {
    const queue = new BoundedQueue<number>(2)
    assert.equal(queue.peek(), undefined)
    queue.push(1)
    queue.push(2)
    assert.equal(queue.peek(), 1)
    assert.equal(queue.size, 2)
  })

  it('is empty and usable after clear', () => {
    const queue = new BoundedQueue<number>(2)
    queue.push(1)
    queue.push(2)
    queue.clear()
    assert.equal(queue.isEmpty, true)
    assert.equal(queue.push(3), true)
    assert.deepEqual([...queue], [3])
  })

  it('refuses a capacity that is not a positive whole number', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => new BoundedQueue(capacity), { name: 'InvariantViolation' })
    }
  })

  it('behaves as an array with a bound', () => {
    const steps = fc.array(fc.oneof(fc.integer(), fc.constant('shift' as const)), { maxLength: 400 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), steps, (capacity, script) => {
        const queue = new BoundedQueue<number>(capacity)
        const model: number[] = []
        for (const step of script) {
          if (step === 'shift') assert.equal(queue.shift(), model.shift())
          else if (queue.push(step)) model.push(step)
          else assert.equal(model.length, capacity)
          assert.equal(queue.size, model.length)
          assert.equal(queue.peek(), model[0])
        }
        assert.deepEqual([...queue], model)
      }),
    )
  })
})
