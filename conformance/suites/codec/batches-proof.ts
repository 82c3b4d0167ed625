/**
 * Proves record batches against Apache's: built here, they are read there to the same offsets, times, keys, values and
 * headers, and what is not compressed is built again to the same bytes; built there, they are read here. All codecs at
 * all sorts of levels, control batches, and there the message sets of magic 0 and 1.
 */

import { deepEqual } from 'node:assert/strict'

import { ByteWriter } from '@gregor/base'
import {
  BatchBuilder,
  type BatchOptions,
  type CompressionType,
  batchFromLegacyMessage,
  batchSizeAt,
  checkBatch,
  checkLegacyMessage,
  controlBatch,
  encodeRaftRecord,
  legacyMessagesAt,
  magicAt,
  transactionMarkerBatch,
} from '@gregor/protocol'
import fc from 'fast-check'

import { type BatchMeaning, type RecordMeaning, batchMeaning } from './batch-meaning.ts'
import type { JavaPeer } from './java-peer.ts'
import type { ProofOptions } from './messages-proof.ts'
import type { Report } from './report.ts'
import { type Sample, readSamples, writeBytes } from './samples.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024

export async function proveBatches(peer: JavaPeer, options: ProofOptions, report: Report): Promise<void> {
  for (const codec of codecs) {
    await proveOurs(peer, `batches, ${codec}`, fc.sample(batchArbitrary(codec), parameters(options)), report)
    await proveTheirs(peer, codec, 2, options, report)
  }
  await proveOurs(peer, 'control batches', fc.sample(controlArbitrary, parameters(options)), report)
  for (const magic of [0, 1] as const) {
    for (const codec of codecs) if (codec !== 'zstd') await proveTheirs(peer, codec, magic, options, report)
  }
}

function parameters({ samples, seed }: ProofOptions): { numRuns: number; seed: number } {
  return { numRuns: samples, seed }
}

// --------------------------------------------------------------------------------------------------- built here

async function proveOurs(peer: JavaPeer, group: string, batches: readonly Buffer[], report: Report): Promise<void> {
  const writer = new ByteWriter()
  writer.append(Buffer.from('R'))
  writer.int32(batches.length)
  for (const batch of batches) writeBytes(writer, batch)
  const answers = readSamples(await peer.call(writer.toBuffer()), batches.length)
  for (const [index, batch] of batches.entries()) {
    report.compared(group)
    const problem = attempt(() => compareOurs(batch, answers[index]))
    if (problem !== undefined) report.difference(group, `built here: ${problem} (${batch.toString('hex', 0, 400)})`)
  }
}

function compareOurs(batch: Buffer, theirs: Sample | undefined): void {
  if (theirs === undefined || theirs.error !== undefined) throw new Error(theirs?.error ?? 'no answer')
  const ours = batchMeaning(batch, 0, UNPACKED_BYTES_MAX)
  deepEqual([ours], JSON.parse(theirs.meaning))
  const [, , , , compression, timestampType] = ours
  if (compression === 'none' && timestampType === 'CreateTime') deepEqual(theirs.bytes, batch)
}

const bytesArbitrary = fc.oneof(
  { weight: 20, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 10, arbitrary: fc.string({ maxLength: 200 }).map((text) => Buffer.from(text)) },
  // Over the border of blocks of 32 and 64 KiB, once of what compresses and once of what does not.
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 20_000, max: 150_000 }), fc.boolean())
      .map(([length, isNoise]) => filled(length, isNoise)),
  },
)

function filled(length: number, isNoise: boolean): Buffer {
  const bytes = Buffer.alloc(length, 'to be compressed ')
  for (let index = 0, state = 1; isNoise && index < length; index++) {
    state = Math.imul(state, 1_103_515_245) + 12_345
    bytes[index] = state >>> 16
  }
  return bytes
}

/** Ours are exact up to 2^53, deltas included. */
const int64s = fc.nat({ max: 2 ** 52 })
const recordArbitrary = fc.record({
  gap: fc.oneof(
    { weight: 5, arbitrary: fc.constant(1) },
    fc.nat(1000).map((more) => 1 + more),
  ),
  key: fc.option(bytesArbitrary),
  value: fc.option(bytesArbitrary),
  headers: fc.array(fc.record({ key: fc.string({ unit: 'binary' }), value: fc.option(bytesArbitrary) }), {
    maxLength: 3,
  }),
  timestamp: fc.oneof(
    fc.nat(100_000).map((ms) => 1_700_000_000_000 + ms),
    int64s,
    fc.constant(-1),
  ),
})

