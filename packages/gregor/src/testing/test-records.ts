/** Records of a topic for tests: written without a producer, read without a consumer. */
import { partitionForKey } from '@gregor/client'
import {
  attributesAt,
  BatchBuilder,
  batchSizeAt,
  controlRecordTypeOf,
  errorName,
  Fetch,
  isControl,
  isTransactional,
  lastOffsetAt,
  ListOffsets,
  Metadata,
  Produce,
  producerIdAt,
  RecordCursor,
} from '@gregor/protocol'
import type { NodeCalls } from './node-calls.ts'

export interface RecordToProduce {
  readonly key?: string | Uint8Array | null
  readonly value: string | Uint8Array | null
  /** Default: where the key belongs, as any client has it; 0 without a key. */
  readonly partition?: number
  /** Default: now, on the test’s clock. */
  readonly timestamp?: number
  readonly headers?: readonly (readonly [name: string, value: string | Uint8Array | null])[]
}

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  /** As text; `bytes` has what it is. */
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
  readonly bytes: { readonly key: Buffer | null; readonly value: Buffer | null }
}

export interface ReadOptions {
  /** Default: all. */
  readonly partition?: number
  /** Default: `read_committed`. */
  readonly isolation?: 'read_committed' | 'read_uncommitted'
}

export interface PlacedRecord {
  readonly partition: number
  readonly offset: number
}

const timeoutMs = 30_000
const maxBytes = 2 ** 30
const byName = { produce: 12, fetch: 12, listOffsets: 8, metadata: 12 } as const

export async function produceRecords(
  calls: NodeCalls,
  topic: string,
  given: { readonly records: readonly RecordToProduce[]; readonly nowMs: number },
): Promise<readonly PlacedRecord[]> {
  const count = await partitionCount(calls, topic, true)
  const placed = given.records.map((record) => ({ record, partition: record.partition ?? placeOf(record, count) }))
  const offsets = new Map<number, number>()
  for (const [partition, group] of Map.groupBy(placed, (one) => one.partition)) {
    const builder = new BatchBuilder()
    for (const { record } of group) append(builder, record, given.nowMs)
    offsets.set(partition, await produceBatch(calls, { topic, partition }, builder.build()))
  }
  return placed.map(({ partition }) => {
    const offset = offsets.get(partition) ?? 0
    offsets.set(partition, offset + 1)
    return { partition, offset }
  })
}

export async function readRecords(
  calls: NodeCalls,
  topic: string,
  { partition, isolation = 'read_committed' }: ReadOptions,
): Promise<readonly ReadRecord[]> {
  const count = await partitionCount(calls, topic, false)
  const partitions = partition === undefined ? [...Array(count).keys()] : [partition]
  const records: ReadRecord[] = []
  for (const one of partitions) records.push(...(await readPartition(calls, { topic, partition: one }, isolation)))
  return records
}

interface Place {
  readonly topic: string
  readonly partition: number
}

async function produceBatch(calls: NodeCalls, { topic, partition }: Place, records: Buffer): Promise<number> {
  const { responses } = await calls.call(Produce, byName.produce, {
    acks: -1,
    timeoutMs,
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
  })
  const [answer] = responses[0]?.partitionResponses ?? []
  const error = errorName(answer?.errorCode ?? -1)
  if (error !== 'NONE') throw new Error(`${topic}-${partition}: ${answer?.errorMessage ?? error}`)
  return answer?.baseOffset ?? 0
}

async function readPartition(
  calls: NodeCalls,
  place: Place,
  isolation: 'read_committed' | 'read_uncommitted',
): Promise<readonly ReadRecord[]> {
  const isolationLevel = isolation === 'read_committed' ? 1 : 0
  const end = await offsetAt(calls, place, { timestamp: -1, isolationLevel })
  let offset = await offsetAt(calls, place, { timestamp: -2, isolationLevel })
  const records: ReadRecord[] = []
  while (offset < end) {
    const { responses } = await calls.call(Fetch, byName.fetch, {
      maxWaitMs: 0,
      minBytes: 0,
      isolationLevel,
      topics: [
        {
          topic: place.topic,
          partitions: [{ partition: place.partition, fetchOffset: offset, partitionMaxBytes: maxBytes }],
        },
      ],
      forgottenTopicsData: [],
    })
    const [answer] = responses[0]?.partitions ?? []
    const error = errorName(answer?.errorCode ?? -1)
    if (error !== 'NONE') throw new Error(`${place.topic}-${place.partition} at ${offset}: ${error}`)
    const bytes = answer?.records ?? Buffer.alloc(0)
    const next = collect(records, bytes, {
      partition: place.partition,
      fromOffset: offset,
      aborted: answer?.abortedTransactions ?? [],
    })
    if (next === offset) break
    offset = next
  }
  return records
}

