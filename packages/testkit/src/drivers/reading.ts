/** Fetches of drivers, each written into the history as one entry for each partition. */
import { errorName, Fetch } from '@gregor/protocol'
import type { Complete, IsolationLevel, PartitionId, ReadBatch } from '../history/history.ts'
import { keyOf } from '../history/history.ts'
import { type Driver, attempt } from './driver.ts'
import type { DriverConnection } from './driver-connection.ts'
import { readBatches } from './record-batches.ts'

export interface Position extends PartitionId {
  readonly offset: number
}

export interface Reading {
  readonly reader: string
  readonly isolation: IsolationLevel
  readonly maxWaitMs: number
  readonly positions: readonly Position[]
}

export interface PartitionRead extends Position {
  readonly error: ReturnType<typeof errorName>
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly batches: readonly ReadBatch[]
  /** Where to read on. */
  readonly nextOffset: number
}

/** What was answered; empty where nothing was. */
export async function readPartitions(
  driver: Driver,
  connection: DriverConnection,
  { reader, isolation, maxWaitMs, positions }: Reading,
): Promise<readonly PartitionRead[]> {
  const completes = new Map<string, Complete<'fetch'>>()
  for (const { topicId, partition, offset } of positions) {
    const call = { kind: 'fetch', reader, isolation, topicId, partition, fetchOffset: offset } as const
    completes.set(keyOf(call), driver.history.begin<'fetch'>(call))
  }
  const topics = [...Map.groupBy(positions, ({ topicId }) => topicId)].map(([topicId, ofTopic]) => ({
    topicId,
    partitions: ofTopic.map(({ partition, offset }) => ({
      partition,
      fetchOffset: offset,
      partitionMaxBytes: fetchBytesMax,
    })),
  }))
  const response = await attempt(
    connection.call(Fetch, {
      maxWaitMs,
      minBytes: 1,
      maxBytes: fetchBytesMax * 4,
      isolationLevel: isolation === 'read_committed' ? 1 : 0,
      topics,
      forgottenTopicsData: [],
    }),
  )
  const read: PartitionRead[] = []
  for (const { topicId, partitions } of response?.responses ?? []) {
    for (const answer of partitions) {
      const key = keyOf({ topicId, partition: answer.partitionIndex })
      const position = positions.find((one) => keyOf(one) === key)
      const complete = completes.get(key)
      if (position === undefined || complete === undefined) throw new Error(`${key} was answered, and not asked for`)
      completes.delete(key)
      const batches = readBatches({
        records: Buffer.from(answer.records ?? []),
        fetchOffset: position.offset,
        aborted: answer.abortedTransactions ?? [],
      })
      const { highWatermark, lastStableOffset, logStartOffset } = answer
      const error = errorName(answer.errorCode)
      complete({ error, highWatermark, lastStableOffset, logStartOffset, batches })
      const nextOffset = (batches.at(-1)?.lastOffset ?? position.offset - 1) + 1
      read.push({ ...position, error, highWatermark, lastStableOffset, batches, nextOffset })
    }
  }
  return read
}

const fetchBytesMax = 4096
