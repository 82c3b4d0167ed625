/**
 * A message as it may be shown in logs and errors: secrets are replaced, bytes are only counted, large arrays are
 * cut. Every printer of messages goes through here.
 */

import type { Field, Fields } from './field.ts'
import type { Message } from './schema.ts'

const SHOWN_ELEMENTS = 20

/** Plain data, ready for JSON. `value` may be what was decoded or what is about to be encoded. */
export function redacted(message: Message, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactedStruct(message.fields, value)
}

function redactedStruct(fields: Fields, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const part = value[name]
    if (part !== undefined) shown[name] = redactedValue(field, part)
  }
  return shown
}

function redactedValue(field: Field, value: unknown): unknown {
  if (value === null) return null
  if (field.sensitive) return '[hidden]'
  switch (field.type) {
    case 'bytes':
    case 'records':
      return `[${byteCount(value as Uint8Array | readonly Uint8Array[])} bytes]`
    case 'int64Big':
      return `${value as bigint}`
    case 'struct':
      return redactedStruct(field.fields ?? {}, value as Readonly<Record<string, unknown>>)
    case 'array':
      return redactedArray(field.element, value as readonly unknown[])
    default:
      return value
  }
}

function redactedArray(element: Field | undefined, values: readonly unknown[]): unknown[] {
  const shown = values.slice(0, SHOWN_ELEMENTS).map((value) => (element ? redactedValue(element, value) : value))
  if (values.length > SHOWN_ELEMENTS) shown.push(`[${values.length - SHOWN_ELEMENTS} more]`)
  return shown
}

function byteCount(value: Uint8Array | readonly Uint8Array[]): number {
  if (value instanceof Uint8Array) return value.length
  return value.reduce((sum, part) => sum + part.length, 0)
}
