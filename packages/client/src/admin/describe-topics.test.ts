import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeTopicPartitions, Metadata } from '@gregor/protocol'
import { ScriptedCluster, adminOf } from './admin-fixture.ts'

const topicId = 'wHz6-Xv5QyKYi4YFrnHFVw'

function partition(partitionIndex: number, leaderId = 1) {
  return {
    errorCode: 0,
    partitionIndex,
    leaderId,
    leaderEpoch: 5,
    replicaNodes: [1, 2],
    isrNodes: [1],
    offlineReplicas: [2],
  }
}

function described(index: number) {
  return {
    partition: index,
    leaderId: 1,
    leaderEpoch: 5,
    replicas: [1, 2],
    inSyncReplicas: [1],
    offlineReplicas: [2],
    eligibleLeaderReplicas: undefined,
    lastKnownEligibleLeaderReplicas: undefined,
  }
}

describe('describeTopics', () => {
  it('puts a topic together from pages', async () => {
    const cluster = new ScriptedCluster().on(DescribeTopicPartitions, ({ cursor }) => {
      const from = cursor?.partitionIndex ?? 0
      const topic = {
        errorCode: 0,
        name: 'b',
        topicId,
        partitions: [{ ...partition(from), eligibleLeaderReplicas: [2], lastKnownElr: [] }],
      }
      if (cursor === null)
        return {
          topics: [{ errorCode: 3, name: 'a', topicId, partitions: [] }, topic],
          nextCursor: { topicName: 'b', partitionIndex: 1 },
        }
      return { topics: [topic], nextCursor: from === 1 ? { topicName: 'b', partitionIndex: 2 } : null }
    })
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeTopics(['b', 'a'], { partitionSizeLimitPerResponse: 1 }))
    assert.throws(() => results.value('a'), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    assert.deepEqual(results.value('b'), {
      name: 'b',
      topicId,
      isInternal: false,
      authorizedOperations: undefined,
      partitions: [0, 1, 2].map((index) => ({
        ...described(index),
        eligibleLeaderReplicas: [2],
        lastKnownEligibleLeaderReplicas: [],
      })),
    })
    assert.deepEqual(
      cluster.asked(DescribeTopicPartitions).map(({ request }) => request),
      [
        { topics: [{ name: 'a' }, { name: 'b' }], responsePartitionLimit: 1, cursor: null },
        { topics: [{ name: 'b' }], responsePartitionLimit: 1, cursor: { topicName: 'b', partitionIndex: 1 } },
        { topics: [{ name: 'b' }], responsePartitionLimit: 1, cursor: { topicName: 'b', partitionIndex: 2 } },
      ],
    )
  })

  it('does not follow pages that go back', async () => {
    const cluster = new ScriptedCluster().on(DescribeTopicPartitions, () => ({
      topics: [],
      nextCursor: { topicName: 'a', partitionIndex: 0 },
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeTopics(['a']))
    assert.equal(results.get('a')?.error?.message, 'the pages of topics do not end')
    assert.equal(cluster.asked(DescribeTopicPartitions).length, 2)
  })

  it('uses Metadata with nodes that have no pages', async () => {
    const cluster = new ScriptedCluster().speaks(DescribeTopicPartitions, -1).on(Metadata, () => ({
      brokers: [],
      topics: [
        {
          errorCode: 0,
          name: 'a',
          topicId,
          isInternal: true,
          partitions: [partition(1), partition(0)],
          topicAuthorizedOperations: (1 << 3) | (1 << 8),
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeTopics(['a'], { includeAuthorizedOperations: true }))
    assert.deepEqual(results.value('a'), {
      name: 'a',
      topicId,
      isInternal: true,
      authorizedOperations: ['READ', 'DESCRIBE'],
      partitions: [described(0), described(1)],
    })
    const [asked] = cluster.asked(Metadata)
    assert.equal(asked?.request.allowAutoTopicCreation, false)
    assert.equal(asked?.request.includeTopicAuthorizedOperations, true)
  })

  it('looks up ids with Metadata, where nodes know ids', async () => {
    const unknownId = 'AAAAAAAAAAAAAAAAAAAAKg'
    const cluster = new ScriptedCluster().on(Metadata, ({ topics }) => ({
      brokers: [],
      topics: (topics ?? []).map((topic) =>
        topic.topicId === topicId
          ? { errorCode: 0, name: 'a', topicId, partitions: [] }
          : { errorCode: 100, name: null, topicId: topic.topicId, partitions: [] },
      ),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeTopics({ ids: [topicId, unknownId] }))
    assert.equal(results.value(topicId).name, 'a')
    assert.throws(() => results.value(unknownId), { code: 'UNKNOWN_TOPIC_ID' })
    cluster.speaks(Metadata, 11)
    const refused = await run(admin.describeTopics({ ids: [topicId] }))
    assert.throws(() => refused.value(topicId), { name: 'UnsupportedVersionError' })
  })
})
