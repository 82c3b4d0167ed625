import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AlterShareGroupOffsets,
  DeleteShareGroupOffsets,
  DescribeShareGroupOffsets,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
} from '@gregor/protocol'
import { adminOf, withCoordinators } from './admin-fixture.ts'

const topicId = 'wHz6-Xv5QyKYi4YFrnHFVw'
const unstable = 88
const a0 = { topic: 'a', partition: 0 }
const a1 = { topic: 'a', partition: 1 }

function fetched(partitionIndex: number, committedOffset: number, errorCode = 0) {
  return { partitionIndex, committedOffset, committedLeaderEpoch: -1, metadata: 'm', errorCode }
}

describe('listConsumerGroupOffsets', () => {
  it('asks for many groups at once, by name, and tells where there is no offset', async () => {
    const cluster = withCoordinators().on(OffsetFetch, () => ({
      groups: [
        { groupId: 'g', topics: [{ name: 'a', partitions: [fetched(0, 5), fetched(1, -1), fetched(2, -1, 29)] }] },
        { groupId: 'h', topics: [], errorCode: 30 },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(
      admin.listConsumerGroupOffsets([{ groupId: 'g', partitions: [a0, a1] }, { groupId: 'h' }], {
        requireStable: true,
      }),
    )
    const offsets = results.value('g')
    assert.deepEqual(offsets.value(a0), { offset: 5, metadata: 'm', leaderEpoch: undefined })
    assert.equal(offsets.value(a1), undefined)
    assert.throws(() => offsets.value({ topic: 'a', partition: 2 }), { code: 'TOPIC_AUTHORIZATION_FAILED' })
    assert.throws(() => results.value('h'), { code: 'GROUP_AUTHORIZATION_FAILED' })
    const [asked] = cluster.asked(OffsetFetch)
    assert.equal(asked?.version, 9)
    assert.equal(asked.request.requireStable, true)
    assert.deepEqual(
      asked.request.groups.map(({ groupId, topics }) => [
        groupId,
        topics?.map(({ name, partitionIndexes }) => [name, partitionIndexes]),
      ]),
      [
        ['g', [['a', [0, 1]]]],
        ['h', undefined],
      ],
    )
  })

  it('asks for one group at a time where the node can do no other', async () => {
    const cluster = withCoordinators()
      .speaks(OffsetFetch, 7)
      .on(OffsetFetch, ({ groupId }) => ({
        topics: groupId === 'g' ? [{ name: 'a', partitions: [fetched(0, 5)] }] : [],
        errorCode: groupId === 'g' ? 0 : 30,
      }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.listConsumerGroupOffsets([{ groupId: 'g' }, { groupId: 'h' }]))
    assert.equal(results.value('g').value(a0)?.offset, 5)
    assert.throws(() => results.value('h'), { code: 'GROUP_AUTHORIZATION_FAILED' })
  })

  it('waits for an open transaction that may change an offset', async () => {
    let count = 0
    const cluster = withCoordinators().on(OffsetFetch, () => {
      count++
      const partition = count === 1 ? fetched(0, -1, unstable) : fetched(0, 9)
      return { groups: [{ groupId: 'g', topics: [{ name: 'a', partitions: [partition] }] }] }
    })
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.listConsumerGroupOffsets([{ groupId: 'g' }], { requireStable: true }))
    assert.equal(results.value('g').value(a0)?.offset, 9)
  })
})

describe('alterConsumerGroupOffsets', () => {
  it('commits as nobody of the group, and gives each partition its outcome', async () => {
    const cluster = withCoordinators().on(OffsetCommit, () => ({
      topics: [
        {
          name: 'a',
          partitions: [
            { partitionIndex: 0, errorCode: 0 },
            { partitionIndex: 1, errorCode: 3 },
          ],
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const offsets = [
      { ...a0, offset: 5, metadata: 'm', leaderEpoch: 2 },
      { ...a1, offset: 6 },
    ]
    const results = await run(admin.alterConsumerGroupOffsets('g', offsets, { timeoutMs: 500 }))
    assert.equal(results.get(a0)?.error, undefined)
    assert.throws(() => results.value(a1), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    const [asked] = cluster.asked(OffsetCommit)
    assert.deepEqual([asked?.version, asked?.request.memberId, asked?.request.generationIdOrMemberEpoch], [9, '', -1])
    assert.deepEqual(asked?.request.topics[0]?.partitions, [
      { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: 2, commitTimestamp: -1, committedMetadata: 'm' },
      { partitionIndex: 1, committedOffset: 6, committedLeaderEpoch: -1, commitTimestamp: -1, committedMetadata: '' },
    ])
  })
})

describe('deleteConsumerGroupOffsets', () => {
  it('gives each partition its outcome, or that of the group', async () => {
    let errorCode = 0
    const cluster = withCoordinators().on(OffsetDelete, () => ({
      errorCode,
      topics: [
        {
          name: 'a',
          partitions: [
            { partitionIndex: 0, errorCode: 0 },
            { partitionIndex: 1, errorCode: 86 },
          ],
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.deleteConsumerGroupOffsets('g', [a0, a1]))
    assert.equal(results.get(a0)?.error, undefined)
    assert.throws(() => results.value(a1), { code: 'GROUP_SUBSCRIBED_TO_TOPIC' })
    errorCode = 69
    const none = await run(admin.deleteConsumerGroupOffsets('g', [a0]))
    assert.throws(() => none.value(a0), { code: 'GROUP_ID_NOT_FOUND' })
  })
})

describe('offsets of share groups', () => {
  it('are listed with their lag', async () => {
    const cluster = withCoordinators().on(DescribeShareGroupOffsets, () => ({
      groups: [
        {
          groupId: 'g',
          errorCode: 0,
          topics: [
            {
              topicName: 'a',
              topicId,
              partitions: [
                { partitionIndex: 0, startOffset: 4, leaderEpoch: -1, lag: 2, errorCode: 0 },
                { partitionIndex: 1, startOffset: -1, leaderEpoch: 1, errorCode: 3 },
              ],
            },
          ],
        },
        { groupId: 'h', errorCode: 69, errorMessage: 'none', topics: [] },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.listShareGroupOffsets([{ groupId: 'g', partitions: [a0, a1] }, { groupId: 'h' }]))
    assert.deepEqual(results.value('g').value(a0), { startOffset: 4, leaderEpoch: undefined, lag: 2 })
    assert.throws(() => results.value('g').value(a1), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    assert.throws(() => results.value('h'), { message: 'none' })
    assert.deepEqual(
      cluster.asked(DescribeShareGroupOffsets)[0]?.request.groups.map(({ topics }) => topics),
      [[{ topicName: 'a', partitions: [0, 1] }], null],
    )
  })

  it('are moved', async () => {
    const cluster = withCoordinators().on(AlterShareGroupOffsets, () => ({
      errorCode: 0,
      responses: [
        {
          topicName: 'a',
          topicId,
          partitions: [
            { partitionIndex: 0, errorCode: 0 },
            { partitionIndex: 1, errorCode: 68, errorMessage: 'busy' },
          ],
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const offsets = [
      { ...a0, startOffset: 3 },
      { ...a1, startOffset: 4 },
    ]
    const results = await run(admin.alterShareGroupOffsets('g', offsets))
    assert.equal(results.get(a0)?.error, undefined)
    assert.throws(() => results.value(a1), { message: 'busy' })
    assert.deepEqual(cluster.asked(AlterShareGroupOffsets)[0]?.request.topics, [
      {
        topicName: 'a',
        partitions: [
          { partitionIndex: 0, startOffset: 3 },
          { partitionIndex: 1, startOffset: 4 },
        ],
      },
    ])
  })

  it('are removed by topic', async () => {
    const cluster = withCoordinators().on(DeleteShareGroupOffsets, () => ({
      errorCode: 0,
      responses: [
        { topicName: 'a', topicId, errorCode: 0 },
        { topicName: 'b', topicId, errorCode: 3 },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.deleteShareGroupOffsets('g', ['a', 'b'], { timeoutMs: 300 }))
    assert.equal(results.get('a')?.error, undefined)
    assert.throws(() => results.value('b'), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
  })
})
