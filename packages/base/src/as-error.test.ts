import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asError } from './as-error.ts'

describe('asError', () => {
  it('leaves an error as it is', () => {
    const thrown = new TypeError('no')
    assert.equal(asError(thrown), thrown)
  })

  it('makes anything else an error that says it', () => {
    assert.equal(asError('no room').message, 'no room')
    assert.equal(asError(undefined).message, 'undefined')
  })
})
