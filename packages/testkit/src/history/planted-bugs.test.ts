import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type ConsumerGroupHeartbeat,
  type EndTxn,
  type Fetch,
  type OffsetCommit,
  type OffsetFetch,
  type Produce,
  RecordCursor,
  type RequestOf,
  type ResponseOf,
  type SyncGroup,
  attributesAt,
  baseOffsetAt,
  batchSizeAt,
  decodeAssignment,
  encodeAssignment,
  lastOffsetAt,
  producerIdAt,
  refreshCrc,
  setAttributes,
} from '@gregor/protocol'
import { NoAnswerError } from '../drivers/driver-connection.ts'
import { type StoryPlan, runStory } from '../drivers/node-story.ts'
import { batchOf } from '../drivers/record-batches.ts'
import type { Tamper, TamperedCall } from '../drivers/tamper.ts'
import { checkHistory } from './check-history.ts'
import { finalReader } from './violation.ts'

// Bugs that a node could have, planted between the clients of a story and a node that does not have them. Each has to be
// found in the history, by the invariant named here; the same story without the bug breaks nothing.

const groups: StoryPlan = {
  seed: 1,
  isSynced: true,
  faults: [],
  faultCount: 2,
  producerCount: 2,
  batchCount: 12,
  groups: [{ name: 'g', protocol: 'classic eager', memberCount: 2, isStatic: false, isolation: 'read_uncommitted' }],
  transactions: [],
}
const consumers: StoryPlan = {
  ...groups,
  groups: [{ name: 'g', protocol: 'consumer', memberCount: 2, isStatic: false, isolation: 'read_uncommitted' }],
}
const transactions: StoryPlan = {
  ...groups,
  producerCount: 1,
  batchCount: 8,
  groups: [{ name: 'g', protocol: 'consumer', memberCount: 1, isStatic: false, isolation: 'read_committed' }],
  transactions: [
    { transactionalId: 't', transactionCount: 6, joinsImplicitly: false },
    { transactionalId: 'u', transactionCount: 6, joinsImplicitly: true },
  ],
}
const copying: StoryPlan = {
  ...groups,
  seed: 2,
  faultCount: 4,
  groups: [
    { name: 'g', protocol: 'consumer', memberCount: 2, isStatic: false, isolation: 'read_committed', isCopying: true },
  ],
}
const powerLosses: StoryPlan = { ...groups, faults: ['power loss'] }

interface PlantedBug {
  readonly name: string
  readonly plan: StoryPlan
  /** The invariants that it breaks, others aside. */
  readonly breaks: readonly string[]
  readonly tamper?: () => Tamper
  readonly sabotage?: StoryPlan['sabotage']
}

