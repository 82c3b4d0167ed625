/** What readers are answered in each version: Fetch with its records byte by byte, offsets by time and by epoch. */

import {
  BatchBuilder,
  CreateTopics,
  DeleteRecords,
  Fetch,
  InitProducerId,
  ListOffsets,
  OffsetForLeaderEpoch,
  Produce,
  type RequestInput,
} from '@gregor/protocol'

import { exchange, read, type Exchange } from '../exchange.ts'

const unknownId = 'BBBBBBBBBBBBBBBBBBBBBQ'
const startMs = Date.now() - 3_600_000
const versionsFrom = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

// -------------------------------------------------------------------------------------------------- what there is

/** Offsets 0-1, 2-4, 5-7, and then the first two are deleted. */
const written = (['none', 'gzip', 'lz4'] as const).map((compression, index) => {
  const builder = new BatchBuilder({ compression })
  for (let record = 0; record < (index === 0 ? 2 : 3); record++) {
    const time = startMs + index * 1000 + (record === 1 ? 500 : record)
    builder.append(Buffer.from(`k${record}`), Buffer.from('value '.repeat(20)), [], time)
  }
  return builder.build()
})

const setUp: readonly Exchange[] = [
  exchange('CreateTopics for readers', CreateTopics, {
    topics: [
      { name: 'read', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] },
      { name: 'unread', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ],
    timeoutMs: 5_000,
  }),
  ...written.map((records) =>
    exchange('Produce for readers', Produce, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 5_000,
      topicData: [{ topicId: 'id:read', partitionData: [{ index: 0, records }] }],
    }),
  ),
  exchange('DeleteRecords for readers', DeleteRecords, {
    topics: [{ name: 'read', partitions: [{ partitionIndex: 0, offset: 2 }] }],
    timeoutMs: 5_000,
  }),
]

// ---------------------------------------------------------------------------------------------------------- Fetch

interface Wanted {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly epoch?: number
  readonly lastEpoch?: number
  readonly partitionMaxBytes?: number
  readonly maxBytes?: number
  readonly isolationLevel?: number
  readonly sessionId?: number
  readonly sessionEpoch?: number
  readonly replicaId?: number
  readonly versions?: readonly number[]
}

function fetched(title: string, wanted: Wanted = {}): readonly Exchange[] {
  const { topic = 'read', partition = 0, offset = 2, epoch = -1, lastEpoch = -1 } = wanted
  const { sessionId = 0, sessionEpoch = -1, maxBytes = 1_048_576, partitionMaxBytes = 1_048_576 } = wanted
  return (wanted.versions ?? versionsFrom(4, 18)).map((version) => {
    const name = version >= 13 ? { topicId: topic === 'missing' ? unknownId : `id:${topic}` } : { topic }
    const request = {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes,
      isolationLevel: wanted.isolationLevel ?? 0,
      ...(version >= 15 ? {} : { replicaId: wanted.replicaId ?? -1 }),
      ...(version >= 7 ? { sessionId, sessionEpoch, forgottenTopicsData: [] } : {}),
      topics: [
        {
          ...name,
          partitions: [
            {
              partition,
              fetchOffset: offset,
              partitionMaxBytes,
              ...(version >= 9 ? { currentLeaderEpoch: epoch } : {}),
              ...(version >= 12 ? { lastFetchedEpoch: lastEpoch } : {}),
            },
          ],
        },
      ],
    }
    // Of a session that was opened: a number of the server’s own.
    const ignoring = sessionEpoch === 0 ? ['sessionId'] : []
    return read(`Fetch: ${title}`, Fetch, request as RequestInput<typeof Fetch>, { versions: [version], ignoring })
  })
}

const some = [4, 7, 11, 12, 13, 18]
const withEpochs = [9, 11, 12, 13, 18]

