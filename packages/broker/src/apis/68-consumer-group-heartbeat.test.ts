import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  attributesAt,
  compressionOf,
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  errorCode,
  FindCoordinator,
  OffsetCommit,
} from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2' }

async function withTopic(
  more: Readonly<Record<string, string>> = {},
): Promise<{ fixture: BrokerFixture; topicId: string }> {
  const fixture = await BrokerFixture.start({ properties: { ...properties, ...more } })
  const topicId = await fixture.createTopic('t', { partitions: 2 })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return { fixture, topicId }
}

function joining(memberId: string, more: object = {}) {
  return {
    groupId: 'g',
    memberId,
    memberEpoch: 0,
    rebalanceTimeoutMs: 60_000,
    subscribedTopicNames: ['t'],
    topicPartitions: [],
    ...more,
  }
}

describe('ConsumerGroupHeartbeat', () => {
  it('gives the only member all partitions, and takes its commits', async () => {
    const { fixture, topicId } = await withTopic()
    await using _ = fixture
    const joined = await fixture.call(ConsumerGroupHeartbeat, joining('m1'))
    assert.equal(joined.errorCode, 0)
    assert.equal(joined.memberId, 'm1')
    assert.deepEqual(joined.assignment?.topicPartitions, [{ topicId, partitions: [0, 1] }])
    const commit = await fixture.call(OffsetCommit, {
      groupId: 'g',
      memberId: 'm1',
      generationIdOrMemberEpoch: joined.memberEpoch,
      topics: [{ topicId, partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: '' }] }],
    })
    assert.equal(commit.topics[0]?.partitions[0]?.errorCode, 0)
  })

  it('is not served where the protocols that groups may use leave it out', async () => {
    const { fixture } = await withTopic({ 'group.coordinator.rebalance.protocols': 'classic' })
    await using _ = fixture
    const refused = await fixture.call(ConsumerGroupHeartbeat, joining('m1'))
    assert.equal(refused.errorCode, errorCode('UNSUPPORTED_VERSION'))
    const { groups } = await fixture.call(ConsumerGroupDescribe, {
      groupIds: ['g'],
      includeAuthorizedOperations: false,
    })
    assert.equal(groups[0]?.errorCode, errorCode('UNSUPPORTED_VERSION'))
  })

  it('is assigned by batches that are compressed as the config says, and loaded from them', async () => {
    const { fixture: first, topicId } = await withTopic({ 'offsets.topic.compression.codec': '4' })
    const joined = await first.call(ConsumerGroupHeartbeat, joining('m1'))
    assert.deepEqual(joined.assignment?.topicPartitions, [{ topicId, partitions: [0, 1] }])
    const logs = [0, 1].map((index) => first.broker.services.replicas.leader('__consumer_offsets', index))
    const codecs = new Set<string | undefined>()
    for (const log of logs) {
      assert.ok(typeof log !== 'string')
      if (log.log.logEndOffset === 0) continue
      const read = await log.log.read({ fetchOffset: 0, maxBytes: 1, upTo: log.log.logEndOffset, minOneBatch: true })
      assert.ok(read.error === 'NONE')
      codecs.add(compressionOf(attributesAt(Buffer.concat(read.records), 0)))
    }
    assert.deepEqual([...codecs], ['zstd'])
    await first.run(first.broker.stop())
    await using second = await BrokerFixture.start({ properties, environment: first.environment })
    await second.advance(100)
    const beat = await second.call(ConsumerGroupHeartbeat, {
      groupId: 'g',
      memberId: 'm1',
      memberEpoch: joined.memberEpoch,
    })
    assert.equal(beat.errorCode, 0)
  })

  it('finds the topics of a regular expression, once it was resolved', async () => {
    const { fixture, topicId } = await withTopic()
    await using _ = fixture
    const request = joining('m1', { subscribedTopicNames: [], subscribedTopicRegex: '^t$' })
    let beat = await fixture.call(ConsumerGroupHeartbeat, request)
    for (let round = 0; round < 5 && (beat.assignment?.topicPartitions.length ?? 0) === 0; round++) {
      await fixture.advance(2_000)
      const { memberEpoch } = beat
      beat = await fixture.call(ConsumerGroupHeartbeat, { groupId: 'g', memberId: 'm1', memberEpoch })
    }
    assert.deepEqual(beat.assignment?.topicPartitions, [{ topicId, partitions: [0, 1] }])
  })

  it('refuses an expression that is none, and a member of another epoch', async () => {
    const { fixture } = await withTopic()
    await using _ = fixture
    const bad = await fixture.call(ConsumerGroupHeartbeat, joining('m1', { subscribedTopicRegex: '(' }))
    assert.equal(bad.errorCode, errorCode('INVALID_REGULAR_EXPRESSION'))
    await fixture.call(ConsumerGroupHeartbeat, joining('m1'))
    const stale = await fixture.call(ConsumerGroupHeartbeat, { groupId: 'g', memberId: 'm1', memberEpoch: 77 })
    assert.equal(stale.errorCode, errorCode('FENCED_MEMBER_EPOCH'))
  })
})
