import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inJavaOrder, inOrderOfComputed, JavaHashSet } from './java-hash-set.ts'

describe('a Java map', () => {
  // As java.util.HashMap prints its keys.
  it('has its keys in the order of their hashes', () => {
    assert.deepEqual(inJavaOrder(['orders', 't-10', 'b', 'a']), ['a', 'b', 'orders', 't-10'])
  })
  it('keeps what was put first in front where hashes meet', () => {
    assert.deepEqual(inJavaOrder(['t-9', 'payments.v2', 'a']), ['t-9', 'payments.v2', 'a'])
    assert.deepEqual(inJavaOrder(['a', 'payments.v2', 't-9']), ['a', 'payments.v2', 't-9'])
  })
  it('puts what it computes in front', () => {
    assert.deepEqual(inOrderOfComputed(['t-9', 'payments.v2', 'a', 'a']), ['a', 'payments.v2', 't-9'])
  })
  it('gets more room at three quarters, and orders anew', () => {
    const numbers = Array.from({ length: 13 }, (_, index) => index * 16)
    assert.deepEqual(order(numbers.slice(0, 8)), numbers.slice(0, 8))
    assert.deepEqual(order(numbers.slice(0, 9)), [0, 32, 64, 96, 128, 16, 48, 80, 112])
    assert.deepEqual(order([31, 1, ...Array.from({ length: 11 }, (_, index) => index + 32)]).slice(0, 3), [32, 1, 33])
  })
  it('takes the same once and forgets what is deleted', () => {
    const set = new JavaHashSet<number>((item) => item)
    for (const item of [3, 1, 3]) set.add(item)
    set.delete(1)
    set.delete(9)
    assert.deepEqual([set.size, ...set], [1, 3])
  })
})

function order(items: readonly number[]): readonly number[] {
  const set = new JavaHashSet<number>((item) => item)
  for (const item of items) set.add(item)
  return [...set]
}