const bugs: readonly PlantedBug[] = [
  {
    name: 'acknowledges a batch and forgets it',
    plan: groups,
    breaks: ['L1'],
    tamper: () => {
      let count = 0
      return {
        instead: (call) => (call.api === 'Produce' && ++count === 5 ? acknowledged(call, 3) : undefined),
      }
    },
  },
  {
    name: 'acknowledges before it has synced, on a disk that lies',
    plan: powerLosses,
    breaks: ['L1'],
    sabotage: ({ node }) =>
      node.disk.faults.add({ operation: 'sync', path: /events-\d\/.*log$/, times: Infinity, isSilent: true }),
  },
  {
    name: 'loses committed offsets with the power',
    plan: powerLosses,
    breaks: ['O2'],
    sabotage: ({ node }) =>
      node.disk.faults.add({ operation: 'sync', path: /offsets-\d+\/.*log$/, times: Infinity, isSilent: true }),
  },
  {
    name: 'without the sync policy, leaves records behind a hole when the power is lost',
    plan: { ...powerLosses, isSynced: false },
    breaks: ['L2'],
    tamper: () => ({ answer: onFetch((batch) => (baseOffsetAt(batch, 0) === 0 ? undefined : batch)) }),
  },
  {
    name: 'appends again what a producer sends again',
    plan: groups,
    breaks: ['L3'],
    tamper: () => {
      let count = 0
      return {
        request: (call) => (call.api === 'Produce' ? withoutProducer(call) : call.request),
        answer: (call, response) => {
          if (call.api === 'Produce' && ++count % 4 === 0) throw new NoAnswerError('planted')
          return response
        },
      }
    },
  },
  {
    name: 'turns the records of a batch round',
    plan: groups,
    breaks: ['L4'],
    tamper: () => ({ answer: onFetch((batch) => rewritten(batch, (values) => values.toReversed())) }),
  },
  {
    name: 'reads another partition than it was asked for',
    plan: groups,
    breaks: ['L5'],
    tamper: () => ({
      answer: onFetch((batch, { partition }) =>
        partition === 1 ? rewritten(batch, (values) => values.map((value) => `${value} of another`)) : batch,
      ),
    }),
  },
  {
    name: 'leaves a batch out',
    plan: groups,
    breaks: ['L6', 'L1'],
    tamper: () => ({ answer: onFetch((batch) => (baseOffsetAt(batch, 0) === 4 ? undefined : batch)) }),
  },
  {
    name: 'leaves a batch out of one answer',
    plan: groups,
    breaks: ['R3'],
    tamper: () => ({
      answer: onFetch((batch, { client, index }) => (client !== finalReader && index === 1 ? undefined : batch)),
    }),
  },
  {
    name: 'serves past the high watermark',
    plan: groups,
    breaks: ['R1'],
    tamper: () => ({
      answer: onFetchedPartition((partition, { first }) => ({ ...partition, highWatermark: first })),
    }),
  },
  {
    name: 'shows another record after the one that was read',
    plan: groups,
    breaks: ['R4'],
    tamper: () => ({
      answer: onFetch((batch, { client }) =>
        client === 'c0' ? rewritten(batch, (values) => values.map((value) => `${value}'`)) : batch,
      ),
    }),
  },
  {
    name: 'takes the high watermark back',
    plan: groups,
    breaks: ['R5'],
    tamper: () => {
      let count = 0
      return {
        answer: onFetchedPartition((partition) =>
          ++count % 5 === 0
            ? { ...partition, highWatermark: Math.max(0, partition.highWatermark - 2), records: Buffer.alloc(0) }
            : partition,
        ),
      }
    },
  },
  {
    name: 'lists what was committed as aborted',
    plan: transactions,
    breaks: ['R6'],
    tamper: () => ({
      answer: onFetchedPartition((partition, { client }) => (client === 'c0' ? allAborted(partition) : partition)),
    }),
  },
  {
    name: 'serves past the last stable offset',
    plan: transactions,
    breaks: ['R2', 'T1'],
    tamper: () => ({
      request: ({ api, request }) => (api === 'Fetch' ? { ...request, isolationLevel: 0 } : request),
    }),
  },
  {
    name: 'leaves out which transactions were aborted',
    plan: transactions,
    breaks: ['T1'],
    tamper: () => ({ answer: onFetchedPartition((partition) => ({ ...partition, abortedTransactions: [] })) }),
  },
  {
    name: 'commits what is to be aborted',
    plan: transactions,
    breaks: ['T1'],
    tamper: () => ({ request: onEndTxn((request) => ({ ...request, committed: true })) }),
  },
  {
    name: 'aborts what is to be committed',
    plan: transactions,
    breaks: ['T2', 'O2'],
    tamper: () => ({ request: onEndTxn((request) => ({ ...request, committed: false })) }),
  },
  {
    name: 'says that a transaction is aborted, and leaves it to the next one to commit it',
    plan: { ...transactions, transactions: transactions.transactions.slice(0, 1) },
    breaks: ['T1'],
    tamper: () => ({
      instead: ({ api, request }) =>
        api === 'EndTxn' && request['committed'] === false
          ? ({ throttleTimeMs: 0, errorCode: 0, producerId: -1, producerEpoch: -1 } satisfies ResponseOf<typeof EndTxn>)
          : undefined,
    }),
  },
  {
    name: 'commits a transaction in all partitions but one',
    plan: transactions,
    breaks: ['T2'],
    tamper: () => ({
      answer: onFetchedPartition((partition, { isCommitted }) =>
        isCommitted && partition.partitionIndex === 0 ? allAborted(partition) : partition,
      ),
    }),
  },
  {
    name: 'makes offsets up',
    plan: groups,
    breaks: ['O1'],
    tamper: () => ({ answer: onOffsets((offset) => offset + 1) }),
  },
  {
    name: 'lets a member begin one record before the offset of the group',
    plan: copying,
    breaks: ['E1'],
    tamper: () => ({
      answer: onOffsets((offset, _key, client) => (client.startsWith('c') && offset > 0 ? offset - 1 : offset)),
    }),
  },
  {
    name: 'accepts committed offsets and forgets them',
    plan: groups,
    breaks: ['O2'],
    tamper: () => ({ instead: (call) => (call.api === 'OffsetCommit' ? acceptedOffsets(call) : undefined) }),
  },
  {
    name: 'goes back to an older offset of the group',
    plan: { ...groups, seed: 2 },
    breaks: ['O2'],
    tamper: () => {
      const firstSeen = new Map<string, number>()
      const old = (offset: number, key: string): number => {
        if (offset !== -1 && !firstSeen.has(key)) firstSeen.set(key, offset)
        return firstSeen.get(key) ?? offset
      }
      return { answer: onOffsets(old) }
    },
  },
  {
    name: 'hands one partition to two members of a classic group',
    plan: groups,
    breaks: ['M1'],
    tamper: () => {
      const all = new Map<string, number[]>()
      return { answer: (call, response) => (call.api === 'SyncGroup' ? withEverything(response, all) : response) }
    },
  },
  {
    name: 'hands one partition to two members of a consumer group',
    plan: consumers,
    breaks: ['M2'],
    tamper: () => {
      const all = new Map<string, Set<number>>()
      return {
        answer: (call, response) =>
          call.api === 'ConsumerGroupHeartbeat' ? withEverythingAssigned(response, all) : response,
      }
    },
  },
  {
    name: 'goes on with a member that it has replaced',
    plan: groups,
    breaks: ['M2'],
    tamper: () => {
      let count = 0
      return {
        instead: (call) => {
          if (call.client !== 'c0') return undefined
          if (call.api === 'Heartbeat' && ++count > 1) return { throttleTimeMs: 0, errorCode: 0 }
          return call.api === 'OffsetCommit' && count > 1 ? acceptedOffsets(call) : undefined
        },
      }
    },
  },
]

