import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FindCoordinator, OffsetCommit, OffsetFetch } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withTopic(): Promise<{ fixture: BrokerFixture; topicId: string }> {
  const fixture = await BrokerFixture.start({ properties })
  const topicId = await fixture.createTopic('t', { partitions: 2 })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return { fixture, topicId }
}

function partition(partitionIndex: number, committedOffset: number) {
  return { partitionIndex, committedOffset, committedMetadata: 'm' }
}

describe('OffsetFetch', () => {
  it('finds what was committed, by id and by name, in all versions', async () => {
    const { fixture, topicId } = await withTopic()
    await using _ = fixture
    const commit = await fixture.call(OffsetCommit, {
      groupId: 'g',
      memberId: '',
      topics: [{ topicId, partitions: [partition(0, 42)] }],
    })
    assert.deepEqual(commit.topics[0]?.partitions, [{ partitionIndex: 0, errorCode: 0 }])
    for (const version of [8, 9, 10]) {
      const asked = version === 10 ? { topicId } : { name: 't' }
      const groups = [{ groupId: 'g', topics: [{ ...asked, partitionIndexes: [0, 1] }] }]
      const fetched = await fixture.call(OffsetFetch, { groups }, { version })
      assert.deepEqual(
        fetched.groups[0]?.topics[0]?.partitions.map(({ committedOffset, metadata }) => [committedOffset, metadata]),
        [
          [42, 'm'],
          [-1, ''],
        ],
        `version ${version}`,
      )
    }
    for (const version of [1, 2, 5, 7]) {
      const topics = [{ name: 't', partitionIndexes: [0] }]
      const fetched = await fixture.call(OffsetFetch, { groupId: 'g', topics }, { version })
      assert.equal(fetched.topics[0]?.partitions[0]?.committedOffset, 42, `version ${version}`)
    }
    const all = await fixture.call(OffsetFetch, { groups: [{ groupId: 'g', topics: null }] }, { version: 8 })
    assert.deepEqual(
      all.groups[0]?.topics.map(({ name }) => name),
      ['t'],
    )
    const allById = await fixture.call(OffsetFetch, { groups: [{ groupId: 'g', topics: null }] }, { version: 10 })
    assert.deepEqual(
      allById.groups[0]?.topics.map((topic) => topic.topicId),
      [topicId],
    )
  })
})
