import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReadBuffers } from './read-buffers.ts'
import { ReadMemory } from './read-memory.ts'

describe('the buffers of a fetch', () => {
  it('are as long as asked for and go back to the memory together, once', () => {
    const memory = new ReadMemory()
    const buffers = new ReadBuffers(memory)
    assert.equal(buffers.allocate(100).length, 100)
    assert.equal(buffers.allocate(10_000).length, 10_000)
    assert.equal(memory.lentBytes, 4_096 + 10_240)
    buffers.release()
    buffers.release()
    assert.equal(memory.lentBytes, 0)
  })
})