function batchArbitrary(compression: CompressionType): fc.Arbitrary<Buffer> {
  const levels = { gzip: { min: 1, max: 9 }, zstd: { min: -5, max: 7 }, none: {}, snappy: {}, lz4: {} }
  const optionsArbitrary: fc.Arbitrary<BatchOptions> = fc.record(
    {
      compression: fc.constant(compression),
      compressionLevel: fc.integer(levels[compression]),
      baseOffset: int64s,
      partitionLeaderEpoch: fc.integer({ min: -1 }),
      producerId: int64s,
      producerEpoch: fc.nat(0x7fff),
      baseSequence: fc.nat(0x7fff_ffff),
      isTransactional: fc.boolean(),
      logAppendTimeMs: int64s,
      deleteHorizonMs: int64s,
    },
    { requiredKeys: ['compression', 'producerId', 'producerEpoch', 'baseSequence'] },
  )
  return fc
    .tuple(optionsArbitrary, fc.array(recordArbitrary, { minLength: 1, maxLength: 12 }))
    .map(([options, records]) => {
      const builder = new BatchBuilder(options)
      let offset = (options.baseOffset ?? 0) - 1
      for (const { gap, ...record } of records) builder.appendAt((offset += gap), record)
      return builder.build()
    })
}

const markerArbitrary = fc
  .record({
    outcome: fc.constantFrom('Commit' as const, 'Abort' as const),
    producerId: int64s,
    producerEpoch: fc.nat(0x7fff),
    coordinatorEpoch: fc.integer(),
    timestamp: int64s,
    baseOffset: int64s,
    partitionLeaderEpoch: fc.nat(),
  })
  .map(transactionMarkerBatch)
const raftArbitrary = fc.record({ baseOffset: int64s, partitionLeaderEpoch: fc.nat() }).map((options) =>
  controlBatch(
    [
      {
        type: 'LeaderChange',
        value: encodeRaftRecord('LeaderChange', { leaderId: 1, voters: [], grantingVoters: [] }),
      },
      { type: 'SnapshotHeader', value: encodeRaftRecord('SnapshotHeader', { lastContainedLogTimestamp: 7 }) },
      { type: 'KRaftVersion', value: encodeRaftRecord('KRaftVersion', { kRaftVersion: 1 }) },
      { type: 'KRaftVoters', value: encodeRaftRecord('KRaftVoters', { voters: [] }) },
      { type: 'SnapshotFooter', value: encodeRaftRecord('SnapshotFooter', {}) },
    ],
    1_700_000_000_000,
    options,
  ),
)
const controlArbitrary = fc.oneof(markerArbitrary, raftArbitrary)

// -------------------------------------------------------------------------------------------------- built there

async function proveTheirs(
  peer: JavaPeer,
  codec: CompressionType,
  magic: 0 | 1 | 2,
  { samples, seed }: ProofOptions,
  report: Report,
): Promise<void> {
  const group = magic === 2 ? `batches, ${codec}` : `magic ${magic}, ${codec}`
  const writer = new ByteWriter()
  writer.append(Buffer.from('W'))
  writeBytes(writer, Buffer.from(codec))
  writer.int8(magic)
  writer.int64(seed)
  writer.int32(samples)
  for (const sample of readSamples(await peer.call(writer.toBuffer()), samples)) {
    report.compared(group)
    const problem = attempt(() => compareTheirs(sample, magic))
    if (problem !== undefined) report.difference(group, `built by Java: ${problem}`)
  }
}

function compareTheirs(theirs: Sample, magic: 0 | 1 | 2): void {
  if (theirs.error !== undefined) throw new Error(theirs.error)
  const meaning = JSON.parse(theirs.meaning) as readonly BatchMeaning[]
  if (magic === 2) {
    deepEqual(batchesIn(theirs.bytes), meaning)
    return
  }
  const records = meaning.flatMap((batch) => batch.at(-1) as readonly RecordMeaning[])
  deepEqual(legacyRecordsIn(theirs.bytes), records)
  deepEqual(convertedRecordsIn(theirs.bytes), records)
}

function* positionsIn(bytes: Buffer): Generator<number> {
  for (let position = 0; position < bytes.length; position += batchSizeAt(bytes, position)) {
    const check = magicAt(bytes, position) === 2 ? checkBatch : checkLegacyMessage
    const problem = check(bytes, position, bytes.length)
    if (problem !== undefined) throw new Error(problem)
    yield position
  }
}

function batchesIn(bytes: Buffer): BatchMeaning[] {
  return [...positionsIn(bytes)].map((position) => batchMeaning(bytes, position, UNPACKED_BYTES_MAX))
}

function legacyRecordsIn(bytes: Buffer): RecordMeaning[] {
  return [...positionsIn(bytes)].flatMap((position) =>
    legacyMessagesAt(bytes, position, UNPACKED_BYTES_MAX).map(({ offset, timestamp, key, value }) => [
      String(offset),
      String(timestamp),
      key?.toString('hex') ?? null,
      value?.toString('hex') ?? null,
    ]),
  )
}

function convertedRecordsIn(bytes: Buffer): RecordMeaning[] {
  return [...positionsIn(bytes)].flatMap((position) => {
    const batch = batchFromLegacyMessage(bytes, position, UNPACKED_BYTES_MAX)
    return batchesIn(batch).flatMap((meaning) => meaning.at(-1) as readonly RecordMeaning[])
  })
}

function attempt(compare: () => void): string | undefined {
  try {
    compare()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 2000) : String(error)
  }
}
