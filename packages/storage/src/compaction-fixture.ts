/** For tests: a log of keyed records, transactions included, that is compacted, and what a reader finds in it. */
import assert from 'node:assert/strict'
import {
  BatchBuilder,
  type CompressionType,
  RecordCursor,
  attributesAt,
  batchSizeAt,
  controlRecordTypeOf,
  isControl,
  isTransactional,
  producerIdAt,
  transactionMarkerBatch,
} from '@gregor/protocol'
import fc from 'fast-check'
import { type CompactionRange, compactionRange } from './compaction-range.ts'
import { type CompactionOutcome, type CompactionResources, compact } from './compaction.ts'
import type { LogFixture } from './log-fixture.ts'
import type { PartitionLog } from './partition-log.ts'
import { Throttle } from './throttle.ts'
import { TimeSlices } from './time-slices.ts'

export interface KeyedRecord {
  readonly offset: number
  readonly key: string
  readonly value: string | null
  readonly timestamp: number
}

export type Step =
  | {
      readonly kind: 'batch'
      /** -1: none. */
      readonly producer: number
      readonly isTransactional: boolean
      readonly compression: CompressionType
      /** A value of `undefined` is a tombstone. */
      readonly records: readonly { readonly key: number; readonly value: number | undefined }[]
    }
  | { readonly kind: 'end'; readonly producer: number; readonly outcome: 'Commit' | 'Abort' }
  | { readonly kind: 'roll' }

const record = fc.record({ key: fc.nat(7), value: fc.option(fc.nat(999), { nil: undefined }) })
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('batch' as const),
        producer: fc.integer({ min: -1, max: 2 }),
        isTransactional: fc.boolean(),
        compression: fc.constantFrom<CompressionType[]>('none', 'none', 'lz4', 'gzip'),
        records: fc.array(record, { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        producer: fc.nat(2),
        outcome: fc.constantFrom('Commit' as const, 'Abort' as const),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'roll' as const }) },
  ),
  { maxLength: 40 },
)

/** Takes steps on a log as clients and coordinators would. */
export class KeyedWriter {
  readonly #fixture: LogFixture
  readonly #sequences = new Map<number, number>()
  readonly #open = new Set<number>()

  constructor(fixture: LogFixture) {
    this.#fixture = fixture
  }

  take(taken: readonly Step[]): void {
    for (const step of taken) this.#take(step)
    this.#fixture.log.setHighWatermark(this.#fixture.log.logEndOffset)
  }

  roll(): void {
    this.#fixture.log.roll(this.#nowMs)
  }

  endAll(outcome: 'Commit' | 'Abort'): void {
    this.take([...this.#open].map((producer) => ({ kind: 'end', producer, outcome })))
  }

  get #nowMs(): number {
    return this.#fixture.environment.clock.wallMs()
  }

  #take(step: Step): void {
    if (step.kind === 'roll') this.roll()
    else if (step.kind === 'end') this.#end(step.producer, step.outcome)
    else this.#append(step)
  }

  #append(step: Step & { kind: 'batch' }): void {
    const { producer } = step
    const transacts = producer >= 0 && (step.isTransactional || this.#open.has(producer))
    const sequence = this.#sequences.get(producer) ?? 0
    const builder = new BatchBuilder({
      compression: step.compression,
      isTransactional: transacts,
      ...(producer < 0 ? {} : { producerId: producer, producerEpoch: 0, baseSequence: sequence }),
    })
    for (const { key, value } of step.records) {
      const bytes = value === undefined ? null : Buffer.from(`value ${value}`)
      builder.append(Buffer.from(`key ${key}`), bytes, [], this.#nowMs)
    }
    const result = this.#fixture.log.append(builder.build(), { leaderEpoch: 0, origin: 'client', nowMs: this.#nowMs })
    assert.equal(result.error, 'NONE')
    this.#sequences.set(producer, sequence + step.records.length)
    if (transacts) this.#open.add(producer)
  }

  #end(producer: number, outcome: 'Commit' | 'Abort'): void {
    this.#open.delete(producer)
    const marker = transactionMarkerBatch({
      outcome,
      producerId: producer,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      timestamp: this.#nowMs,
    })
    this.#fixture.log.append(marker, { leaderEpoch: 0, origin: 'coordinator', nowMs: this.#nowMs })
  }
}

