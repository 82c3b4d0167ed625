/**
 * For tests of the data plane: batches as clients send them, and broken in chosen ways; one partition produced to and
 * read from, in any version, with the answers of that partition alone.
 */
import { ByteReader } from '@gregor/base'
import {
  BatchBuilder,
  errorName,
  Fetch,
  Produce,
  RecordCursor,
  batchSizeAt,
  decodeResponse,
  refreshCrc,
  responseHeaderVersion,
  type Api,
  type BatchOptions,
  type ResponseOf,
} from '@gregor/protocol'
import { beginningMs } from '@gregor/testkit/simulation'
import { newestVersion, type BrokerFixture, type Caller } from './broker-fixture.ts'

export interface SentRecord {
  readonly key?: string | null
  readonly value?: string | null
  readonly timestamp?: number
}

/** A batch of these records; a string is a value without a key, stamped with the time at which tests begin. */
export function sentBatch(records: readonly (string | SentRecord)[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder(options)
  for (const record of records) {
    const {
      key = null,
      value = null,
      timestamp = beginningMs,
    } = typeof record === 'string' ? { value: record } : record
    builder.append(key === null ? null : Buffer.from(key), value === null ? null : Buffer.from(value), [], timestamp)
  }
  return builder.build()
}

/** One batch of an idempotent producer. */
export function idempotentBatch(
  values: readonly string[],
  { producerId, baseSequence, producerEpoch = 0 }: { producerId: number; baseSequence: number; producerEpoch?: number },
): Buffer {
  return sentBatch(values, { producerId, producerEpoch, baseSequence })
}

/** A good batch after `change`, with the checksum of what it became. */
export function broken(change: (batch: Buffer) => void, batch: Buffer = sentBatch(['a', 'b', 'c'])): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  refreshCrc(copy, 0)
  return copy
}

export interface SentTo {
  readonly topic: string
  readonly topicId: string
  readonly partition?: number
  readonly acks?: number
  readonly timeoutMs?: number
  readonly transactionalId?: string | null
}

type ProducedPartition = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number]

export type Produced = Omit<ProducedPartition, 'errorCode'> & { readonly error: string }

/** The request for one batch; by name, or by id from version 13 on. */
export function produceRequest(
  { topic, topicId, partition = 0, acks = -1, timeoutMs = 1000, transactionalId = null }: SentTo,
  records: Buffer | null,
  version: number = newestVersion(Produce),
): Parameters<typeof BrokerFixture.prototype.call<typeof Produce>>[1] {
  const place = version >= 13 ? { topicId } : { name: topic }
  return { transactionalId, acks, timeoutMs, topicData: [{ ...place, partitionData: [{ index: partition, records }] }] }
}

export async function produceTo(
  fixture: BrokerFixture,
  to: SentTo,
  records: Buffer | null,
  caller: Caller = {},
): Promise<Produced> {
  const response = await fixture.call(Produce, produceRequest(to, records, caller.version), caller)
  return producedOf(response)
}

export function producedOf(response: ResponseOf<typeof Produce>): Produced {
  const [partition] = response.responses[0]?.partitionResponses ?? []
  if (partition === undefined) throw new Error('no partition was answered')
  const { errorCode, ...rest } = partition
  return { ...rest, error: errorName(errorCode) }
}

type FetchedPartition = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

export type Fetched = Omit<FetchedPartition, 'errorCode'> & {
  readonly error: string
  readonly values: readonly string[]
}

export interface FetchedFrom {
  readonly topic: string
  readonly topicId: string
  readonly partition?: number
  readonly offset?: number
  readonly partitionMaxBytes?: number
  readonly maxBytes?: number
  readonly minBytes?: number
  readonly maxWaitMs?: number
  readonly isolationLevel?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
}

/** The request for one partition, without a session. */
export function fetchRequest(
  from: FetchedFrom,
  version: number = newestVersion(Fetch),
): Parameters<typeof BrokerFixture.prototype.call<typeof Fetch>>[1] {
  const { topic, topicId, partition = 0, offset = 0, partitionMaxBytes = 1 << 20, maxBytes = 1 << 20 } = from
  const { minBytes = 1, maxWaitMs = 0, isolationLevel = 0, currentLeaderEpoch = -1, lastFetchedEpoch = -1 } = from
  const place = version >= 13 ? { topicId } : { topic }
  return {
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        ...place,
        partitions: [
          {
            partition,
            fetchOffset: offset,
            partitionMaxBytes,
            ...(version >= 9 && { currentLeaderEpoch }),
            ...(version >= 12 && { lastFetchedEpoch }),
          },
        ],
      },
    ],
    forgottenTopicsData: [],
  }
}

export async function fetchFrom(fixture: BrokerFixture, from: FetchedFrom, caller: Caller = {}): Promise<Fetched> {
  return fetchedOf(await fixture.call(Fetch, fetchRequest(from, caller.version), caller), from.offset)
}

/** The first partition of an answer; `values` are of the records from the offset asked for. */
export function fetchedOf(response: ResponseOf<typeof Fetch>, fromOffset = 0): Fetched {
  const [partition] = response.responses[0]?.partitions ?? []
  if (partition === undefined) throw new Error(`no partition was answered: ${errorName(response.errorCode)}`)
  const { errorCode, ...rest } = partition
  return { ...rest, error: errorName(errorCode), values: valuesOf(partition.records ?? Buffer.alloc(0), fromOffset) }
}

export function valuesOf(batches: Buffer, fromOffset = 0): readonly string[] {
  const values: string[] = []
  const cursor = new RecordCursor()
  for (let at = 0; at < batches.length; at += batchSizeAt(batches, at)) {
    cursor.resetToBatch(batches, at, 1 << 24)
    while (cursor.next()) if (cursor.offset >= fromOffset) values.push(String(cursor.value() ?? ''))
  }
  return values
}

/** What `begin` resolved to, decoded. */
export function decodedAnswer<A extends Api>(
  api: A,
  answer: Buffer | null | 'close',
  version: number = newestVersion(api),
): ResponseOf<A> {
  if (answer === null || answer === 'close') throw new Error(`answered with ${answer}`)
  const reader = new ByteReader(answer)
  reader.skip(4 + responseHeaderVersion(api, version))
  return decodeResponse(api, version, reader) as ResponseOf<A>
}
