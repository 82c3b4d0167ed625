/**
 * Batches as clients send them, and as no client should: every codec, odd records, wrong headers, flipped bytes before
 * and after packing, things in front and behind. The same for the same draws.
 */

import { gzipSync, zstdCompressSync } from 'node:zlib'

import { ByteWriter } from '@gregor/base'
import {
  BATCH_HEADER_BYTES,
  type CompressionType,
  attributesFrom,
  compress,
  refreshCrc,
  writeBatchHeader,
} from '@gregor/protocol'

/** A whole number below the bound. */
export type Draw = (bound: number) => number

export interface BatchCase {
  /** Of the topic. */
  readonly configs: ReadonlyMap<string, string>
  readonly produceVersion: number
  readonly bytes: Buffer
}

export const nowMs = 1_767_225_600_000
const codecs: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Random, and the same every time. */
export function drawsFrom(seed: number): Draw {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % bound
  }
}

/** @param number - of the case: its batch has a producer id that no other has. */
export function batchCase(draw: Draw, number: number): BatchCase {
  const one = <T>(values: readonly T[]): T => values[draw(values.length)] as T
  const configs = new Map([
    ['cleanup.policy', one(['delete', 'delete', 'compact', 'compact,delete'])],
    ['compression.type', one(['producer', 'producer', 'producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'])],
    ['message.timestamp.type', one(['CreateTime', 'CreateTime', 'LogAppendTime'])],
    ['max.message.bytes', draw(20) === 0 ? '300' : '1048588'],
  ])
  if (draw(3) === 0) configs.set('message.timestamp.before.max.ms', '5000')
  if (draw(3) === 0) configs.set('message.timestamp.after.max.ms', '6000')
  const codec = one(codecs)
  const count = 1 + (draw(10) === 0 ? draw(200) : draw(6))
  let records: Buffer = Buffer.concat(Array.from({ length: count }, (_, index) => recordBytes(draw, index)))
  if (draw(8) === 0) records = damaged(records, draw)
  let packed: Buffer = packedAs(codec, records, draw)
  if (draw(12) === 0) packed = damaged(packed, draw)
  const batch = withHeader(packed, { codec, count, number }, draw)
  return { configs, produceVersion: draw(10) === 0 ? 6 : 12, bytes: surrounded(batch, draw) }
}

// ------------------------------------------------------------------------------------------------------------ records

/** One record; one of 60 is not quite right. */
function recordBytes(draw: Draw, index: number): Buffer {
  const odd = draw(60) === 0 ? 1 + draw(9) : 0
  const body = new ByteWriter()
  body.append(Buffer.from([odd === 1 ? 1 + draw(255) : 0]))
  writeTimestampDelta(body, draw)
  body.varint(odd === 2 ? index + draw(3) - 1 : index)
  writeField(body, draw(4) === 0 ? null : draw(20), odd === 3 ? -2 - draw(300) : undefined)
  writeField(body, draw(6) === 0 ? null : draw(200), odd === 4 ? -2 - draw(300) : undefined)
  const headers = draw(3) === 0 ? draw(3) : 0
  body.varint(odd === 5 ? headers + draw(5) - 2 : headers)
  for (let header = 0; header < headers; header++) {
    writeField(body, 1 + draw(9), odd === 6 ? -1 : undefined)
    writeField(body, draw(3) === 0 ? null : draw(20), odd === 7 ? -2 : undefined)
  }
  if (odd === 8) body.append(Buffer.alloc(1 + draw(3)))
  const bytes = body.toBuffer()
  const whole = new ByteWriter()
  whole.varint(odd === 9 ? bytes.length + draw(9) - 4 : bytes.length)
  whole.append(bytes)
  return whole.toBuffer()
}

function writeTimestampDelta(body: ByteWriter, draw: Draw): void {
  const kind = draw(40)
  if (kind < 30) body.varlong(draw(100))
  else if (kind < 35) body.varlong(draw(20_000) - 10_000)
  else if (kind < 37) body.varlong(-nowMs - 1)
  // Longer than it must be, which every reader takes.
  else if (kind === 37) body.append(Buffer.from([0x80 | draw(128), 0x80, 0x80, 0x80, 0x00]))
  else body.varlong(draw(2) === 0 ? 10_000_000 : -10_000_000)
}

/** A length and so many bytes; or a length that says something else. */
function writeField(body: ByteWriter, length: number | null, claimed: number | undefined): void {
  body.varint(claimed ?? length ?? -1)
  if (length !== null) body.append(Buffer.alloc(length, 'to be compressed '))
}

// ------------------------------------------------------------------------------------------------------------- packing

