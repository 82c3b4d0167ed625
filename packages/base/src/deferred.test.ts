/** Tests of Deferred. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Deferred } from './deferred.ts'

describe('Deferred', () => {
  it('is not settled at first', () => {
    assert.equal(new Deferred().isSettled, false)
  })

  it('resolves its promise', async () => {
    const deferred = new Deferred<number>()
    assert.equal(deferred.resolve(7), true)
    assert.equal(deferred.isSettled, true)
    assert.equal(await deferred.promise, 7)
  })

  it('rejects its promise', async () => {
    const deferred = new Deferred()
    assert.equal(deferred.reject(new Error('gone')), true)
    assert.equal(deferred.isSettled, true)
    await assert.rejects(deferred.promise, { message: 'gone' })
  })

  it('keeps the first outcome and tells the second caller so', async () => {
    const deferred = new Deferred<string>()
    deferred.resolve('first')
    assert.equal(deferred.resolve('second'), false)
    assert.equal(deferred.reject(new Error('third')), false)
    assert.equal(await deferred.promise, 'first')
  })
})
