/**
 * How single values are read and written: the leaves of `codec`.
 *
 * "Classic" lengths are int16 (text) or int32, -1 for null; "compact" ones (KIP-482) are unsigned varints of the
 * length + 1, 0 for null. A length is checked against the bytes that are left before anything is allocated.
 */

import { type ByteReader, type ByteWriter, MalformedMessageError, utf8Length } from '@gregor/base'

export type Read = (reader: ByteReader) => unknown
export type Write = (writer: ByteWriter, value: never) => void

/** What reads and writes one value; `method` names a method that reader and writer both have. */
export type ValueCodec = { readonly minimalBytes: number } & (
  | { readonly method: FixedType }
  | { readonly read: Read; readonly write: Write }
)

/** What values of fixed size take. */
export const fixedBytes = {
  boolean: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  int64Big: 8,
  float64: 8,
  uuid: 16,
} as const

export type FixedType = keyof typeof fixedBytes

const LONGEST_TEXT_BYTES = 0x7fff

export interface LengthCodec {
  /** Negative: null. */
  readonly read: (reader: ByteReader) => number
  /** -1: null. */
  readonly write: (writer: ByteWriter, length: number) => void
  readonly minimalBytes: number
}

export const compactLength: LengthCodec = {
  read: (reader) => reader.uvarint() - 1,
  write: (writer, length) => writer.uvarint(length + 1),
  minimalBytes: 1,
}

export const int32Length: LengthCodec = {
  read: (reader) => reader.int32(),
  write: (writer, length) => writer.int32(length),
  minimalBytes: 4,
}

const compactText: ValueCodec = {
  read: (reader) => text(reader, reader.uvarint() - 1),
  write(writer, value: string) {
    const length = textLength(value)
    writer.uvarint(length + 1)
    writer.utf8(value, length)
  },
  minimalBytes: 1,
}

const compactNullableText: ValueCodec = {
  read(reader) {
    const length = reader.uvarint() - 1
    return length < 0 ? null : text(reader, length)
  },
  write(writer, value: string | null) {
    if (value === null) return writer.uvarint(0)
    const length = textLength(value)
    writer.uvarint(length + 1)
    writer.utf8(value, length)
  },
  minimalBytes: 1,
}

const classicText: ValueCodec = {
  read: (reader) => text(reader, reader.int16()),
  write(writer, value: string) {
    const length = textLength(value)
    writer.int16(length)
    writer.utf8(value, length)
  },
  minimalBytes: 2,
}

const classicNullableText: ValueCodec = {
  read: readNullableText,
  write(writer, value: string | null) {
    if (value === null) return writer.int16(-1)
    const length = textLength(value)
    writer.int16(length)
    writer.utf8(value, length)
  },
  minimalBytes: 2,
}

export function textCodec(isCompact: boolean, canBeNull: boolean): ValueCodec {
  if (isCompact) return canBeNull ? compactNullableText : compactText
  return canBeNull ? classicNullableText : classicText
}

/** Of classic length. */
export function readNullableText(reader: ByteReader): string | null {
  const length = reader.int16()
  return length < 0 ? null : text(reader, length)
}

function text(reader: ByteReader, length: number): string {
  if (length < 0) throw new MalformedMessageError('text is null')
  if (length > LONGEST_TEXT_BYTES) throw new MalformedMessageError(`text of ${length} bytes`)
  return reader.utf8(length)
}

function textLength(value: string): number {
  const length = utf8Length(value)
  if (length > LONGEST_TEXT_BYTES) throw new RangeError(`text of ${length} bytes, ${LONGEST_TEXT_BYTES} are allowed`)
  return length
}

export function bytesCodec(isCompact: boolean, canBeNull: boolean): ValueCodec {
  const { read, write, minimalBytes } = isCompact ? compactLength : int32Length
  return {
    read(reader) {
      const length = read(reader)
      if (length >= 0) return reader.bytes(length)
      if (!canBeNull) throw new MalformedMessageError('bytes are null')
      return null
    },
    write(writer, value: Uint8Array | readonly Uint8Array[] | null) {
      if (value === null) {
        write(writer, -1)
      } else if (value instanceof Uint8Array) {
        write(writer, value.length)
        writer.append(value)
      } else {
        let length = 0
        for (const part of value) length += part.length
        write(writer, length)
        for (const part of value) writer.append(part)
      }
    },
    minimalBytes,
  }
}
