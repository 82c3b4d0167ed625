import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeTopicPartitions, errorCode } from '@gregor/protocol'
import type { ResponseOf } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('DescribeTopicPartitions', () => {
  it('tells topics page by page, until there is no next one', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('b', { partitions: 2 })
    await fixture.createTopic('a', { partitions: 3 })
    const pages: string[][] = []
    let cursor: { topicName: string; partitionIndex: number } | null = null
    do {
      const page: ResponseOf<typeof DescribeTopicPartitions> = await fixture.call(DescribeTopicPartitions, {
        topics: [],
        responsePartitionLimit: 2,
        cursor,
      })
      pages.push(
        page.topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, leaderId }) => `${name}-${partitionIndex}@${leaderId}`),
        ),
      )
      cursor = page.nextCursor
    } while (cursor !== null)
    assert.deepEqual(pages, [['a-0@1', 'a-1@1'], ['a-2@1', 'b-0@1'], ['b-1@1']])
  })

  it('says which of those that were named are not there, and refuses a cursor that is none', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const { topics } = await fixture.call(DescribeTopicPartitions, {
      topics: [{ name: 't' }, { name: 'nobody' }],
      responsePartitionLimit: 10,
      cursor: null,
    })
    assert.deepEqual(
      topics.map(({ name, errorCode: code }) => [name, code]),
      [
        ['nobody', errorCode('UNKNOWN_TOPIC_OR_PARTITION')],
        ['t', 0],
      ],
    )
    const refused = await fixture.call(DescribeTopicPartitions, {
      topics: [{ name: 't' }],
      cursor: { topicName: 't', partitionIndex: -1 },
    })
    assert.equal(refused.topics[0]?.errorCode, errorCode('INVALID_REQUEST'))
  })
})