describe('checkHistory of a node with a bug', () => {
  for (const { name, plan, breaks, tamper, sabotage } of bugs) {
    it(`finds that it ${name}`, async () => {
      const given = { ...plan, tamper: tamper?.(), ...(sabotage === undefined ? {} : { sabotage }) }
      const { history } = await runStory(given)
      const found = new Set(checkHistory(history, plan).map(({ invariant }) => invariant))
      assert.ok(
        breaks.every((invariant) => found.has(invariant)),
        `it breaks ${breaks.join(', ')}; found was ${[...found].join(', ')}`,
      )
    })
  }

  for (const plan of new Set(bugs.map((bug) => bug.plan))) {
    const names = bugs.filter((bug) => bug.plan === plan).map(({ name }) => name)
    it(`finds nothing where it does not: ${names.join('; ')}`, async () => {
      const { history, failure } = await runStory(plan)
      assert.equal(failure, undefined)
      assert.deepEqual(checkHistory(history, plan), [])
    })
  }
})

// ------------------------------------------------------------------------------------------- what the bugs are made of

type FetchedPartition = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

interface FetchedPlace {
  readonly client: string
  readonly isCommitted: boolean
  /** Of the first batch; Infinity: none. */
  readonly first: number
}

/** Changes each partition of a Fetch answer that has records. */
function onFetchedPartition(
  change: (partition: FetchedPartition, place: FetchedPlace) => FetchedPartition,
): NonNullable<Tamper['answer']> {
  return (call, response) => {
    if (call.api !== 'Fetch') return response
    const { responses, ...rest } = response as ResponseOf<typeof Fetch>
    const { isolationLevel } = call.request as RequestOf<typeof Fetch>
    const changed = (partition: FetchedPartition): FetchedPartition => {
      const records = recordsOf(partition)
      if (records.length === 0) return partition
      const place = { client: call.client, isCommitted: isolationLevel === 1, first: baseOffsetAt(records, 0) }
      return change(partition, place)
    }
    return {
      ...rest,
      responses: responses.map((topic) => ({ ...topic, partitions: topic.partitions.map(changed) })),
    }
  }
}

interface BatchPlace {
  readonly client: string
  readonly partition: number
  readonly index: number
}

/** Changes each batch of a Fetch answer, or leaves it out. */
function onFetch(change: (batch: Buffer, place: BatchPlace) => Buffer | undefined): NonNullable<Tamper['answer']> {
  return onFetchedPartition((partition, { client }) => {
    const kept = batchesIn(recordsOf(partition)).map((batch, index) =>
      change(batch, { client, partition: partition.partitionIndex, index }),
    )
    return { ...partition, records: Buffer.concat(kept.filter((batch) => batch !== undefined)) }
  })
}

function recordsOf({ records }: FetchedPartition): Buffer {
  return Buffer.from(records ?? [])
}

function batchesIn(records: Buffer): Buffer[] {
  const batches: Buffer[] = []
  for (let at = 0; at + 12 <= records.length; at += batchSizeAt(records, at)) {
    if (at + batchSizeAt(records, at) > records.length) break
    batches.push(records.subarray(at, at + batchSizeAt(records, at)))
  }
  return batches
}

