/**
 * Any message that a version can say: fields that it has, null where it may be, left out where there is a default.
 * fast-check favours the ends of ranges; arrays and texts are short, now and then long enough for a length of two bytes.
 */

import type { Message } from '@gregor/protocol'
import { hasVersion } from '@gregor/protocol'
import fc from 'fast-check'

type Fields = Message['fields']
type Field = Fields[string]
/** How int64 fields are given. */
export type Int64Form = 'number' | 'bigint'

export function messageArbitrary(message: Message, version: number, form: Int64Form): fc.Arbitrary<object> {
  return structArbitrary(message.fields, version, form, 0)
}

function structArbitrary(fields: Fields, version: number, form: Int64Form, depth: number): fc.Arbitrary<object> {
  const arbitraries: Record<string, fc.Arbitrary<unknown>> = {}
  const required: string[] = []
  for (const [name, field] of Object.entries(fields)) {
    if (field.versions !== undefined && !hasVersion(field.versions, version)) continue
    arbitraries[name] = fieldArbitrary(field, version, form, depth)
    if (field.presence === 'required') required.push(name)
  }
  return fc.record(arbitraries, { requiredKeys: required })
}

function fieldArbitrary(field: Field, version: number, form: Int64Form, depth: number): fc.Arbitrary<unknown> {
  const value = valueArbitrary(field, version, form, depth)
  const canBeNull = field.nullable !== undefined && hasVersion(field.nullable, version)
  return canBeNull ? fc.option(value, { freq: 3 }) : value
}

function valueArbitrary(field: Field, version: number, form: Int64Form, depth: number): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'boolean':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -0x80, max: 0x7f })
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff })
    case 'uint16':
      return fc.nat(0xffff)
    case 'int32':
      return fc.integer()
    case 'uint32':
      return fc.nat(0xffff_ffff)
    case 'int64':
      return form === 'bigint' ? bigints : fc.maxSafeInteger()
    case 'int64Big':
      return bigints
    case 'float64':
      return fc.double({ noNaN: true })
    case 'string':
      return texts
    case 'bytes':
      return buffers
    case 'records':
      return fc.oneof(buffers, fc.array(buffers, { maxLength: 3 }))
    case 'uuid':
      return uuids
    case 'struct':
      return structArbitrary(field.fields ?? {}, version, form, depth + 1)
    case 'array': {
      if (field.element === undefined) throw new TypeError('an array without an element')
      return arrays(fieldArbitrary(field.element, version, form, depth), field.element.type === 'struct', depth)
    }
  }
}

function arrays(element: fc.Arbitrary<unknown>, isOfStructs: boolean, depth: number): fc.Arbitrary<unknown> {
  const short = fc.array(element, { maxLength: depth > 2 ? 1 : 3 })
  if (isOfStructs) return short
  return fc.oneof(
    { weight: 60, arbitrary: short },
    { weight: 1, arbitrary: fc.array(element, { minLength: 130, maxLength: 150 }) },
  )
}

const bigints = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const texts = fc.oneof(
  { weight: 30, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 130, maxLength: 300 }) },
)
const buffers = fc.oneof(
  { weight: 30, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 130, maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
)
const uuids = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
