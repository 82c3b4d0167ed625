/** For tests: a log on a simulated disk, batches to append, and what is in a log as plain data. */
import assert from 'node:assert/strict'
import type { LogConfig } from '@gregor/config'
import type { DiskError } from '@gregor/platform'
import { BatchBuilder, type BatchOptions, RecordCursor, batchSizeAt } from '@gregor/protocol'
import { type SimulatedEnvironment, simulatedEnvironment } from '@gregor/testkit/simulation'
import type { PartitionLogOptions } from './log-opening.ts'
import { OpenFiles } from './open-files.ts'
import { PartitionLog } from './partition-log.ts'

export const logDirectory = '/data/events-0'

export const testConfig: LogConfig = {
  cleanupPolicy: { delete: true, compact: false },
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionLz4Level: 9,
  compressionZstdLevel: 3,
  deleteRetentionMs: 86_400_000,
  fileDeleteDelayMs: 60_000,
  flushMessages: Infinity,
  flushMs: Infinity,
  indexIntervalBytes: 4096,
  maxCompactionLagMs: Infinity,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Infinity,
  messageTimestampAfterMaxMs: 3_600_000,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  minInsyncReplicas: 1,
  preallocate: false,
  retentionBytes: -1,
  retentionMs: 604_800_000,
  segmentBytes: 1_073_741_824,
  segmentIndexBytes: 10_485_760,
  segmentJitterMs: 0,
  segmentMs: 604_800_000,
  uncleanLeaderElectionEnable: false,
  leaderReplicationThrottledReplicas: [],
  followerReplicationThrottledReplicas: [],
}

export interface LogFixture {
  readonly environment: SimulatedEnvironment
  readonly log: PartitionLog
  readonly storageErrors: readonly DiskError[]
}

export interface FixtureOptions {
  readonly config?: Partial<LogConfig>
  readonly environment?: SimulatedEnvironment
  readonly options?: Partial<PartitionLogOptions>
}

/** A log in a world of its own, or opened again in the one given. */
export async function openFixture({ config, environment, options }: FixtureOptions = {}): Promise<LogFixture> {
  const world = environment ?? simulatedEnvironment(1)
  const storageErrors: DiskError[] = []
  if (world.disk.stat('/data') === undefined) {
    world.disk.makeDirectory('/data')
    await world.time.run(world.disk.syncDirectory('/'))
  }
  const log = await world.time.run(
    PartitionLog.open({
      environment: world,
      directory: logDirectory,
      topicPartition: { topic: 'events', partition: 0 },
      config: { ...testConfig, ...config },
      recoveryPoint: 0,
      logStartOffset: 0,
      isClean: false,
      producerIdExpirationMs: 86_400_000,
      files: new OpenFiles({ disk: world.disk, openFilesMax: 8 }),
      onStorageError: (error) => storageErrors.push(error),
      ...options,
    }),
  )
  return { environment: world, log, storageErrors }
}

/** A batch of records with these values, stamped one millisecond after the other. */
export function batchOf(values: readonly string[], options: BatchOptions & { timestamp?: number } = {}): Buffer {
  const builder = new BatchBuilder(options)
  for (const [index, value] of values.entries()) {
    builder.append(null, Buffer.from(value), [], (options.timestamp ?? 1_767_225_600_000) + index)
  }
  return builder.build()
}

/** Appends as a client does, and expects it to succeed. Returns the base offset. */
export function append({ log, environment }: LogFixture, batch: Buffer, leaderEpoch = 0): number {
  const result = log.append(batch, { leaderEpoch, origin: 'client', nowMs: environment.clock.wallMs() })
  assert.equal(result.error, 'NONE')
  return result.baseOffset
}

export interface PlainRecord {
  readonly offset: number
  readonly value: string
}

/** All records from `fromOffset` on, by reading `maxBytes` at a time. */
export async function recordsOf(
  { log, environment }: LogFixture,
  { fromOffset = log.logStartOffset, maxBytes = 1 << 20 } = {},
): Promise<readonly PlainRecord[]> {
  const records: PlainRecord[] = []
  let offset = fromOffset
  while (offset < log.logEndOffset) {
    const request = { fetchOffset: offset, maxBytes, upTo: log.logEndOffset, minOneBatch: true }
    const result = await environment.time.run(Promise.resolve(log.read(request)))
    assert.equal(result.error, 'NONE')
    if (result.byteCount === 0) break
    for (const buffer of result.records) records.push(...plainRecords(buffer, offset))
    offset = result.nextOffset
  }
  return records
}

export function plainRecords(batches: Buffer, fromOffset = 0): readonly PlainRecord[] {
  const records: PlainRecord[] = []
  const cursor = new RecordCursor()
  for (let at = 0; at < batches.length; at += batchSizeAt(batches, at)) {
    cursor.resetToBatch(batches, at, 1 << 24)
    while (cursor.next()) {
      if (cursor.offset >= fromOffset) records.push({ offset: cursor.offset, value: String(cursor.value() ?? '') })
    }
  }
  return records
}
