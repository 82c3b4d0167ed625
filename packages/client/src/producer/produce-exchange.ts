/**
 * One Produce request: batches of different partitions, all led by one node, and what the answer says of each. No I/O and
 * no state: what an answer means for a batch is for `Sequences` and the sender.
 */
import { ZERO_UUID } from '@gregor/base'
import {
  type Produce,
  type ProduceResponse,
  type ProtocolError,
  type RequestInput,
  errorMessage,
  errorName,
} from '@gregor/protocol'
import type { LeaderHint } from '../cluster/cluster.ts'
import { KafkaError } from '../errors.ts'
import type { ProducerBatch, RecordFailures } from './producer-batch.ts'
import type { PartitionQueue } from './topic-queues.ts'

/** A batch in a request. */
export interface ProducedBatch {
  readonly queue: PartitionQueue
  readonly batch: ProducerBatch
  /** With its header. */
  readonly bytes: Buffer
}

export interface ProduceTerms {
  readonly transactionalId: string | undefined
  readonly acks: -1 | 0 | 1
  /** How long the leader may wait for its replicas. */
  readonly timeoutMs: number
}

/** What an answer says of one partition. */
export type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]

/** Topics of ids (version 13) take their names along: an older node reads those. */
export function produceRequest(
  batches: readonly ProducedBatch[],
  { transactionalId, acks, timeoutMs }: ProduceTerms,
): RequestInput<typeof Produce> {
  interface TopicData {
    readonly name: string
    readonly topicId: string
    readonly partitionData: { readonly index: number; readonly records: Buffer }[]
  }
  const topics = new Map<string, TopicData>()
  for (const { queue, bytes } of batches) {
    const { name, metadata } = queue.topic
    let topic = topics.get(name)
    if (topic === undefined) {
      topic = { name, topicId: metadata?.topicId ?? ZERO_UUID, partitionData: [] }
      topics.set(name, topic)
    }
    topic.partitionData.push({ index: queue.partition, records: bytes })
  }
  return { transactionalId: transactionalId ?? null, acks, timeoutMs, topicData: [...topics.values()] }
}

/** Whether the cluster named ids for all topics: without, version 13 cannot be sent. */
export function haveTopicIds(batches: readonly ProducedBatch[]): boolean {
  return batches.every(({ queue }) => (queue.topic.metadata?.topicId ?? ZERO_UUID) !== ZERO_UUID)
}

/** What the answer says of each batch of the request; `undefined` where it leaves one out. */
export function answersFor(
  batches: readonly ProducedBatch[],
  { responses }: ProduceResponse,
): readonly (PartitionAnswer | undefined)[] {
  const answers: (PartitionAnswer | undefined)[] = []
  // In the order of the request, as a rule.
  for (const { name, topicId, partitionResponses } of responses) {
    for (const answer of partitionResponses) {
      const asked = batches[answers.length]
      if (asked === undefined || !isOf(asked.queue, name, topicId, answer.index)) return sought(batches, responses)
      answers.push(answer)
    }
  }
  return answers.length === batches.length ? answers : sought(batches, responses)
}

function sought(
  batches: readonly ProducedBatch[],
  responses: ProduceResponse['responses'],
): readonly (PartitionAnswer | undefined)[] {
  return batches.map(({ queue }) => {
    for (const { name, topicId, partitionResponses } of responses) {
      const answer = partitionResponses.find(({ index }) => isOf(queue, name, topicId, index))
      if (answer !== undefined) return answer
    }
    return undefined
  })
}

function isOf({ topic, partition }: PartitionQueue, name: string, topicId: string, index: number): boolean {
  if (partition !== index) return false
  return topicId === ZERO_UUID ? name === topic.name : topicId === topic.metadata?.topicId
}

/** A newer leader that the answer names (KIP-951). */
export function leaderHint(queue: PartitionQueue, { currentLeader }: PartitionAnswer): LeaderHint | undefined {
  const { leaderId, leaderEpoch } = currentLeader
  if (leaderId < 0 || leaderEpoch < 0) return undefined
  return { topic: queue.topic.name, partition: queue.partition, leaderId, leaderEpoch }
}

/** As an error to throw: with what the node wrote, where it did. */
export function errorOf(queue: PartitionQueue, code: ProtocolError, message: string | null): KafkaError {
  const about = `topic ${queue.topic.name}, partition ${queue.partition}`
  return new KafkaError({ code, about, message: message ?? undefined })
}

/**
 * Of single records (KIP-467): those the answer names are refused for what it says, the others only for being in their
 * company. `undefined` where it names none.
 */
export function recordFailures(queue: PartitionQueue, answer: PartitionAnswer): RecordFailures | undefined {
  if (answer.recordErrors.length === 0) return undefined
  const batchCode = errorName(answer.errorCode)
  // With one refused record the code is about that record; with several, only their messages tell them apart.
  const code = answer.recordErrors.length === 1 ? batchCode : 'INVALID_RECORD'
  const errors = new Map<number, Error>()
  for (const { batchIndex, batchIndexErrorMessage } of answer.recordErrors) {
    const message = batchIndexErrorMessage ?? answer.errorMessage ?? errorMessage(batchCode)
    errors.set(batchIndex, errorOf(queue, code, message))
  }
  const message = 'Not written, as other records of its batch were refused. Send it again.'
  return { errors, other: errorOf(queue, batchCode, message) }
}
