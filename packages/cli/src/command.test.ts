import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { flag, isOptional, keyValues, optional, text } from './command.ts'
import { UsageError } from './usage-error.ts'

describe('what options take', () => {
  it('is text, nothing when it is left out', () => {
    const kind = text({ summary: 'A name.' })
    assert.equal(kind.read(['orders'], '--topic'), 'orders')
    assert.equal(kind.absent, undefined)
  })

  it('is nothing at all for a switch', () => {
    const kind = flag({ summary: 'All of them.' })
    assert.equal(kind.read([''], '--all'), true)
    assert.equal(kind.absent, false)
    assert.equal(kind.placeholder, undefined)
  })

  it('is a map for key=value: the value may hold further =, and the last of one key wins', () => {
    const kind = keyValues({ summary: 'Configs.' })
    const read = kind.read(['a=1', 'b=x=y', 'a=2', 'c='], '--config')
    assert.deepEqual(
      [...read],
      [
        ['a', '2'],
        ['b', 'x=y'],
        ['c', ''],
      ],
    )
    assert.deepEqual([...kind.absent], [])
  })

  for (const bad of ['novalue', '=value']) {
    it(`is refused where ${bad} stands for key=value`, () => {
      const kind = keyValues({ summary: 'Configs.' })
      assert.throws(() => kind.read([bad], '--config'), new UsageError(`--config ${bad}: give it as key=value`))
    })
  }

  it('may be left out of the arguments where that is said', () => {
    const kind = text({ summary: 'A file.' })
    assert.equal(isOptional(kind), false)
    assert.equal(isOptional(optional(kind)), true)
  })
})
