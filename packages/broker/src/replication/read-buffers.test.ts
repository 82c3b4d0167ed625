import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SlabPool } from '@gregor/transport'
import { ReadBuffers } from './read-buffers.ts'

describe('the buffers of a fetch', () => {
  it('are as long as asked for and go back to the pool together, once', () => {
    const pool = new SlabPool()
    const buffers = new ReadBuffers(pool)
    assert.equal(buffers.allocate(100).length, 100)
    assert.equal(buffers.allocate(10_000).length, 10_000)
    assert.equal(pool.lentBytes, 4_096 + 10_240)
    buffers.release()
    buffers.release()
    assert.equal(pool.lentBytes, 0)
    assert.equal(pool.keptBytes, 4_096 + 10_240)
  })
})
