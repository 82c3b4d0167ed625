import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, FindCoordinator, OffsetCommit, OffsetFetch } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { joinAlone } from './group-member-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }
const nowhere = 'BBBBBBBBBBBBBBBBBBBBBA'

async function withTopic(): Promise<{ fixture: BrokerFixture; topicId: string }> {
  const fixture = await BrokerFixture.start({ properties })
  const topicId = await fixture.createTopic('t', { partitions: 2 })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return { fixture, topicId }
}

function partition(partitionIndex: number, committedOffset: number) {
  return { partitionIndex, committedOffset, committedMetadata: 'm' }
}

describe('OffsetCommit', () => {
  it('commits by name in the old versions', async () => {
    const { fixture } = await withTopic()
    await using _ = fixture
    for (const version of [1, 2, 6, 9]) {
      const topics = [{ name: 't', partitions: [partition(1, version)] }]
      const commit = await fixture.call(OffsetCommit, { groupId: 'g', memberId: '', topics }, { version })
      assert.deepEqual(commit.topics[0]?.partitions, [{ partitionIndex: 1, errorCode: 0 }], `version ${version}`)
    }
  })

  it('waits for the disk where the log must be synced first', async () => {
    const synced = { ...properties, 'log.flush.interval.messages': '1' }
    await using fixture = await BrokerFixture.start({ properties: synced })
    const topicId = await fixture.createTopic('t', { partitions: 2 })
    await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    const topics = [{ topicId, partitions: [partition(0, 1), partition(9, 1)] }]
    const commit = await fixture.call(OffsetCommit, { groupId: 'g', memberId: '', topics })
    assert.deepEqual(
      commit.topics[0]?.partitions.map(({ errorCode: code }) => code),
      [0, errorCode('UNKNOWN_TOPIC_OR_PARTITION')],
    )
  })

  it('says which topics and partitions are not there, and commits the others', async () => {
    const { fixture, topicId } = await withTopic()
    await using _ = fixture
    const commit = await fixture.call(OffsetCommit, {
      groupId: 'g',
      memberId: '',
      topics: [
        { topicId, partitions: [partition(0, 1), partition(9, 1)] },
        { topicId: nowhere, partitions: [partition(0, 1)] },
        { topicId, partitions: [] },
      ],
    })
    assert.deepEqual(
      commit.topics.map(({ partitions }) => partitions.map(({ errorCode: code }) => code)),
      [[0, errorCode('UNKNOWN_TOPIC_OR_PARTITION')], [errorCode('UNKNOWN_TOPIC_ID')]],
    )
  })

  it('refuses a member of another generation, and remembers across a restart', async () => {
    const { fixture: first, topicId } = await withTopic()
    const { memberId, generationId } = await joinAlone(first, 'g')
    const request = (generation: number, offset: number) => ({
      groupId: 'g',
      generationIdOrMemberEpoch: generation,
      memberId,
      topics: [{ topicId, partitions: [partition(0, offset)] }],
    })
    const good = await first.call(OffsetCommit, request(generationId, 7))
    const bad = await first.call(OffsetCommit, request(generationId + 1, 8))
    assert.equal(good.topics[0]?.partitions[0]?.errorCode, 0)
    assert.equal(bad.topics[0]?.partitions[0]?.errorCode, errorCode('ILLEGAL_GENERATION'))
    await first.run(first.broker.stop())
    await using fixture = await BrokerFixture.start({ properties, environment: first.environment })
    await fixture.advance(100)
    const fetched = await fixture.call(OffsetFetch, {
      groups: [{ groupId: 'g', topics: [{ topicId, partitionIndexes: [0] }] }],
    })
    assert.equal(fetched.groups[0]?.topics[0]?.partitions[0]?.committedOffset, 7)
  })
})