/** Adds the records that count. @returns the offset behind the last batch. */
function collect(
  records: ReadRecord[],
  bytes: Buffer,
  given: {
    readonly partition: number
    readonly fromOffset: number
    readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[]
  },
): number {
  const waiting = given.aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const abortedProducers = new Set<number>()
  const cursor = new RecordCursor()
  let next = given.fromOffset
  for (
    let at = 0;
    at + 12 <= bytes.length && at + batchSizeAt(bytes, at) <= bytes.length;
    at += batchSizeAt(bytes, at)
  ) {
    const lastOffset = lastOffsetAt(bytes, at)
    next = lastOffset + 1
    for (let one = waiting[0]; one !== undefined && one.firstOffset <= lastOffset; one = waiting[0]) {
      abortedProducers.add(one.producerId)
      waiting.shift()
    }
    const attributes = attributesAt(bytes, at)
    const producerId = producerIdAt(bytes, at)
    cursor.resetToBatch(bytes, at, maxBytes)
    if (isControl(attributes)) {
      if (cursor.next() && controlRecordTypeOf(cursor.key()) === 'Abort') abortedProducers.delete(producerId)
      continue
    }
    if (isTransactional(attributes) && abortedProducers.has(producerId)) continue
    while (cursor.next()) if (cursor.offset >= given.fromOffset) records.push(recordAt(cursor, given.partition))
  }
  return next
}

function recordAt(cursor: RecordCursor, partition: number): ReadRecord {
  const key = copied(cursor.key())
  const value = copied(cursor.value())
  const headers: [string, string | null][] = []
  while (cursor.nextHeader()) headers.push([cursor.headerKey(), textOf(cursor.headerValue())])
  const { offset, timestamp } = cursor
  return { partition, offset, timestamp, key: textOf(key), value: textOf(value), headers, bytes: { key, value } }
}

async function offsetAt(
  calls: NodeCalls,
  { topic, partition }: Place,
  { timestamp, isolationLevel }: { readonly timestamp: number; readonly isolationLevel: number },
): Promise<number> {
  const { topics } = await calls.call(ListOffsets, byName.listOffsets, {
    replicaId: -1,
    isolationLevel,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
  })
  const [answer] = topics[0]?.partitions ?? []
  const error = errorName(answer?.errorCode ?? -1)
  if (error !== 'NONE') throw new Error(`${topic}-${partition}: ${error}`)
  return answer?.offset ?? 0
}

async function partitionCount(calls: NodeCalls, topic: string, allowAutoTopicCreation: boolean): Promise<number> {
  const request = { topics: [{ name: topic }], allowAutoTopicCreation }
  let { topics } = await calls.call(Metadata, byName.metadata, request)
  // A topic that is created by asking is there when asked again.
  if (allowAutoTopicCreation && topics[0]?.errorCode !== 0)
    topics = (await calls.call(Metadata, byName.metadata, request)).topics
  const error = errorName(topics[0]?.errorCode ?? -1)
  if (error !== 'NONE') throw new Error(`${topic}: ${error}`)
  return topics[0]?.partitions.length ?? 0
}

function append(
  builder: BatchBuilder,
  { key = null, value, timestamp, headers = [] }: RecordToProduce,
  nowMs: number,
): void {
  const own = headers.map(([name, content]) => ({ key: name, value: bytesOf(content) }))
  builder.append(bytesOf(key), bytesOf(value), own, timestamp ?? nowMs)
}

function placeOf({ key }: RecordToProduce, count: number): number {
  const bytes = bytesOf(key ?? null)
  return bytes === null ? 0 : partitionForKey(bytes, count)
}

function bytesOf(content: string | Uint8Array | null): Buffer | null {
  return content === null ? null : Buffer.from(content)
}

function copied(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes)
}

function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('utf8')
}
