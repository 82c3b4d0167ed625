/** Tests of assert and unreachable. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { InvariantViolation, assert as invariant, unreachable } from './assert.ts'

describe('assert', () => {
  it('does nothing when the condition holds', () => {
    invariant(true, 'true holds')
    invariant('text', 'a truthy value holds')
  })

  it('throws an InvariantViolation that carries the message', () => {
    assert.throws(() => invariant(false, 'offsets only grow'), {
      name: 'InvariantViolation',
      message: 'offsets only grow',
    })
    assert.throws(() => invariant(undefined, 'it is there'), InvariantViolation)
  })
})

describe('unreachable', () => {
  it('names the value that slipped in', () => {
    assert.throws(() => unreachable('Dead' as never), { name: 'InvariantViolation', message: 'unreachable: Dead' })
    assert.throws(() => unreachable({} as never), { message: 'unreachable: object' })
  })
})
