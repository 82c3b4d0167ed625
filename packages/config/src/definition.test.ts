import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brokerConfigs } from './broker-configs.ts'
import { clientMetricsConfigs } from './client-metrics-configs.ts'
import { defaultText, parseConfig } from './config-text.ts'
import { className, defineConfigs, int, password, string } from './definition.ts'
import type { ConfigDefinitions } from './definition.ts'
import { groupConfigs } from './group-configs.ts'
import { topicConfigs } from './topic-configs.ts'

describe('defineConfigs', () => {
  it('names each config by its key and fills in what was left out', () => {
    const { a } = defineConfigs({ a: int({ default: 1, doc: 'A.' }) })
    assert.deepEqual(a, {
      name: 'a',
      type: 'int',
      default: 1,
      isRequired: false,
      validator: undefined,
      scope: 'read-only',
      importance: 'medium',
      isInternal: false,
      doc: 'A.',
    })
  })

  it('keeps what was said', () => {
    const { a, b, c, d } = defineConfigs({
      a: int({ isRequired: true, min: 1, scope: 'cluster-wide', importance: 'high', isInternal: true, doc: '' }),
      b: string({ doc: '' }),
      c: className({ default: 'x.Y', doc: '' }),
      d: password({ doc: '' }),
    })
    assert.deepEqual(
      [a.isRequired, a.validator, a.scope, a.importance, a.isInternal],
      [true, { kind: 'range', min: 1 }, 'cluster-wide', 'high', true],
    )
    assert.equal(b.default, undefined)
    assert.equal(c.default, 'x.Y')
    assert.equal(d.type, 'password')
  })
})

const tables: Readonly<Record<string, ConfigDefinitions>> = {
  broker: brokerConfigs,
  topic: topicConfigs,
  group: groupConfigs,
  'client metrics': clientMetricsConfigs,
}

describe('the tables', () => {
  it('hold every config of Apache Kafka 4.3.1 and one of our own', () => {
    assert.equal(Object.keys(brokerConfigs).length, 360 + 3 + 1)
    assert.equal(Object.keys(topicConfigs).length, 34)
    assert.equal(Object.keys(groupConfigs).length, 17)
    assert.equal(Object.keys(clientMetricsConfigs).length, 3)
  })

  for (const [table, definitions] of Object.entries(tables)) {
    it(`have a valid default and a sentence about every ${table} config`, () => {
      for (const definition of Object.values(definitions)) {
        const text = defaultText(definition)
        assert.match(definition.doc, /^[`A-Z*].*\.$/s, definition.name)
        if (text === undefined) continue
        assert.deepEqual(parseConfig(definition, text), { value: definition.default, text }, definition.name)
      }
    })
  }
})
