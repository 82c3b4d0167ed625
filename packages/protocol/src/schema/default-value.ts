/**
 * What a field holds when nobody says anything: its default where it does not travel, and what is left out of the
 * tag buffer. Defaults are shared, hence frozen.
 */

import { ZERO_UUID } from '@gregor/base'
import type { Field, Fields } from './field.ts'

type Int64Mode = 'number' | 'bigint'

const NOTHING: readonly never[] = Object.freeze([])
const NO_BYTES = Buffer.alloc(0)
const LARGEST_INT64 = 2n ** 63n - 1n

export function defaultValue(field: Field, int64: Int64Mode): unknown {
  if (field.default !== undefined) {
    return field.type === 'int64' && int64 === 'bigint' ? exactly(field.default as number) : field.default
  }
  switch (field.type) {
    case 'boolean':
      return false
    case 'string':
      return ''
    case 'uuid':
      return ZERO_UUID
    case 'bytes':
      return NO_BYTES
    case 'records':
      return field.nullable === undefined ? NO_BYTES : null
    case 'array':
      return NOTHING
    case 'struct':
      return Object.freeze(defaultStruct(field.fields ?? {}, int64))
    case 'int64Big':
      return 0n
    case 'int64':
      return int64 === 'bigint' ? 0n : 0
    default:
      return 0
  }
}

function defaultStruct(fields: Fields, int64: Int64Mode): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, defaultValue(field, int64)]))
}

/** `value` is what an encoder was given: of a struct, parts may be missing. */
export function isDefault(field: Field, value: unknown, int64: Int64Mode): boolean {
  if (value === null) return defaultValue(field, int64) === null
  if (field.default === null || (field.type === 'records' && field.nullable !== undefined)) return false
  switch (field.type) {
    case 'array':
    case 'bytes':
    case 'records':
      return (value as ArrayLike<unknown>).length === 0
    case 'struct':
      for (const [name, part] of Object.entries(field.fields ?? {})) {
        const partValue = (value as Record<string, unknown>)[name]
        if (partValue === undefined ? part.presence === 'required' : !isDefault(part, partValue, int64)) return false
      }
      return true
    default:
      return value === defaultValue(field, int64)
  }
}

/** The largest int64 is not a number: its neighbour 2^63 stands for it. */
function exactly(value: number): bigint {
  return value >= 2 ** 63 ? LARGEST_INT64 : BigInt(value)
}