const fetchCases: readonly Exchange[] = [
  ...fetched('from the start'),
  ...fetched('from the middle of a batch', { offset: 6, versions: some }),
  ...fetched('at the end', { offset: 8, versions: some }),
  ...fetched('behind the end', { offset: 9, versions: some }),
  ...fetched('before the start', { offset: 1, versions: some }),
  ...fetched('below all offsets', { offset: -1, versions: some }),
  ...fetched('an empty partition', { partition: 1, offset: 0, versions: some }),
  ...fetched('no such partition', { partition: 7 }),
  ...fetched('no such topic', { topic: 'missing' }),
  ...fetched('less than a batch', { partitionMaxBytes: 10, versions: some }),
  ...fetched('less than a batch in all', { maxBytes: 10, versions: some }),
  ...fetched('nothing of the partition', { partitionMaxBytes: 0, versions: some }),
  ...fetched('what is committed', { isolationLevel: 1, versions: some }),
  ...fetched('what is committed, at the end', { isolationLevel: 1, offset: 8, versions: some }),
  ...fetched('with the epoch there is', { epoch: 0, versions: withEpochs }),
  ...fetched('with an epoch to come', { epoch: 5, versions: withEpochs }),
  ...fetched('with the last epoch there is', { epoch: 0, lastEpoch: 0, versions: [12, 13, 18] }),
  ...fetched('with a last epoch to come', { lastEpoch: 7, versions: [12, 13, 18] }),
  ...fetched('a new session', { sessionEpoch: 0, versions: [7, 12, 18] }),
  ...fetched('a session that is not there', { sessionId: 4711, sessionEpoch: 3, versions: [7, 12, 18] }),
  ...fetched('a session epoch without a session', { sessionEpoch: 3, versions: [7, 12, 18] }),
]

// -------------------------------------------------------------------------------------------------------- offsets

function offsets(title: string, timestamp: number, more: { epoch?: number; topic?: string } = {}): readonly Exchange[] {
  return versionsFrom(1, 11).map((version) => {
    const partition = {
      partitionIndex: 0,
      timestamp,
      ...(version >= 4 ? { currentLeaderEpoch: more.epoch ?? -1 } : {}),
    }
    const request = {
      replicaId: -1,
      ...(version >= 2 ? { isolationLevel: 0 } : {}),
      topics: [{ name: more.topic ?? 'read', partitions: [partition] }],
      ...(version >= 10 ? { timeoutMs: 5_000 } : {}),
    }
    return read(`ListOffsets: ${title}`, ListOffsets, request as RequestInput<typeof ListOffsets>, {
      versions: [version],
    })
  })
}

const offsetCases: readonly Exchange[] = [
  ...offsets('the end', -1),
  ...offsets('the start', -2),
  ...offsets('the largest time', -3),
  ...offsets('the local start', -4),
  ...offsets('the end of what is remote', -5),
  ...offsets('what is to be made remote', -6),
  ...offsets('nobody knows what', -7),
  ...offsets('a time before all', 0),
  ...offsets('a time of a record', startMs + 1500),
  ...offsets('a time between records', startMs + 1100),
  ...offsets('a time of what was deleted', startMs),
  ...offsets('a time to come', startMs + 86_400_000),
  ...offsets('of an empty partition', -1, { topic: 'unread' }),
  ...offsets('the largest time of an empty partition', -3, { topic: 'unread' }),
  ...offsets('of no topic', -1, { topic: 'missing' }),
  ...offsets('with the epoch there is', -1, { epoch: 0 }),
  ...offsets('with an epoch to come', -1, { epoch: 3 }),
]

const epochCases: readonly Exchange[] = [
  [0, -1],
  [1, -1],
  [7, -1],
  [-1, -1],
  [0, 0],
  [0, 4],
].flatMap(([leaderEpoch = 0, currentLeaderEpoch = -1]) =>
  ['read', 'unread', 'missing'].map((topic) =>
    read(
      `OffsetForLeaderEpoch: ${leaderEpoch} of ${topic}, at epoch ${currentLeaderEpoch}`,
      OffsetForLeaderEpoch,
      { topics: [{ topic, partitions: [{ partition: 0, leaderEpoch, currentLeaderEpoch }] }] },
      { versions: [2, 3, 4] },
    ),
  ),
)

const producerCases: readonly Exchange[] = [
  exchange(
    'InitProducerId: an idempotent producer',
    InitProducerId,
    { transactionalId: null, transactionTimeoutMs: 1_000 },
    { versions: versionsFrom(0, 5), ignoring: ['producerId'] },
  ),
  exchange(
    'InitProducerId: a transactional id of no characters',
    InitProducerId,
    { transactionalId: '', transactionTimeoutMs: 1_000 },
    { versions: versionsFrom(0, 5) },
  ),
]

export const readCases: readonly Exchange[] = [...setUp, ...fetchCases, ...offsetCases, ...epochCases, ...producerCases]