export async function rangeOf(
  log: PartitionLog,
  given: { nowMs: number; checkpoint?: number },
): Promise<CompactionRange> {
  const largest = new Map<object, number>()
  for (const segment of log.segments.all) largest.set(segment, (await segment.readMaxTimestamp()).timestamp)
  return compactionRange({
    segments: log.segments.all,
    logStartOffset: log.logStartOffset,
    logEndOffset: log.logEndOffset,
    lastStableOffset: log.lastStableOffset,
    checkpoint: given.checkpoint,
    config: log.config,
    nowMs: given.nowMs,
    largestTimestampMs: (segment) => largest.get(segment) ?? -1,
    firstTimestampMs: (segment) => segment.firstTimestamp,
  })
}

export function resourcesFor(
  { environment }: LogFixture,
  overrides: Partial<CompactionResources> = {},
): CompactionResources {
  return {
    environment,
    logger: environment.logger,
    dedupeBufferBytes: 1 << 20,
    dedupeLoadFactor: 0.9,
    chunkBytes: 300,
    throttle: new Throttle(environment.clock, () => Infinity),
    slices: new TimeSlices(environment.clock),
    signal: new AbortController().signal,
    ...overrides,
  }
}

/** Runs compaction once and returns what became of it. */
export async function compactOnce(
  fixture: LogFixture,
  given: { checkpoint?: number; resources?: Partial<CompactionResources> } = {},
): Promise<CompactionOutcome> {
  const { log, environment } = fixture
  const { checkpoint } = given
  const nowMs = environment.clock.wallMs()
  const range = await rangeOf(log, { nowMs, ...(checkpoint === undefined ? {} : { checkpoint }) })
  return environment.time.run(compact(log, range, resourcesFor(fixture, given.resources)))
}

/** The batches of the log’s files, in order. */
export function* batchesOf(log: PartitionLog): Generator<Buffer> {
  for (const segment of log.segments.all) {
    const bytes = Buffer.alloc(segment.size)
    segment.file().readNow(bytes, 0)
    for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at))
      yield bytes.subarray(at, at + batchSizeAt(bytes, at))
  }
}

/** What is there for a reader who wants committed records only and knows of aborts what the index says. */
export function committedRecords(log: PartitionLog): readonly KeyedRecord[] {
  const aborts = log.abortedTransactions(0, log.logEndOffset).toSorted((a, b) => a.firstOffset - b.firstOffset)
  const aborted = new Set<number>()
  const records: KeyedRecord[] = []
  const cursor = new RecordCursor()
  for (const batch of batchesOf(log)) {
    cursor.resetToBatch(batch, 0, 1 << 20)
    const producerId = producerIdAt(batch, 0)
    while (cursor.next()) {
      for (let next = aborts[0]; next !== undefined && next.firstOffset <= cursor.offset; next = aborts[0]) {
        aborted.add(next.producerId)
        aborts.shift()
      }
      if (isControl(attributesAt(batch, 0))) {
        if (controlRecordTypeOf(cursor.key()) === 'Abort') aborted.delete(producerId)
      } else if (!(isTransactional(attributesAt(batch, 0)) && aborted.has(producerId))) {
        const { offset, timestamp } = cursor
        records.push({ offset, key: String(cursor.key()), value: cursor.value()?.toString() ?? null, timestamp })
      }
    }
  }
  return records
}

/** The last value of each key; keys whose last is a tombstone are not there. */
export function latestValues(records: readonly KeyedRecord[]): ReadonlyMap<string, KeyedRecord> {
  const latest = new Map<string, KeyedRecord>()
  for (const each of records) {
    if (each.value === null) latest.delete(each.key)
    else latest.set(each.key, each)
  }
  return latest
}
