import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, FindCoordinator, OffsetCommit, OffsetDelete } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withGroups(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ properties })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return fixture
}

describe('OffsetDelete', () => {
  it('forgets offsets of topics nobody reads, and says which topics are not there', async () => {
    await using fixture = await withGroups()
    const topicId = await fixture.createTopic('t')
    const committed = [{ partitionIndex: 0, committedOffset: 3, committedMetadata: null }]
    await fixture.call(OffsetCommit, { groupId: 'g', memberId: '', topics: [{ topicId, partitions: committed }] })
    const topics = [
      { name: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 8 }] },
      { name: 'missing', partitions: [{ partitionIndex: 0 }] },
    ]
    const answer = await fixture.call(OffsetDelete, { groupId: 'g', topics })
    assert.equal(answer.errorCode, 0)
    assert.deepEqual(
      answer.topics.map(({ name, partitions }) => [name, ...partitions.map(({ errorCode: code }) => code)]),
      [
        ['t', 0, errorCode('UNKNOWN_TOPIC_OR_PARTITION')],
        ['missing', errorCode('UNKNOWN_TOPIC_OR_PARTITION')],
      ],
    )
  })

  it('refuses a group without a name', async () => {
    await using fixture = await withGroups()
    const answer = await fixture.call(OffsetDelete, { groupId: '', topics: [] })
    assert.equal(answer.errorCode, errorCode('INVALID_GROUP_ID'))
  })
})
