import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import type { ProduceResponse } from '@gregor/protocol'
import { type PartitionAnswer, type ProducedBatch, answersFor } from './produce-exchange.ts'
import { BufferPool } from './buffer-pool.ts'
import { ProducerBatch } from './producer-batch.ts'
import { TopicQueues } from './topic-queues.ts'

const idOfA = 'AAAAAAAAAAAAAAAAAAAAAw'
const partition = {
  error: 'NONE',
  leaderId: 1,
  leaderEpoch: 0,
  replicas: [],
  inSyncReplicas: [],
  offlineReplicas: [],
} as const

function topic(name: string, topicId: string): TopicQueues {
  const queues = new TopicQueues(name)
  const partitions = [0, 1].map((index) => ({ ...partition, partition: index }))
  queues.learn({ name, topicId, isInternal: false, error: 'NONE', partitions })
  return queues
}

function batchOf(topic: TopicQueues, index: number): ProducedBatch {
  const birth = { ordinal: 1, createdAtMs: 0, expectedBytes: 0, pool: new BufferPool(0) }
  return { queue: topic.queue(index), batch: new ProducerBatch(birth), bytes: Buffer.alloc(0) }
}

function answer(index: number, baseOffset: number): PartitionAnswer {
  return {
    index,
    errorCode: 0,
    baseOffset,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    recordErrors: [],
    errorMessage: null,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
  }
}

function offsets(batches: readonly ProducedBatch[], responses: ProduceResponse['responses']): readonly unknown[] {
  const response = { responses, throttleTimeMs: 0, nodeEndpoints: [] }
  return answersFor(batches, response).map((found) => found?.baseOffset)
}

describe('answersFor', () => {
  const [a, b] = [topic('a', idOfA), topic('b', ZERO_UUID)]
  const batches = [batchOf(a, 0), batchOf(a, 1), batchOf(b, 1)]
  const ofA = { name: '', topicId: idOfA }
  const ofB = { name: 'b', topicId: ZERO_UUID }

  it('finds answers by topic id or name, in whatever order they come', () => {
    const inOrder = [
      { ...ofA, partitionResponses: [answer(0, 10), answer(1, 11)] },
      { ...ofB, partitionResponses: [answer(1, 21)] },
    ]
    assert.deepEqual(offsets(batches, inOrder), [10, 11, 21])
    const others = [
      { ...ofB, partitionResponses: [answer(1, 21)] },
      { ...ofA, partitionResponses: [answer(1, 11), answer(0, 10)] },
    ]
    assert.deepEqual(offsets(batches, others), [10, 11, 21])
  })

  it('knows nothing of a batch that an answer leaves out', () => {
    assert.deepEqual(offsets(batches, [{ ...ofA, partitionResponses: [answer(0, 10)] }]), [10, undefined, undefined])
    assert.deepEqual(offsets(batches, [{ ...ofA, partitionResponses: [answer(1, 11)] }]), [undefined, 11, undefined])
    assert.deepEqual(offsets(batches, []), [undefined, undefined, undefined])
  })
})
