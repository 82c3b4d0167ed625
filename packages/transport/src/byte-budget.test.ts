import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteBudget } from './byte-budget.ts'

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

  it('is tight from half of its bound on, and overdrawn from twice its bound on', () => {
    const budget = new ByteBudget(10)
    const states = [4, 1, 14, 1].map((more) => {
      budget.add(more)
      return [budget.isTight, budget.isOverdrawn]
    })
    assert.deepEqual(states, [
      [false, false],
      [true, false],
      [true, false],
      [true, true],
    ])
  })

  it('lets one go on while it is exhausted, then the next that waited', () => {
    const budget = new ByteBudget(10)
    const called: string[] = []
    const [first, second, third] = ['first', 'second', 'third'].map((name) => {
      const wake = (): void => {
        called.push(name)
        budget.mayGoOn(wake)
      }
      return wake
    })
    assert.ok(first !== undefined && second !== undefined && third !== undefined)
    assert.deepEqual(
      [first, second].map((wake) => budget.mayGoOn(wake)),
      [true, true],
    )
    budget.add(10)
    assert.deepEqual(called, ['first', 'second'], 'they are called as they may not all go on')
    assert.deepEqual(
      [second, first, third].map((wake) => budget.mayGoOn(wake)),
      [false, true, false],
    )
    budget.endTurn(second)
    assert.deepEqual(called, ['first', 'second'])
    budget.endTurn(first)
    assert.deepEqual(called, ['first', 'second', 'second'])
    budget.forget(second)
    assert.deepEqual(called, ['first', 'second', 'second', 'third'])
  })

  it('tells each time that its bound is reached', () => {
    const budget = new ByteBudget(10)
    let count = 0
    const forget = budget.onExhausted(() => count++)
    for (const more of [9, 1, 1, -11, 20]) budget.add(more)
    assert.equal(count, 2)
    forget()
    budget.add(-20)
    budget.add(20)
    assert.equal(count, 2)
  })
})
