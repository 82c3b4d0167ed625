import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jaasEntryFromText } from './jaas.ts'

describe('jaasEntryFromText', () => {
  it('reads the module and its options', () => {
    const entry = jaasEntryFromText(
      'org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="a \\"b\\"; =c" x=y;',
    )
    assert.equal(entry?.loginModule, 'org.apache.kafka.common.security.plain.PlainLoginModule')
    assert.deepEqual(
      [...(entry?.options ?? [])],
      [
        ['username', 'alice'],
        ['password', 'a "b"; =c'],
        ['x', 'y'],
      ],
    )
  })

  it('takes any flag, single quotes, lines, and no options', () => {
    assert.deepEqual([...(jaasEntryFromText("M  SUFFICIENT\n a = 'b c' ;")?.options ?? [])], [['a', 'b c']])
    assert.equal(jaasEntryFromText('M required;')?.options.size, 0)
  })

  for (const text of [
    '',
    'M required username="a"',
    'M username="a";',
    'M perhaps username="a";',
    'M required username;',
    'M required username "a" =;',
    'M required username="a;',
    'M required = = =;',
  ]) {
    it(`reads nothing from ${text}`, () => {
      assert.equal(jaasEntryFromText(text), undefined)
    })
  }
})
