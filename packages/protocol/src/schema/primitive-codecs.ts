/**
 * How values of one type are read and written, apart from structs: the leaves of `codec`.
 * "Classic" lengths are int16 (text) or int32, -1 for null; "compact" ones (KIP-482) are unsigned varints of the
 * length + 1, 0 for null. A length is checked against the bytes that are left before anything is allocated.
 */

import { type ByteReader, type ByteWriter, MalformedMessageError, utf8Length } from '@gregor/base'

export type Read = (reader: ByteReader) => unknown
export type Write = (writer: ByteWriter, value: never) => void

/** `null` where the length says so. */
export type ReadLength = (reader: ByteReader) => number | null
export type WriteLength = (writer: ByteWriter, length: number | null) => void

export interface PrimitiveCodec {
  readonly read: Read
  readonly write: Write
  /** What one value takes at least. */
  readonly minimalBytes: number
}

const LONGEST_TEXT_BYTES = 0x7fff

export const fixedCodecs = {
  boolean: {
    read: (reader: ByteReader) => reader.boolean(),
    write: (writer: ByteWriter, value: boolean) => writer.boolean(value),
    minimalBytes: 1,
  },
  int8: {
    read: (reader: ByteReader) => reader.int8(),
    write: (writer: ByteWriter, value: number) => writer.int8(value),
    minimalBytes: 1,
  },
  int16: {
    read: (reader: ByteReader) => reader.int16(),
    write: (writer: ByteWriter, value: number) => writer.int16(value),
    minimalBytes: 2,
  },
  uint16: {
    read: (reader: ByteReader) => reader.uint16(),
    write: (writer: ByteWriter, value: number) => writer.uint16(value),
    minimalBytes: 2,
  },
  int32: {
    read: (reader: ByteReader) => reader.int32(),
    write: (writer: ByteWriter, value: number) => writer.int32(value),
    minimalBytes: 4,
  },
  uint32: {
    read: (reader: ByteReader) => reader.uint32(),
    write: (writer: ByteWriter, value: number) => writer.uint32(value),
    minimalBytes: 4,
  },
  int64: {
    read: (reader: ByteReader) => reader.int64(),
    write: (writer: ByteWriter, value: number) => writer.int64(value),
    minimalBytes: 8,
  },
  int64Big: {
    read: (reader: ByteReader) => reader.int64Big(),
    write: (writer: ByteWriter, value: bigint) => writer.int64Big(value),
    minimalBytes: 8,
  },
  float64: {
    read: (reader: ByteReader) => reader.float64(),
    write: (writer: ByteWriter, value: number) => writer.float64(value),
    minimalBytes: 8,
  },
  uuid: {
    read: (reader: ByteReader) => reader.uuid(),
    write: (writer: ByteWriter, value: string) => writer.uuid(value),
    minimalBytes: 16,
  },
} as const satisfies Record<string, PrimitiveCodec>

export const compactLength: { readonly read: ReadLength; readonly write: WriteLength; readonly minimalBytes: number } =
  {
    read(reader) {
      const length = reader.uvarint() - 1
      return length < 0 ? null : length
    },
    write: (writer, length) => writer.uvarint(length === null ? 0 : length + 1),
    minimalBytes: 1,
  }

export const int32Length: typeof compactLength = {
  read(reader) {
    const length = reader.int32()
    return length < 0 ? null : length
  },
  write: (writer, length) => writer.int32(length ?? -1),
  minimalBytes: 4,
}

const int16Length: typeof compactLength = {
  read(reader) {
    const length = reader.int16()
    return length < 0 ? null : length
  },
  write: (writer, length) => writer.int16(length ?? -1),
  minimalBytes: 2,
}

export function textCodec(isCompact: boolean): PrimitiveCodec {
  const { read, write, minimalBytes } = isCompact ? compactLength : int16Length
  return {
    read(reader) {
      const length = read(reader)
      if (length === null) return null
      if (length > LONGEST_TEXT_BYTES) throw new MalformedMessageError(`text of ${length} bytes`)
      return reader.utf8(length)
    },
    write(writer, value: string | null) {
      if (value === null) return write(writer, null)
      const length = utf8Length(value)
      if (length > LONGEST_TEXT_BYTES) throw new RangeError(`text of ${length} bytes, 32767 are allowed`)
      write(writer, length)
      writer.utf8(value, length)
    },
    minimalBytes,
  }
}

export function bytesCodec(isCompact: boolean): PrimitiveCodec {
  const { read, write, minimalBytes } = isCompact ? compactLength : int32Length
  return {
    read(reader) {
      const length = read(reader)
      return length === null ? null : reader.bytes(length)
    },
    write(writer, value: Uint8Array | readonly Uint8Array[] | null) {
      if (value === null) return write(writer, null)
      if (value instanceof Uint8Array) {
        write(writer, value.length)
        writer.append(value)
        return
      }
      let length = 0
      for (const part of value) length += part.length
      write(writer, length)
      for (const part of value) writer.append(part)
    },
    minimalBytes,
  }
}
