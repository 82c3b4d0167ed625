/**
 * Compares what a message means here and there, field by field and by name: bytes alone would not show two fields with
 * each other's names. Java says it as JSON (see `java/Meaning.java`). Fields that travel in the version must be in
 * both; of the others, one side may have forgotten or not yet learned them, else their defaults must be the same.
 */

import { ByteReader, ByteWriter } from '@gregor/base'
import { type Message, hasVersion } from '@gregor/protocol'

type Fields = Message['fields']
type Field = Fields[string]
type Meaning = string | null | readonly Meaning[] | { readonly [name: string]: Meaning }

/** The names that Apache gives to fields which have another name here. */
export type Renamed = Readonly<Record<string, string>>

/**
 * @param ours - as a decoder made it, with bigints for int64.
 * @returns where and how they differ.
 */
export function meaningDifference(
  fields: Fields,
  version: number,
  {
    ours,
    theirs,
    renamed = {},
  }: { readonly ours: unknown; readonly theirs: string; readonly renamed: Renamed | undefined },
): string | undefined {
  return structDifference({ version, renamed }, fields, ours, JSON.parse(theirs) as Meaning, '')
}

interface Context {
  readonly version: number
  readonly renamed: Renamed
}

function structDifference(context: Context, fields: Fields, ours: unknown, theirs: Meaning, path: string) {
  if (!isObject(theirs)) return `${path}: ${JSON.stringify(theirs)} there is no object`
  for (const [name, field] of Object.entries(fields)) {
    const theirName = context.renamed[name] ?? name
    const travels = field.versions === undefined || hasVersion(field.versions, context.version)
    const their = theirs[theirName]
    if (their === undefined) {
      if (travels) return `${path}.${name} is unknown there`
      continue
    }
    const difference = fieldDifference(
      context,
      field,
      (ours as Record<string, unknown>)[name],
      their,
      `${path}.${name}`,
    )
    if (difference !== undefined) return difference
  }
  return undefined
}

function fieldDifference(
  context: Context,
  field: Field,
  ours: unknown,
  theirs: Meaning,
  path: string,
): string | undefined {
  if (ours !== null && theirs !== null) {
    if (field.type === 'struct') return structDifference(context, field.fields ?? {}, ours, theirs, path)
    if (field.type === 'array') return arrayDifference(context, field, ours as readonly unknown[], theirs, path)
  }
  const text = ours === null ? null : scalarText(field, ours)
  return text === theirs ? undefined : `${path} is ${JSON.stringify(text)} here, ${JSON.stringify(theirs)} there`
}

function arrayDifference(
  context: Context,
  { element }: Field,
  ours: readonly unknown[],
  theirs: Meaning,
  path: string,
): string | undefined {
  if (element === undefined || !Array.isArray(theirs) || theirs.length !== ours.length) {
    return `${path} has ${ours.length} elements here, not so ${JSON.stringify(theirs)} there`
  }
  for (const [index, value] of ours.entries()) {
    const difference = fieldDifference(context, element, value, theirs[index] ?? null, `${path}[${index}]`)
    if (difference !== undefined) return difference
  }
  return undefined
}

function scalarText(field: Field, value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  return field.type === 'float64' ? bitsOf(Number(value)).toString(16) : String(value)
}

function isObject(meaning: Meaning): meaning is { readonly [name: string]: Meaning } {
  return typeof meaning === 'object' && meaning !== null && !Array.isArray(meaning)
}

function bitsOf(value: number): bigint {
  const writer = new ByteWriter()
  writer.float64(value)
  return BigInt.asUintN(64, new ByteReader(writer.toBuffer()).int64Big())
}
