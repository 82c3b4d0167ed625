import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BufferPool } from './buffer-pool.ts'
import { Unnumbered } from './numbering.ts'

const partition = 'events-0'

describe('Unnumbered', () => {
  it('keeps as many unanswered as it may, and sends what was lost again before anything new', () => {
    const numbering = new Unnumbered({ inFlightMax: 2 })
    const [a, b] = [numbering.send(partition, 3), numbering.send(partition, 1)]
    assert.ok(a && b)
    assert.equal(a.baseSequence, -1)
    assert.equal(numbering.send(partition, 1), undefined)
    assert.deepEqual(numbering.lost(a), { kind: 'retry' })
    assert.deepEqual(numbering.answered(b, { error: 'NONE', baseOffset: 5 }), { kind: 'acknowledged', baseOffset: 5 })
    assert.equal(numbering.send(partition, 1), undefined)
    assert.equal(numbering.resend(partition), a)
    assert.equal(numbering.resend(partition), undefined)
    assert.deepEqual(numbering.answered(a, { error: 'NOT_LEADER_OR_FOLLOWER', baseOffset: -1 }), { kind: 'retry' })
    numbering.resend(partition)
    const error = 'INVALID_RECORD'
    assert.deepEqual(numbering.answered(a, { error, baseOffset: -1 }), { kind: 'failed', error })
    assert.ok(numbering.send(partition, 1))
  })

  it('knows nothing of what was expired', () => {
    const numbering = new Unnumbered({ inFlightMax: 5 })
    const batch = numbering.send(partition, 1)
    assert.ok(batch)
    numbering.expire(batch)
    assert.deepEqual(numbering.lost(batch), { kind: 'forgotten' })
    assert.deepEqual(numbering.answered(batch, { error: 'NONE', baseOffset: 1 }), { kind: 'forgotten' })
    assert.deepEqual(numbering.split(batch, [1]), [])
  })

  it('sends the parts of a batch in its place', () => {
    const numbering = new Unnumbered({ inFlightMax: 5 })
    const batch = numbering.send(partition, 4)
    assert.ok(batch)
    const parts = numbering.split(batch, [1, 3])
    assert.deepEqual([numbering.resend(partition), numbering.resend(partition)], parts)
    assert.deepEqual(
      parts.map(({ recordCount }) => recordCount),
      [1, 3],
    )
  })
})

describe('BufferPool', () => {
  it('gives what was given back, by powers of two, and keeps no more than it may', () => {
    const pool = new BufferPool(40_000)
    const buffer = pool.take(10_000)
    assert.equal(buffer.length, 16_384)
    pool.give(buffer)
    assert.notEqual(pool.take(8_192), buffer)
    assert.equal(pool.take(16_384), buffer)
    assert.notEqual(pool.take(16_384), buffer)
    const all = [pool.take(16_384), pool.take(16_384), pool.take(16_384)]
    for (const one of all) pool.give(one)
    const again = [pool.take(16_384), pool.take(16_384), pool.take(16_384)]
    assert.equal(again.filter((one) => all.includes(one)).length, 2)
    assert.equal(pool.take(1).length, 1024)
  })

  it('keeps nothing very large', () => {
    const pool = new BufferPool(1 << 30)
    const large = pool.take(2 << 20)
    pool.give(large)
    assert.notEqual(pool.take(2 << 20), large)
  })
})
