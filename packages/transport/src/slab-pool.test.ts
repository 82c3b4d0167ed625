import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvariantViolation } from '@gregor/base'
import fc from 'fast-check'
import { SlabPool } from './slab-pool.ts'

describe('SlabPool', () => {
  it('gives out again what was given back last', () => {
    const pool = new SlabPool()
    const first = pool.take(5000)
    const second = pool.take(5000)
    pool.give(first)
    pool.give(second)
    assert.equal(pool.take(5000), second)
    assert.equal(pool.take(5000), first)
  })

  it('has slabs of four sizes between a power of two and the next', () => {
    const pool = new SlabPool()
    const sizes = [1, 4096, 4097, 5121, 6145, 7169, 8193].map((byteCount) => pool.take(byteCount).length)
    assert.deepEqual(sizes, [4096, 4096, 5120, 6144, 7168, 8192, 10_240])
  })

  it('gives out at least what is asked for, and a quarter more at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4096, max: 3_000_000 }), (byteCount) => {
        const { length } = new SlabPool().take(byteCount)
        assert.ok(length >= byteCount && length <= byteCount * 1.25)
      }),
    )
  })

  it('keeps no more than it may', () => {
    const pool = new SlabPool(10_000)
    const slabs = [pool.take(4096), pool.take(4096), pool.take(4096)]
    for (const slab of slabs) pool.give(slab)
    assert.equal(pool.keptBytes, 8192)
    assert.equal(pool.lentBytes, 0)
    assert.deepEqual(
      slabs.map(({ length }) => length),
      [4096, 4096, 0],
      'the memory of the third is with the system again',
    )
  })

  it('lets large slabs go for the sake of small ones', () => {
    const pool = new SlabPool(100_000)
    const slabs = [pool.take(65_536), pool.take(16_384), pool.take(32_768)]
    for (const slab of slabs) pool.give(slab)
    assert.equal(pool.keptBytes, 49_152)
    assert.deepEqual(
      [16_384, 32_768].map((size) => pool.take(size)),
      slabs.slice(1),
    )
    assert.equal(pool.keptBytes, 0)
  })

  it('counts what is lent until it comes back or is forgotten', () => {
    const pool = new SlabPool()
    const first = pool.take(4096)
    const second = pool.take(5000)
    assert.equal(pool.lentBytes, 9216)
    pool.give(first)
    pool.forget(second)
    assert.equal(pool.lentBytes, 0)
    assert.equal(pool.keptBytes, 4096)
  })

  it('refuses what is no whole slab', () => {
    const pool = new SlabPool()
    assert.throws(() => pool.give(pool.take(8192).subarray(0, 4096)), InvariantViolation)
    assert.throws(() => pool.give(Buffer.allocUnsafeSlow(5000)), InvariantViolation)
  })
})
