import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import { arbitraryOf } from '../schema/arbitrary.test-support.ts'
import { compile } from '../schema/codec.ts'
import type { Field, Fields } from '../schema/field.ts'
import type { Api, Message } from '../schema/schema.ts'
import type { VersionRange } from '../schema/versions.ts'
import { advertisedVersions } from './advertised.ts'
import { apiByKey, apis } from './index.ts'

const RUNS = 8

function* versionsOf({ versions }: Api): Iterable<number> {
  for (let version = versions.min; version <= versions.max; version++) yield version
}

const messagesOf = (api: Api): readonly Message[] => [api.request, api.response]

describe('every API', () => {
  it('is there: the keys of Apache Kafka 4.3, in order', () => {
    const expected = [0, 1, 2, 3, ...Array.from({ length: 85 }, (_, index) => index + 8)]
    assert.deepEqual(
      apis.map((api) => api.key),
      expected,
    )
    for (const key of expected) assert.equal(apiByKey(key)?.key, key)
    for (const key of [-1, 4, 5, 6, 7, 93]) assert.equal(apiByKey(key), undefined)
  })

  for (const api of apis) {
    it(`${api.name} comes back equal in every version`, () => {
      for (const version of versionsOf(api)) {
        for (const message of messagesOf(api)) {
          const codec = compile(message, version)
          fc.assert(
            fc.property(arbitraryOf(message, version), (value) => {
              const writer = new ByteWriter()
              codec.write(writer, value)
              const reader = new ByteReader(writer.toBuffer())
              assert.deepEqual(codec.read(reader), value)
              assert.equal(reader.remaining, 0)
            }),
            { numRuns: RUNS },
          )
        }
      }
    })

    it(`${api.name} refuses garbage with MalformedMessageError and nothing else`, () => {
      for (const version of versionsOf(api)) {
        for (const message of messagesOf(api)) {
          const codec = compile(message, version)
          const valid = arbitraryOf(message, version).map((value) => {
            const writer = new ByteWriter()
            codec.write(writer, value)
            return writer.toBuffer()
          })
          const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
          const damaged = fc.tuple(valid, edits, fc.nat()).map(([bytes, changes, cut]) => {
            for (const [at, byte] of changes) bytes[at % Math.max(1, bytes.length)] = byte
            return cut % 3 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes
          })
          const noise = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes))
          fc.assert(
            fc.property(fc.oneof(damaged, noise), (bytes) => {
              try {
                codec.read(new ByteReader(bytes))
              } catch (error) {
                assert.ok(error instanceof MalformedMessageError, String(error))
              }
            }),
            { numRuns: RUNS * 2 },
          )
        }
      }
    })
  }
})

describe('every schema', () => {
  for (const api of apis) {
    it(`of ${api.name} keeps the rules of schemas`, () => {
      assert.ok(api.listeners.length > 0)
      for (const message of messagesOf(api)) checkFields(message.name, message.fields, api, api.versions)
    })
  }
})

function checkFields(path: string, fields: Fields, api: Api, parent: VersionRange): void {
  const tags = Object.values(fields).flatMap(({ tag }) => (tag === undefined ? [] : [tag]))
  assert.equal(new Set(tags).size, tags.length, `${path}: tags are unique`)
  for (const [name, field] of Object.entries(fields)) checkField(`${path}.${name}`, field, api, parent)
}

function checkField(path: string, field: Field, api: Api, parent: VersionRange): void {
  const min = Math.max(parent.min, field.versions?.min ?? 0)
  const max = Math.min(parent.max, field.versions?.max ?? parent.max)
  assert.ok(min <= max, `${path} travels in some version`)
  if (field.tag !== undefined) assert.ok(min >= api.flexible.min, `${path}: tagged only in flexible versions`)
  if (field.default === null) assert.ok(field.nullable, `${path} may be null`)
  if (field.element !== undefined) checkField(`${path}[]`, field.element, api, { min, max })
  if (field.fields !== undefined) checkFields(path, field.fields, api, { min, max })
}

describe('what is advertised', () => {
  const advertised = (key: number): string => {
    const api = apiByKey(key)
    const range = api && advertisedVersions(api)
    return range === undefined ? 'nothing' : `${range.min}-${range.max}`
  }

  it('begins at 0 for Produce, though 0-2 are refused', () => {
    assert.equal(advertised(0), '0-13')
  })

  it('leaves unstable versions out', () => {
    assert.equal(advertised(22), '0-5')
    assert.equal(apiByKey(22)?.versions.max, 6)
  })

  it('is wider than Apache Kafka 4 where the old versions are plain', () => {
    const expected: Record<number, string> = {
      2: '0-11',
      8: '1-10',
      19: '0-7',
      20: '0-6',
      23: '0-4',
      29: '0-3',
      30: '0-3',
      31: '0-3',
      32: '0-4',
      34: '0-2',
      35: '0-5',
      38: '0-3',
      39: '0-2',
      40: '0-2',
      41: '0-3',
    }
    for (const [key, range] of Object.entries(expected)) assert.equal(advertised(Number(key)), range)
  })

  it('is what has a schema, elsewhere', () => {
    const expected: Record<number, string> = {
      1: '4-18',
      3: '0-13',
      9: '1-10',
      11: '0-9',
      18: '0-4',
      27: '1-2',
      78: '1-2',
    }
    for (const [key, range] of Object.entries(expected)) assert.equal(advertised(Number(key)), range)
  })

  it('is nothing where all is unstable', () => {
    const api = apiByKey(18)
    assert.ok(api)
    assert.equal(advertisedVersions({ ...api, unstable: api.versions }), undefined)
  })
})
