/**
 * Reads and writes structs and arrays of one shape. The functions are made from text, each anew, so that V8 sees
 * object literals and plain property loads with type feedback of their own. Against closures over a list of fields,
 * decoding takes half the time for small messages and a quarter for large ones (Metadata of 10 topics: 3.1 µs instead
 * of 12.4 µs). The text holds nothing but our own field names.
 */

import { compileFunction } from 'node:vm'
import { type ByteReader, type ByteWriter, MalformedMessageError } from '@gregor/base'
import type { LengthCodec, Read, ValueCodec, Write } from './primitive-codecs.ts'

export type Struct = Readonly<Record<string, unknown>>
export type ReadStruct = (reader: ByteReader) => Record<string, unknown>
export type WriteStruct = (writer: ByteWriter, value: Struct) => void

/** One property of the struct read: taken from the bytes, or always the same. */
export type ReadProperty = { readonly name: string } & ({ readonly codec: ValueCodec } | { readonly value: unknown })

export type WriteProperty = { readonly name: string } & (
  | {
      readonly codec: ValueCodec
      /** Written where the property is undefined. */
      readonly otherwise?: unknown
      /** Called where the property is null and must not be. */
      readonly refuseNull?: () => never
    }
  | { readonly check: (value: unknown) => void }
)

/**
 * Makes each direction when it is first asked for: most messages are only ever read here, or only written, and making a
 * function takes a tenth of a millisecond. Whoever calls often keeps what `read` and `write` give.
 */
export class TwoWays<ReadValue, WriteValue> {
  readonly minimalBytes: number
  readonly #makeRead: () => ReadValue
  readonly #makeWrite: () => WriteValue
  #read: ReadValue | undefined
  #write: WriteValue | undefined

  constructor(minimalBytes: number, makeRead: () => ReadValue, makeWrite: () => WriteValue) {
    this.minimalBytes = minimalBytes
    this.#makeRead = makeRead
    this.#makeWrite = makeWrite
  }

  get read(): ReadValue {
    return (this.#read ??= this.#makeRead())
  }

  get write(): WriteValue {
    return (this.#write ??= this.#makeWrite())
  }
}

/** @param finish - reads what comes last and may set properties: the tag buffer. */
export function structReader(
  properties: readonly ReadProperty[],
  finish: ((reader: ByteReader, struct: Record<string, unknown>) => void) | undefined,
): ReadStruct {
  const source = new Source()
  const parts = properties.map((property) => {
    const part = 'codec' in property ? readExpression(source, property.codec) : source.bind(property.value)
    return `${property.name}: ${part}`
  })
  const last = finish === undefined ? '' : `${source.bind(finish)}(reader, struct)`
  return source.compile(`(reader) => { const struct = { ${parts.join(', ')} }; ${last}; return struct }`) as ReadStruct
}

/** @param finish - writes what comes last: the tag buffer. */
export function structWriter(properties: readonly WriteProperty[], finish: WriteStruct | undefined): WriteStruct {
  const source = new Source()
  const lines = properties.map((property) => writeStatement(source, property))
  if (finish !== undefined) lines.push(`${source.bind(finish)}(writer, struct)`)
  return source.compile(`(writer, struct) => { ${lines.join('\n')} }`) as WriteStruct
}

/** Whether one of these properties is given: mostly none is, of tagged ones. */
export function anyGiven(names: readonly string[]): (struct: Struct) => boolean {
  const given = names.map((name) => `struct.${name} !== undefined`).join(' || ')
  return new Source().compile(`(struct) => ${given}`) as (struct: Struct) => boolean
}

function writeStatement(source: Source, property: WriteProperty): string {
  const value = `struct.${property.name}`
  if ('check' in property) return `${source.bind(property.check)}(${value})`
  const lines: string[] = []
  if (property.refuseNull !== undefined) lines.push(`if (${value} === null) ${source.bind(property.refuseNull)}()`)
  if ('otherwise' in property) {
    const otherwise = source.bind(property.otherwise)
    lines.push(writeExpression(source, property.codec, `${value} === undefined ? ${otherwise} : ${value}`))
  } else lines.push(writeExpression(source, property.codec, value))
  return lines.join('\n')
}

/**
 * Arrays, `null` where the length says so and `canBeNull`. A count that cannot fit in the bytes left is refused.
 * An element without bytes of its own is counted as one byte, so that a count of them is bounded, too; and all arrays
 * of a message together have no more elements than the reader allows.
 */
export function arrayCodec(element: ValueCodec, length: LengthCodec, canBeNull: boolean): ValueCodec {
  return new TwoWays(
    length.minimalBytes,
    () => arrayReader(element, length, canBeNull),
    () => arrayWriter(element, length),
  )
}

function arrayReader(element: ValueCodec, length: LengthCodec, canBeNull: boolean): Read {
  const source = new Source()
  return source.compile(`(reader) => {
    const count = ${source.bind(length.read)}(reader)
    if (count < 0) { if (${canBeNull}) return null; ${source.bind(refuseNull)}() }
    if (count * ${Math.max(1, element.minimalBytes)} > reader.remaining || (reader.elementsLeft -= count) < 0) {
      ${source.bind(refuseCount)}(count, reader)
    }
    const values = new Array(count)
    for (let index = 0; index < count; index++) values[index] = ${readExpression(source, element)}
    return values
  }`) as Read
}

function arrayWriter(element: ValueCodec, length: LengthCodec): Write {
  const source = new Source()
  const writeLength = source.bind(length.write)
  return source.compile(`(writer, values) => {
    if (values === null) return ${writeLength}(writer, -1)
    ${writeLength}(writer, values.length)
    for (let index = 0; index < values.length; index++) ${writeExpression(source, element, 'values[index]')}
  }`) as Write
}

function refuseNull(): never {
  throw new MalformedMessageError('an array is null')
}

function refuseCount(count: number, reader: ByteReader): never {
  const limit = reader.elementsLeft < 0 ? 'more than a message may have' : `not in ${reader.remaining} bytes`
  throw new MalformedMessageError(`${count} elements: ${limit}`)
}

function readExpression(source: Source, codec: ValueCodec): string {
  return 'method' in codec ? `reader.${codec.method}()` : `${source.bind(codec.read)}(reader)`
}

function writeExpression(source: Source, codec: ValueCodec, value: string): string {
  return 'method' in codec ? `writer.${codec.method}(${value})` : `${source.bind(codec.write)}(writer, ${value})`
}

/** The text of a function, and the values that it names. */
class Source {
  readonly #values: unknown[] = []

  /** Returns the name of the value in the text. */
  bind(value: unknown): string {
    this.#values.push(value)
    return `bound${this.#values.length - 1}`
  }

  compile(text: string): unknown {
    const names = this.#values.map((_, index) => `bound${index}`)
    const make = compileFunction(`'use strict'; return ${text}`, names) as (...values: readonly unknown[]) => unknown
    return make(...this.#values)
  }
}
