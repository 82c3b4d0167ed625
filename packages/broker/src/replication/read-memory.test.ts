import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReadMemory } from './read-memory.ts'

const mib = 1_048_576

describe('the memory of all fetches', () => {
  it('counts what it lends until it comes back, kept or not', () => {
    const memory = new ReadMemory(10 * mib)
    const slabs = [1, 2, 3].map(() => memory.take(6 * mib))
    memory.take(2 * mib)
    assert.notEqual(memory.room(), undefined)
    for (const slab of slabs) memory.give(slab)
    assert.equal(memory.lentBytes, 2 * mib)
    assert.equal(memory.answerBytes, 4.5 * mib)
  })

  it('lets a fetch read a part of what is left, at least 64 KiB', () => {
    const memory = new ReadMemory()
    const taken = [8, 8, 4, 2, 2].map((count) => {
      const { answerBytes } = memory
      memory.take(count * mib)
      return answerBytes / mib
    })
    assert.deepEqual(taken, [6, 4, 2, 1, 0.5])
    assert.equal(memory.answerBytes, 64 * 1024)
  })

  it('lets a fetch wait at twice its bound until it is below the bound again', async () => {
    const memory = new ReadMemory(10_000)
    const slabs = [memory.take(8_000), memory.take(8_000)]
    assert.equal(memory.room(), undefined)
    slabs.push(memory.take(8_000))
    let hasRoom = false
    const waiting = memory.room()?.then(() => (hasRoom = true))
    assert.notEqual(waiting, undefined)
    const [first, second, third] = slabs
    memory.give(first as Buffer)
    await Promise.resolve()
    assert.equal(hasRoom, false)
    memory.give(second as Buffer)
    await waiting
    assert.equal(hasRoom, true)
    memory.give(third as Buffer)
    assert.equal(memory.lentBytes, 0)
  })
})
