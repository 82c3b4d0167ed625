import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteBudget, ConnectionResources } from './connection-resources.ts'

describe('ConnectionResources', () => {
  it('makes one receive buffer, of 1 MiB, when it is first asked for', () => {
    const resources = new ConnectionResources()
    assert.equal(resources.shared.length, 1_048_576)
    assert.equal(resources.shared, resources.shared)
  })
})

describe('ByteBudget', () => {
  it('is exhausted from its bound on', () => {
    const budget = new ByteBudget(10)
    budget.add(9)
    assert.equal(budget.isExhausted, false)
    budget.add(1)
    assert.equal(budget.isExhausted, true)
  })

  it('calls those that wait when there is room again, once each, in their order', () => {
    const budget = new ByteBudget(10)
    const called: string[] = []
    const first = (): void => void called.push('first')
    budget.add(12)
    budget.whenRoom(first)
    budget.whenRoom(() => called.push('second'))
    budget.whenRoom(first)
    budget.add(-1)
    assert.deepEqual(called, [])
    budget.add(-2)
    assert.deepEqual(called, ['first', 'second'])
    budget.add(5)
    budget.add(-5)
    assert.deepEqual(called, ['first', 'second'])
  })

  it('lets the others wait on when one of them fills it again', () => {
    const budget = new ByteBudget(10)
    const called: string[] = []
    budget.add(10)
    budget.whenRoom(() => {
      called.push('first')
      budget.add(10)
    })
    budget.whenRoom(() => called.push('second'))
    budget.add(-10)
    assert.deepEqual(called, ['first'])
    budget.add(-10)
    assert.deepEqual(called, ['first', 'second'])
  })

  it('does not call who is forgotten', () => {
    const budget = new ByteBudget(10)
    const called: string[] = []
    const wake = (): void => void called.push('called')
    budget.add(10)
    budget.whenRoom(wake)
    budget.forget(wake)
    budget.add(-10)
    assert.deepEqual(called, [])
  })
})
