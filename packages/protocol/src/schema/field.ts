/**
 * The words schemas are written in: one constructor per type of field. A field is data; what reads and writes it is
 * compiled from it (`codec`), and the types of what is read and written are derived from it (`DecodedOf`, `InputOf`).
 *
 * Types with their default where none is given: numbers 0, boolean false, string '', bytes empty, uuid zero,
 * records null (empty where never null), array [], struct all of its fields at their defaults. A field that may be left out when writing is
 * one with an explicit default, a tag, or `versions` of its own (it is not always there, so its default has to do).
 */

import { type VersionRange, type Versions, parseVersions } from './versions.ts'

export type FieldType =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'int64Big'
  | 'uint16'
  | 'uint32'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'records'
  | 'uuid'
  | 'array'
  | 'struct'

/** `Value` is what decoding gives, `Input` what encoding takes. Both exist for the compiler only. */
export interface Field<
  Value = unknown,
  Input = Value,
  Presence extends 'required' | 'optional' = 'required' | 'optional',
> {
  readonly type: FieldType
  /** Undefined: in every version of the message. */
  readonly versions: VersionRange | undefined
  /** Undefined: never null. */
  readonly nullable: VersionRange | undefined
  /** Undefined: the default of its type. */
  readonly default: unknown
  /** May be lost, without an error, in a version that lacks the field. */
  readonly ignorable: boolean
  /** Travels in the tag buffer under this number (KIP-482). */
  readonly tag: number | undefined
  /** False: in its classic form in flexible versions, too. */
  readonly flexible: boolean
  /** Never shown: see `redacted`. */
  readonly sensitive: boolean
  /** Of an array: what it holds. */
  readonly element: Field | undefined
  /** Of a struct. */
  readonly fields: Fields | undefined
  readonly presence: Presence
  readonly valueType?: Value
  readonly inputType?: Input
}

/** A struct: its fields in wire order. */
export type Fields = Readonly<Record<string, Field>>

export interface FieldOptions {
  /** Where the field travels. Left out: everywhere. */
  readonly versions?: Versions
  readonly ignorable?: true
  /** Only in flexible versions; says that the field travels in the tag buffer wherever it travels. */
  readonly tag?: number
  readonly sensitive?: true
}

type Defaulted<T> = FieldOptions & { readonly default?: T }
type NullableOptions<T> = Defaulted<T | null> & { readonly nullable?: Versions }
type StringOptions = NullableOptions<string> & { readonly flexible?: 'none' }

type Presence<Options> = Options extends { default: unknown } | { tag: number } | { versions: string }
  ? 'optional'
  : 'required'
type OrNull<Options> = Options extends { nullable: string } ? null : never

/** What decoding a struct gives: every field is there. */
export type DecodedOf<F extends Fields> = { readonly [Name in keyof F]: ValueOf<F[Name]> }
/** What encoding a struct takes: fields with a default may be left out. */
export type InputOf<F extends Fields> = Flat<
  { readonly [Name in keyof F as F[Name]['presence'] extends 'required' ? Name : never]: InputTypeOf<F[Name]> } & {
    readonly [Name in keyof F as F[Name]['presence'] extends 'required' ? never : Name]?:
      | InputTypeOf<F[Name]>
      | undefined
  }
>
type ValueOf<F extends Field> = F extends Field<infer Value, unknown> ? Value : never
type InputTypeOf<F extends Field> = F extends Field<unknown, infer Input> ? Input : never
type Flat<T> = { [K in keyof T]: T[K] }

export function boolean<const O extends Defaulted<boolean> = {}>(options?: O): Field<boolean, boolean, Presence<O>> {
  return field('boolean', options)
}

export function int8<const O extends Defaulted<number> = {}>(options?: O): Field<number, number, Presence<O>> {
  return field('int8', options)
}

export function int16<const O extends Defaulted<number> = {}>(options?: O): Field<number, number, Presence<O>> {
  return field('int16', options)
}

