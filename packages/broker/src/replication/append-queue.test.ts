import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppendQueue } from './append-queue.ts'

describe('the queue of appends', () => {
  it('flushes each partition once and is empty then', () => {
    const queue = new AppendQueue()
    const flushed: string[] = []
    queue.add({ flushAppends: () => flushed.push('a') })
    queue.add({ flushAppends: () => flushed.push('b') })
    assert.equal(queue.isEmpty, false)
    queue.flush()
    queue.flush()
    assert.deepEqual(flushed, ['a', 'b'])
    assert.equal(queue.isEmpty, true)
  })

  it('flushes the others where one fails, and tells of it', () => {
    const queue = new AppendQueue()
    const flushed: string[] = []
    queue.add({
      flushAppends() {
        throw new Error('broken')
      },
    })
    queue.add({ flushAppends: () => flushed.push('b') })
    assert.throws(() => queue.flush(), /broken/)
    assert.deepEqual(flushed, ['b'])
  })

  it('is due at the end of the pass with a large request or many small ones', () => {
    const queue = new AppendQueue()
    const partition = { flushAppends: () => {} }
    queue.gather(4_096)
    queue.add(partition)
    assert.equal(queue.isPassDue, false)
    queue.gather(4_097)
    assert.equal(queue.isPassDue, true)
    queue.flush()
    for (let count = 0; count < 127; count++) queue.gather(200)
    assert.equal(queue.isPassDue, false)
    queue.gather(200)
    assert.equal(queue.isPassDue, true)
    queue.flush()
    assert.equal(queue.isPassDue, false)
  })
})
