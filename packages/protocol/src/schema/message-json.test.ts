import assert from 'node:assert/strict'
import { it } from 'node:test'

import { array, bytes, float64, int16, int64, string, struct } from './field.ts'
import { javaDoubleText, JavaDouble, jsonText, messageJson } from './message-json.ts'
import { defineMessage } from './schema.ts'

const Sample = defineMessage({
  name: 'Sample',
  versions: '0-2',
  flexible: '2+',
  fields: {
    name: string({ nullable: '0+' }),
    newer: int64({ versions: '1+' }),
    factor: float64(),
    data: bytes(),
    parts: array({ index: int16(), inner: struct({ at: int64() }) }),
    marked: int16({ versions: '2+', tag: 0, default: -1 }),
  },
})

const value = {
  name: null,
  newer: 9223372036854775807n,
  factor: 2,
  data: Buffer.from([1, 2, 255]),
  parts: [{ index: 3, inner: { at: 5 } }],
  marked: -1,
}

it('writes the fields that the version has, in their order', () => {
  assert.equal(
    jsonText(messageJson(Sample, 0, value)),
    '{"name":null,"factor":2.0,"data":"AQL/","parts":[{"index":3,"inner":{"at":5}}]}',
  )
})

it('writes longs exactly, and a tagged field only where it is not at its default', () => {
  assert.equal(
    jsonText(messageJson(Sample, 2, { ...value, parts: [] })),
    '{"name":null,"newer":9223372036854775807,"factor":2.0,"data":"AQL/","parts":[]}',
  )
  assert.equal(
    jsonText(messageJson(Sample, 2, { ...value, parts: [], newer: 1, marked: 4 })),
    '{"name":null,"newer":1,"factor":2.0,"data":"AQL/","parts":[],"marked":4}',
  )
})

it('escapes text as Jackson does: capital digits, and nothing that need not be', () => {
  assert.equal(jsonText('a"b\\u001f\n\t\u001f/é'), '"a\\"b\\\\u001f\\n\\t\\u001F/é"')
  assert.equal(jsonText([true, 1, new JavaDouble(0.5), { a: null }]), '[true,1,0.5,{"a":null}]')
})

it('writes doubles as Java does', () => {
  const texts: readonly (readonly [number, string])[] = [
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-3.25, '-3.25'],
    [0.001, '0.001'],
    [0.0005, '5.0E-4'],
    [9_999_999, '9999999.0'],
    [10_000_000, '1.0E7'],
    [123_456_789.5, '1.234567895E8'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ]
  for (const [number, text] of texts) assert.equal(javaDoubleText(number), text)
})
