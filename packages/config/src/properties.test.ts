import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ConfigError } from './config-error.ts'
import { parseProperties, propertiesText, writeProperties } from './properties.ts'

// Each text and what java.util.Properties (17) made of it.
const asJava: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['a=b', { a: 'b' }],
  ['a = b ', { a: 'b ' }],
  ['a:b', { a: 'b' }],
  ['a b', { a: 'b' }],
  ['a\t:\fb', { a: 'b' }],
  ['a==b', { a: '=b' }],
  ['a', { a: '' }],
  ['=b', { '': 'b' }],
  ['# c\n! d\n  # e\n\n \t\na=1', { a: '1' }],
  ['a=1\na=2', { a: '2' }],
  ['a=1\rb=2\r\nc=3', { a: '1', b: '2', c: '3' }],
  ['a=1,\\\n    2,\\\r\n\t3', { a: '1,2,3' }],
  ['a=1\\\\\nb=2', { a: '1\\', b: '2' }],
  ['a=1\\\n\nb=2', { a: '1', b: '2' }],
  ['a=1\\\n#x', { a: '1#x' }],
  ['\\\n#x\na=1', { a: '1' }],
  ['a=1\\', { a: '1' }],
  ['a\\ b\\=c\\:d=e', { 'a b=c:d': 'e' }],
  ['a=\\u00e9\\n\\t\\f\\r\\q\\\\', { a: 'é\n\t\f\rq\\' }],
  ['a=x#y;z!', { a: 'x#y;z!' }],
  [
    'sasl.jaas.config=org.apache.X required \\\n  username="a" \\\n  password="b=c";',
    { 'sasl.jaas.config': 'org.apache.X required username="a" password="b=c";' },
  ],
  ['', {}],
]

describe('parseProperties', () => {
  for (const [text, expected] of asJava) {
    it(`reads ${JSON.stringify(text)} as Java does`, () => {
      assert.deepEqual(Object.fromEntries(parseProperties(text)), expected)
    })
  }

  it('refuses a \\u without four hexadecimal digits', () => {
    assert.throws(() => parseProperties('a=\\u12x4'), ConfigError)
    assert.throws(() => parseProperties('a=1\nb\\u=1'), /malformed \\uxxxx in "b\\u"/)
  })
})

describe('writeProperties', () => {
  it('escapes as Java does', () => {
    assert.equal(
      writeProperties([
        ['a b', ' c d'],
        ['k=:#!\\', 'é\t\n\r\f=:#!\\\u0000'],
      ]),
      'a\\ b=\\ c d\nk\\=\\:\\#\\!\\\\=\\u00E9\\t\\n\\r\\f\\=\\:\\#\\!\\\\\\u0000\n',
    )
  })

  it('puts comments first, every line of them marked', () => {
    assert.equal(writeProperties([['version', '1']], ['', 'made\nby hand']), '#\n#made\n#by hand\nversion=1\n')
  })

  it('writes what it reads back, whatever keys and values are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (record) => {
        const properties = new Map(Object.entries(record))
        assert.deepEqual(parseProperties(writeProperties(properties)), properties)
      }),
    )
  })
})

describe('propertiesText', () => {
  it('reads UTF-8, and ISO-8859-1 where the bytes are no UTF-8', () => {
    assert.equal(propertiesText(Buffer.from('a=ü', 'utf8')), 'a=ü')
    assert.equal(propertiesText(Buffer.from('a=ü', 'latin1')), 'a=ü')
    assert.equal(propertiesText(Buffer.from('\uFEFFa=1', 'utf8')), 'a=1')
  })
})