/** Streams of two parts are legal, and some clients write them. */
function packedAs(codec: CompressionType, records: Buffer, draw: Draw): Buffer {
  if (draw(6) !== 0 || (codec !== 'gzip' && codec !== 'zstd')) return compress(codec, records)
  const packOne = codec === 'gzip' ? gzipSync : zstdCompressSync
  const middle = draw(records.length + 1)
  return Buffer.concat([packOne(records.subarray(0, middle)), packOne(records.subarray(middle))])
}

/** A byte changed, some cut off, some added. */
function damaged(bytes: Buffer, draw: Draw): Buffer {
  const copy = Buffer.from(bytes)
  switch (draw(4)) {
    case 0:
      return copy.subarray(0, draw(copy.length))
    case 1:
      return Buffer.concat([copy, Buffer.from(Array.from({ length: 1 + draw(12) }, () => draw(256)))])
    default:
      for (let times = 1 + draw(2); times > 0; times--) copy[draw(copy.length)] = draw(256)
      return copy
  }
}

// -------------------------------------------------------------------------------------------------------------- header

interface HeaderFacts {
  readonly codec: CompressionType
  readonly count: number
  readonly number: number
}

function withHeader(packed: Buffer, { codec, count, number }: HeaderFacts, draw: Draw): Buffer {
  const bytes = Buffer.alloc(BATCH_HEADER_BYTES + packed.length)
  packed.copy(bytes, BATCH_HEADER_BYTES)
  const isIdempotent = draw(3) === 0
  writeBatchHeader(bytes, 0, {
    baseOffset: 0,
    batchSize: bytes.length,
    partitionLeaderEpoch: draw(2) === 0 ? -1 : draw(100),
    attributes: attributesFrom({
      compression: codec,
      isTransactional: isIdempotent && draw(4) === 0,
      hasDeleteHorizon: draw(50) === 0,
    }),
    lastOffsetDelta: count - 1,
    baseTimestamp: draw(30) === 0 ? -1 : nowMs,
    maxTimestamp: draw(3) === 0 ? nowMs + draw(100_000) : nowMs + 99,
    producerId: isIdempotent ? 1000 + number : -1,
    producerEpoch: isIdempotent ? 0 : -1,
    baseSequence: isIdempotent ? draw(1000) : -1,
    recordCount: count,
  })
  if (draw(6) === 0) spoilHeader(bytes, count, draw)
  // The checksum is behind what it covers, and may be wrong.
  if (bytes.readInt32BE(8) === bytes.length - 12) refreshCrc(bytes, 0)
  if (draw(50) === 0) bytes[17 + draw(4)] = draw(256)
  return bytes
}

function spoilHeader(bytes: Buffer, count: number, draw: Draw): void {
  const spoilers: readonly (() => void)[] = [
    () => bytes.writeInt32BE(count + draw(3) - 1, 57),
    () => bytes.writeInt32BE(draw(2) === 0 ? -1 : 0x7fff_ffff, 57),
    () => bytes.writeInt32BE(count + draw(3) - 2, 23),
    () => {
      // Both, so that only the records can tell.
      const claimed = Math.max(1, count + draw(5) - 2)
      bytes.writeInt32BE(claimed, 57)
      bytes.writeInt32BE(claimed - 1, 23)
    },
    () => bytes.writeInt8(draw(256) - 128, 22),
    () => bytes.writeInt8(bytes.readInt8(22) | 0x08, 22),
    () => bytes.writeInt8(bytes.readInt8(22) | -128, 22),
    () => bytes.writeInt8(draw(128), 21),
    () => bytes.writeInt8(draw(6) - 2, 16),
    () => bytes.writeInt32BE(draw(2) === 0 ? bytes.length - 12 + draw(5) - 2 : draw(80) - 10, 8),
    () => bytes.writeInt32BE(1, 4),
    () => bytes.writeInt32BE(-1, 53),
    () => bytes.writeBigInt64BE(BigInt(nowMs) + BigInt(draw(20_000)) - 10_000n, 27),
    () => bytes.writeBigInt64BE(-5n, 27),
    () => bytes.writeBigInt64BE(2n ** 60n, 27),
    () => bytes.writeBigInt64BE(-1n, 35),
  ]
  spoilers[draw(spoilers.length)]?.()
}

/** What is in the partition’s part of the request: nearly always the batch alone. */
function surrounded(batch: Buffer, draw: Draw): Buffer {
  switch (draw(60)) {
    case 0:
      return Buffer.concat([batch, batch])
    case 1:
      return Buffer.concat([batch, batch.subarray(0, draw(batch.length))])
    case 2:
      return Buffer.concat([batch, Buffer.alloc(draw(40))])
    case 3:
      return batch.subarray(0, draw(batch.length))
    default:
      return batch
  }
}
