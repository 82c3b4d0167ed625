/**
 * A message as JSON, as Apache Kafka’s tools and request logs print it: the fields of its version in their order,
 * tagged ones only where they differ from their default, bytes in base64, longs exact, doubles as Java writes them.
 * Nothing is hidden: for what may be shown to anybody, see `redacted`.
 */

import { isDefault } from './default-value.ts'
import type { Field, Fields } from './field.ts'
import { isFlexible, type Message } from './schema.ts'
import { hasVersion } from './versions.ts'

export type JsonNode =
  | null
  | boolean
  | string
  | number
  | bigint
  | JavaDouble
  | readonly JsonNode[]
  | { readonly [name: string]: JsonNode }

/** A number that is written with its fraction, even where that is 0. */
export class JavaDouble {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** @param value - as it was decoded in `version`; its int64 fields may be bigints, which are exact. */
export function messageJson(
  message: Message,
  version: number,
  value: Readonly<Record<string, unknown>>,
): Record<string, JsonNode> {
  return structJson(message.fields, value, { version, isFlexible: isFlexible(message, version) })
}

interface Context {
  readonly version: number
  readonly isFlexible: boolean
}

function structJson(
  fields: Fields,
  value: Readonly<Record<string, unknown>>,
  context: Context,
): Record<string, JsonNode> {
  const nodes: Record<string, JsonNode> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (field.versions !== undefined && !hasVersion(field.versions, context.version)) continue
    const part = value[name]
    const isTagged = field.tag !== undefined && context.isFlexible
    if (isTagged && isDefault(field, part, typeof part === 'bigint' ? 'bigint' : 'number')) continue
    nodes[name] = fieldJson(field, part, context)
  }
  return nodes
}

function fieldJson(field: Field, value: unknown, context: Context): JsonNode {
  if (value === null) return null
  switch (field.type) {
    case 'bytes':
    case 'records':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'float64':
      return new JavaDouble(value as number)
    case 'struct':
      return structJson(field.fields ?? {}, value as Readonly<Record<string, unknown>>, context)
    case 'array': {
      const { element } = field
      return element === undefined ? [] : (value as readonly unknown[]).map((each) => fieldJson(element, each, context))
    }
    default:
      // The types of the remaining fields are what JSON has.
      return value as boolean | number | bigint | string
  }
}

/** JSON without a blank, escaped as Jackson does it. */
export function jsonText(node: JsonNode): string {
  if (node === null) return 'null'
  if (node instanceof JavaDouble) return javaDoubleText(node.value)
  if (typeof node === 'string') return quoted(node)
  if (typeof node !== 'object') return String(node)
  if (isList(node)) return `[${node.map(jsonText).join(',')}]`
  const members = Object.entries(node).map(([name, value]) => `${quoted(name)}:${jsonText(value)}`)
  return `{${members.join(',')}}`
}

function isList(node: readonly JsonNode[] | { readonly [name: string]: JsonNode }): node is readonly JsonNode[] {
  return Array.isArray(node)
}

/** JavaScript writes the digits of `\u001F` small. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\(?:u([0-9a-f]{4})|.)/g, (escape, digits?: string) =>
    digits === undefined ? escape : `\\u${digits.toUpperCase()}`,
  )
}

/** `Double.toString` of Java: always with a fraction, in powers of ten below 0.001 and from 10,000,000 on. */
export function javaDoubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}
