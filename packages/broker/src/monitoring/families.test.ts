import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { families } from './families.ts'

describe('the metrics of a node', () => {
  it('each have a name of their own', () => {
    const names = families.map(({ definition }) => definition.name)
    assert.deepEqual(names, [...new Set(names)])
  })

  for (const { definition } of families) {
    const { name, kind, help } = definition
    it(`${name} is named as the JMX exporter would, and says what it means`, () => {
      assert.match(name, /^(kafka|gregor)_[a-z0-9_]+$/)
      assert.equal(/_(total|count|sum)$/.test(name) || kind === 'gauge', true, 'a counter says so')
      assert.equal(name.endsWith('_total'), kind === 'counter' && !/_(count|sum)$/.test(name))
      assert.match(help, /^[A-Z0-9].*\.$/)
    })
  }
})
