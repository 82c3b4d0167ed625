/**
 * Reads and writes one shape of struct. The two functions are made from text, so that V8 sees an object literal
 * and plain property loads with type feedback of their own: measured 2 to 5 times as fast as a loop over fields
 * (Metadata of 10 topics: 3.1 µs instead of 12.4 µs). The text holds nothing but our own field names.
 */

import type { ByteReader, ByteWriter } from '@gregor/base'
import type { Read, Write } from './primitive-codecs.ts'

/** One property of the struct read: taken from the bytes, or always the same. */
export type Property = { readonly name: string } & ({ readonly read: Read } | { readonly value: unknown })

export type ReadStruct = (reader: ByteReader) => Record<string, unknown>
export type WriteStruct = (writer: ByteWriter, value: Readonly<Record<string, unknown>>) => void

/** @param finish - reads what comes last and may set properties: the tag buffer. */
export function structReader(
  properties: readonly Property[],
  finish: ((reader: ByteReader, struct: Record<string, unknown>) => void) | undefined,
): ReadStruct {
  const parts = properties.map((property) => ('read' in property ? property.read : property.value))
  const names = parts.map((_, index) => `part${index}`)
  const literal = properties.map((each, index) => `${each.name}: part${index}${'read' in each ? '(reader)' : ''}`)
  const body = `return (reader) => {
    const struct = { ${literal.join(', ')} }
    ${finish === undefined ? '' : 'finish(reader, struct)'}
    return struct
  }`
  return compiled(['finish', ...names], body, [finish, ...parts]) as ReadStruct
}

/** @param finish - writes what comes last: the tag buffer. */
export function structWriter(
  properties: readonly { readonly name: string; readonly write: Write }[],
  finish: WriteStruct | undefined,
): WriteStruct {
  const names = properties.map((_, index) => `part${index}`)
  const calls = properties.map((property, index) => `part${index}(writer, struct.${property.name})`)
  const body = `return (writer, struct) => {
    ${calls.join('\n    ')}
    ${finish === undefined ? '' : 'finish(writer, struct)'}
  }`
  return compiled(['finish', ...names], body, [finish, ...properties.map((each) => each.write)]) as WriteStruct
}

function compiled(names: readonly string[], body: string, values: readonly unknown[]): unknown {
  // oxlint-disable-next-line typescript/no-implied-eval
  const make = new Function(...names, body) as (...values: readonly unknown[]) => unknown
  return make(...values)
}