function rewritten(batch: Buffer, change: (values: readonly string[]) => readonly string[]): Buffer {
  return batchOf(change(valuesOf(batch)), { baseOffset: baseOffsetAt(batch, 0) }, 0)
}

function valuesOf(batch: Buffer): readonly string[] {
  const cursor = new RecordCursor()
  cursor.resetToBatch(batch, 0, 1 << 20)
  const values: string[] = []
  while (cursor.next()) values.push(String(cursor.value()))
  return values
}

const transactionalBit = 1 << 4

/** Every batch with records becomes one of an aborted transaction. */
function allAborted(partition: FetchedPartition): FetchedPartition {
  const batches = batchesIn(Buffer.from(recordsOf(partition)))
  for (const batch of batches) {
    setAttributes(batch, 0, attributesAt(batch, 0) | transactionalBit)
    refreshCrc(batch, 0)
  }
  const abortedTransactions = batches.map((batch) => ({
    producerId: producerIdAt(batch, 0),
    firstOffset: lastOffsetAt(batch, 0),
  }))
  return { ...partition, records: Buffer.concat(batches), abortedTransactions }
}

/** As an old client’s, which the node does not know again. */
function withoutProducer({ request }: TamperedCall): Record<string, unknown> {
  const { topicData, ...rest } = request as RequestOf<typeof Produce>
  return {
    ...rest,
    topicData: topicData.map(({ partitionData, ...topic }) => ({
      ...topic,
      partitionData: partitionData.map(({ index, records }) => ({
        index,
        records: batchOf(valuesOf(Buffer.from(records ?? [])), {}, 0),
      })),
    })),
  }
}

function acknowledged({ request }: TamperedCall, baseOffset: number): Record<string, unknown> {
  const { topicData } = request as RequestOf<typeof Produce>
  const responses = topicData.map(({ topicId, partitionData }) => ({
    name: '',
    topicId,
    partitionResponses: partitionData.map(({ index }) => ({ index, errorCode: 0, baseOffset })),
  }))
  return { responses, throttleTimeMs: 0 }
}

function acceptedOffsets({ request }: TamperedCall): Record<string, unknown> {
  const { topics } = request as RequestOf<typeof OffsetCommit>
  const accepted = topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0 })),
  }))
  return { topics: accepted, throttleTimeMs: 0 }
}

function onEndTxn(
  change: (request: RequestOf<typeof EndTxn>) => RequestOf<typeof EndTxn>,
): NonNullable<Tamper['request']> {
  return ({ api, request }) => (api === 'EndTxn' ? change(request as RequestOf<typeof EndTxn>) : request)
}

function onOffsets(change: (offset: number, key: string, client: string) => number): NonNullable<Tamper['answer']> {
  return (call, response) => {
    if (call.api !== 'OffsetFetch') return response
    const { groups: answered, ...rest } = response as ResponseOf<typeof OffsetFetch>
    return {
      ...rest,
      groups: answered.map(({ topics, ...group }) => ({
        ...group,
        topics: topics.map(({ partitions, ...topic }) => ({
          ...topic,
          partitions: partitions.map(({ committedOffset, ...partition }) => ({
            ...partition,
            committedOffset: change(
              committedOffset,
              `${group.groupId} ${topic.topicId}-${partition.partitionIndex}`,
              call.client,
            ),
          })),
        })),
      })),
    }
  }
}

function withEverything(response: Record<string, unknown>, all: Map<string, number[]>): Record<string, unknown> {
  const { assignment, ...rest } = response as ResponseOf<typeof SyncGroup>
  if (assignment.length === 0) return response
  for (const { topic, partitions } of decodeAssignment(Buffer.from(assignment)).assignedPartitions) {
    all.set(topic, [...new Set([...(all.get(topic) ?? []), ...partitions])])
  }
  const assignedPartitions = [...all].map(([topic, partitions]) => ({ topic, partitions }))
  return { ...rest, assignment: encodeAssignment({ assignedPartitions }, 1) }
}

function withEverythingAssigned(
  response: Record<string, unknown>,
  all: Map<string, Set<number>>,
): Record<string, unknown> {
  const { assignment, ...rest } = response as ResponseOf<typeof ConsumerGroupHeartbeat>
  if (assignment === null) return response
  for (const { topicId, partitions } of assignment.topicPartitions) {
    const known = all.get(topicId) ?? new Set<number>()
    for (const partition of partitions) known.add(partition)
    all.set(topicId, known)
  }
  const topicPartitions = [...all].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions] }))
  return { ...rest, assignment: { topicPartitions } }
}
