import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReadMemory } from './read-memory.ts'

const lately = { throughBytes: 1_000, cacheBytes: 500 }

describe('what reading a segment has taught', () => {
  it('is where the next batch of a reader begins', () => {
    const memory = new ReadMemory()
    assert.equal(memory.positionOf(10), undefined)
    memory.readTo(10, 4_000)
    assert.equal(memory.positionOf(10), 4_000)
    memory.forgetPosition(10)
    assert.equal(memory.positionOf(10), undefined)
  })

  it('is bounded: the place kept for longest is forgotten', () => {
    const memory = new ReadMemory()
    for (let offset = 0; offset <= 64; offset++) memory.readTo(offset, offset * 100)
    assert.equal(memory.positionOf(0), undefined)
    assert.equal(memory.positionOf(1), 100)
    assert.equal(memory.positionOf(64), 6_400)
  })

  it('is which bytes were checked, those side by side as one range', () => {
    const memory = new ReadMemory()
    memory.checked(0, 100, 900)
    memory.checked(100, 250, 950)
    assert.equal(memory.checkedTo(50, lately), 250)
    assert.equal(memory.checkedTo(250, lately), 250)
  })

  it('is doubted once as much went through the page cache as that holds', () => {
    const memory = new ReadMemory()
    memory.checked(0, 100, 400)
    memory.checked(200, 300, 600)
    assert.equal(memory.checkedTo(0, lately), 0)
    assert.equal(memory.checkedTo(200, lately), 300)
  })

  it('is bounded: the range found first is forgotten', () => {
    const memory = new ReadMemory()
    for (let number = 0; number < 9; number++) memory.checked(number * 100, number * 100 + 50, 1_000)
    assert.equal(memory.checkedTo(0, lately), 0)
    assert.equal(memory.checkedTo(800, lately), 850)
  })

  it('is nothing once it was told to forget', () => {
    const memory = new ReadMemory()
    memory.readTo(10, 4_000)
    memory.checked(0, 100, 1_000)
    memory.forget()
    assert.equal(memory.positionOf(10), undefined)
    assert.equal(memory.checkedTo(0, lately), 0)
  })
})
