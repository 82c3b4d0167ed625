import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConnectionLimits } from './connection-limits.ts'

describe('ConnectionLimits', () => {
  it('allows an address as many connections as the limit says, and no more', () => {
    const limits = new ConnectionLimits({ connectionCountMaxPerAddress: 2 })
    limits.entered('10.0.0.1')
    assert.equal(limits.allowsAddress('10.0.0.1'), true)
    limits.entered('10.0.0.1')
    assert.equal(limits.allowsAddress('10.0.0.1'), false)
    assert.equal(limits.allowsAddress('10.0.0.2'), true)
    limits.left('10.0.0.1')
    assert.equal(limits.allowsAddress('10.0.0.1'), true)
  })

  it('follows the override of an address, up or down', () => {
    const overrides = new Map([
      ['10.0.0.1', 0],
      ['10.0.0.2', 3],
    ])
    const limits = new ConnectionLimits({ connectionCountMaxPerAddress: 1, overrides })
    limits.entered('10.0.0.2')
    assert.equal(limits.allowsAddress('10.0.0.1'), false)
    assert.equal(limits.allowsAddress('10.0.0.2'), true)
  })

  it('has room for as many as there may be', () => {
    const limits = new ConnectionLimits({ connectionCountMax: 1 })
    assert.equal(limits.hasRoom, true)
    limits.entered('10.0.0.1')
    assert.equal(limits.hasRoom, false)
    assert.equal(limits.connectionCount, 1)
    limits.left('10.0.0.1')
    assert.equal(limits.hasRoom, true)
  })

  it('knows no limit unless it is told one', () => {
    const limits = new ConnectionLimits()
    for (let count = 0; count < 10_000; count++) limits.entered('10.0.0.1')
    assert.equal(limits.hasRoom && limits.allowsAddress('10.0.0.1'), true)
  })

  it('follows limits that change, and tells those who wait', () => {
    const limits = new ConnectionLimits({ connectionCountMax: 1 })
    let wakes = 0
    const forget = limits.onRoom(() => wakes++)
    limits.entered('10.0.0.1')
    assert.deepEqual([limits.hasRoom, wakes], [false, 0])
    limits.configure({ connectionCountMax: 2 })
    assert.deepEqual([limits.hasRoom, wakes], [true, 1])
    limits.left('10.0.0.1')
    assert.equal(wakes, 2)
    forget()
    limits.configure({})
    assert.equal(wakes, 2)
  })
})
