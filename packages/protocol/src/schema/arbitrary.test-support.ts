/**
 * For tests: fast-check arbitraries of a message’s values, derived from its schema. What they give is in decoded
 * form (every field present, those the version lacks at their default), so that it comes back equal from a round trip.
 */

import fc from 'fast-check'
import { uuidFromBytes } from '@gregor/base'
import { defaultValue } from './default-value.ts'
import type { Field, Fields } from './field.ts'
import type { Message } from './schema.ts'
import { hasVersion } from './versions.ts'

export interface ArbitraryOptions {
  /** As the codec’s option of the same name. Default: number, within the safe integers and at the ends of int64. */
  readonly int64?: 'number' | 'bigint'
  /** Elements of an array. Default 3. */
  readonly maxLength?: number
}

export function arbitraryOf(
  message: Message,
  version: number,
  options: ArbitraryOptions = {},
): fc.Arbitrary<Record<string, unknown>> {
  const given = { version, int64: options.int64 ?? 'number', maxLength: options.maxLength ?? 3 } as const
  return structArbitrary(message.fields, given)
}

interface Given {
  readonly version: number
  readonly int64: 'number' | 'bigint'
  readonly maxLength: number
}

function structArbitrary(fields: Fields, given: Given): fc.Arbitrary<Record<string, unknown>> {
  const parts = Object.entries(fields).map(([name, field]) => [name, fieldArbitrary(field, given)] as const)
  return fc.record(Object.fromEntries(parts), { noNullPrototype: true })
}

function fieldArbitrary(field: Field, given: Given): fc.Arbitrary<unknown> {
  const otherwise = defaultValue(field, given.int64)
  if (field.versions !== undefined && !hasVersion(field.versions, given.version)) return fc.constant(otherwise)
  const value = valueArbitrary(field, given)
  const canBeNull = field.nullable !== undefined && hasVersion(field.nullable, given.version)
  const maybeNull = canBeNull ? fc.option(value, { nil: null, freq: 3 }) : value
  const canBeDefault = otherwise !== null || canBeNull
  return canBeDefault
    ? fc.oneof({ weight: 5, arbitrary: maybeNull }, { weight: 1, arbitrary: fc.constant(otherwise) })
    : maybeNull
}

const bytesArbitrary = fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes))
const int64Arbitrary = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-1, 0, 2 ** 63, -(2 ** 63), 2 ** 32, -(2 ** 32)))
const bigArbitrary = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-1n, 0n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n),
)
const uuidArbitrary = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => uuidFromBytes(Buffer.from(bytes)))

function valueArbitrary(field: Field, given: Given): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'boolean':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -32_768, max: 32_767 })
    case 'uint16':
      return fc.integer({ min: 0, max: 65_535 })
    case 'int32':
      return fc.integer()
    case 'uint32':
      return fc.integer({ min: 0, max: 4_294_967_295 })
    case 'int64':
      return given.int64 === 'bigint' ? bigArbitrary : int64Arbitrary
    case 'int64Big':
      return bigArbitrary
    case 'float64':
      return fc.double({ noNaN: true })
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 12 })
    case 'uuid':
      return uuidArbitrary
    case 'bytes':
    case 'records':
      return bytesArbitrary
    case 'array':
      return arrayArbitrary(field, given)
    case 'struct':
      return structArbitrary(field.fields ?? {}, given)
  }
}

function arrayArbitrary(field: Field, given: Given): fc.Arbitrary<readonly unknown[]> {
  if (field.element === undefined) throw new TypeError('an array without an element')
  return fc.array(fieldArbitrary(field.element, given), { maxLength: given.maxLength })
}
