/**
 * One record as it lies in a batch (magic 2): how many bytes it takes, and writing them where they belong, straight from
 * what the caller gave. Text is encoded on its way, no record becomes an object, and nothing is allocated.
 */
import { utf8Length, varintSize, varlongSize, writeVarint, writeVarlong } from '@gregor/base'

/** Text is written as UTF-8. */
export type Bytes = Uint8Array | string

/** In order; a name may come more than once. */
export type RecordHeaders = readonly (readonly [name: string, value: Bytes | null])[]

/** Lengths that `recordSize` has found and `writeRecord` needs: one object, used again for each record. */
export interface RecordSizes {
  keyBytes: number
  valueBytes: number
  /** Behind its own length. */
  bodyBytes: number
}

export interface RecordParts {
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly headers: RecordHeaders | undefined
}

/** The most that stands in front of a key: length, attributes, time, offset. */
const prefixBytesMax = 21

/** Bytes of one record that is the only one of its batch, at most; without the batch's header. */
export function recordSizeMax(record: RecordParts): number {
  return prefixBytesMax + partsSize(record, { keyBytes: 0, valueBytes: 0, bodyBytes: 0 })
}

/** The size of the record with that distance to the first of its batch. Fills `sizes`. */
export function recordSize(
  record: RecordParts,
  timestampDelta: number,
  offsetDelta: number,
  sizes: RecordSizes,
): number {
  const bodyBytes = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta) + partsSize(record, sizes)
  sizes.bodyBytes = bodyBytes
  return varintSize(bodyBytes) + bodyBytes
}

/** Writes a record whose `sizes` are known, at `position`, with room behind it. Returns where it ends. */
export function writeRecord(
  buffer: Buffer,
  position: number,
  { key, value, headers }: RecordParts,
  timestampDelta: number,
  offsetDelta: number,
  sizes: RecordSizes,
): number {
  let at = writeVarint(buffer, position, sizes.bodyBytes)
  buffer[at++] = 0
  at = writeVarlong(buffer, at, timestampDelta)
  at = writeVarint(buffer, at, offsetDelta)
  at = writeBytes(buffer, at, key, sizes.keyBytes)
  at = writeBytes(buffer, at, value, sizes.valueBytes)
  if (headers === undefined) {
    buffer[at] = 0
    return at + 1
  }
  at = writeVarint(buffer, at, headers.length)
  for (const [name, content] of headers) {
    at = writeBytes(buffer, at, name, utf8Length(name))
    at = writeBytes(buffer, at, content, byteLengthOf(content))
  }
  return at
}

/** -1 for null, as it is written. */
export function byteLengthOf(bytes: Bytes | null): number {
  if (bytes === null) return -1
  return typeof bytes === 'string' ? utf8Length(bytes) : bytes.length
}

/** Key, value and headers with their lengths. */
function partsSize({ key, value, headers }: RecordParts, sizes: RecordSizes): number {
  sizes.keyBytes = byteLengthOf(key)
  sizes.valueBytes = byteLengthOf(value)
  const size = sizeWithLength(sizes.keyBytes) + sizeWithLength(sizes.valueBytes)
  return headers === undefined ? size + 1 : size + headersSize(headers)
}

function headersSize(headers: RecordHeaders): number {
  let size = varintSize(headers.length)
  for (const [name, content] of headers) {
    size += sizeWithLength(utf8Length(name)) + sizeWithLength(byteLengthOf(content))
  }
  return size
}

function sizeWithLength(byteLength: number): number {
  return varintSize(byteLength) + Math.max(0, byteLength)
}

/** Below this a loop is cheaper than the call that encodes or copies. */
const shortBytes = 24

function writeBytes(buffer: Buffer, position: number, bytes: Bytes | null, byteLength: number): number {
  const at = writeVarint(buffer, position, byteLength)
  if (bytes === null) return at
  if (typeof bytes === 'string') {
    if (byteLength > shortBytes || byteLength !== bytes.length) buffer.write(bytes, at, byteLength, 'utf8')
    else for (let index = 0; index < byteLength; index++) buffer[at + index] = bytes.charCodeAt(index)
  } else if (byteLength > shortBytes) buffer.set(bytes, at)
  else for (let index = 0; index < byteLength; index++) buffer[at + index] = bytes[index] ?? 0
  return at + byteLength
}