export function int32<const O extends Defaulted<number> = {}>(options?: O): Field<number, number, Presence<O>> {
  return field('int32', options)
}

/** A number: rounded beyond 2^53 when read, the ends of the range for what is beyond them when written. */
export function int64<const O extends Defaulted<number> = {}>(options?: O): Field<number, number, Presence<O>> {
  return field('int64', options)
}

/** Where the whole range is used. */
export function int64Big<const O extends Defaulted<bigint> = {}>(options?: O): Field<bigint, bigint, Presence<O>> {
  return field('int64Big', options)
}

export function uint16<const O extends Defaulted<number> = {}>(options?: O): Field<number, number, Presence<O>> {
  return field('uint16', options)
}

export function uint32<const O extends Defaulted<number> = {}>(options?: O): Field<number, number, Presence<O>> {
  return field('uint32', options)
}

export function float64<const O extends Defaulted<number> = {}>(options?: O): Field<number, number, Presence<O>> {
  return field('float64', options)
}

/** Text of at most 32,767 bytes. */
export function string<const O extends StringOptions = {}>(
  options?: O,
): Field<string | OrNull<O>, string | OrNull<O>, Presence<O>> {
  return field('string', options)
}

/** Read as a view of the frame; written without copying when large. */
export function bytes<const O extends NullableOptions<never> = {}>(
  options?: O,
): Field<Buffer | OrNull<O>, Uint8Array | OrNull<O>, Presence<O>> {
  return field('bytes', options)
}

/** Record batches: read as a view of the frame, written from one buffer or a list of them without copying. */
export function records<const O extends NullableOptions<never> = {}>(
  options?: O,
): Field<Buffer | OrNull<O>, Uint8Array | readonly Uint8Array[] | OrNull<O>, Presence<O>> {
  return field('records', options)
}

/** Text form: see `uuid` in base. */
export function uuid<const O extends Defaulted<string> = {}>(options?: O): Field<string, string, Presence<O>> {
  return field('uuid', options)
}

/** Of structs, given as their fields, or of any other type: `array(int32())`. */
export function array<const F extends Fields, const O extends NullableOptions<never> = {}>(
  fields: F,
  options?: O,
): Field<readonly DecodedOf<F>[] | OrNull<O>, readonly InputOf<F>[] | OrNull<O>, Presence<O>>
export function array<Value, Input, const O extends NullableOptions<never> = {}>(
  element: Field<Value, Input, 'required'>,
  options?: O,
): Field<readonly Value[] | OrNull<O>, readonly Input[] | OrNull<O>, Presence<O>>
export function array(element: Field | Fields, options?: NullableOptions<never>): Field {
  return field('array', options, { element: isField(element) ? element : struct(element) })
}

export function struct<const F extends Fields, const O extends NullableOptions<never> = {}>(
  fields: F,
  options?: O,
): Field<DecodedOf<F> | OrNull<O>, InputOf<F> | OrNull<O>, Presence<O>> {
  return field('struct', options, { fields })
}

type AnyOptions = FieldOptions & {
  readonly default?: unknown
  readonly nullable?: Versions
  readonly flexible?: 'none'
}

function field<Value, Input, P extends 'required' | 'optional'>(
  type: FieldType,
  options: AnyOptions = {},
  inner: { element?: Field; fields?: Fields } = {},
): Field<Value, Input, P> {
  const isOptional = 'default' in options || options.tag !== undefined || options.versions !== undefined
  return {
    type,
    versions: options.versions === undefined ? undefined : parseVersions(options.versions),
    nullable: options.nullable === undefined ? undefined : parseVersions(options.nullable),
    default: options.default,
    ignorable: options.ignorable ?? false,
    tag: options.tag,
    flexible: options.flexible !== 'none',
    sensitive: options.sensitive ?? false,
    element: inner.element,
    fields: inner.fields,
    presence: (isOptional ? 'optional' : 'required') as P,
  }
}

function isField(value: Field | Fields): value is Field {
  return typeof value['type'] === 'string'
}
