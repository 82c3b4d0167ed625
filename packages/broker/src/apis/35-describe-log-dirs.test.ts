import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeLogDirs, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('DescribeLogDirs', () => {
  it('tells each directory with its logs, their sizes, and the room that is left', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t', { partitions: 2 })
    await fixture.createTopic('u')
    await fixture.produce(topicId, 1, ['a'])
    const { results } = await fixture.call(DescribeLogDirs, { topics: [{ topic: 't', partitions: [1] }] })
    assert.deepEqual(
      results.map(({ logDir, errorCode: code }) => [logDir, code]),
      [['/gregor', 0]],
    )
    const [directory] = results
    assert.deepEqual(
      directory?.topics.map(({ name, partitions }) => [name, partitions.map(({ partitionIndex }) => partitionIndex)]),
      [['t', [1]]],
    )
    assert.ok((directory?.topics[0]?.partitions[0]?.partitionSize ?? 0) > 0)
    assert.ok((directory?.totalBytes ?? 0) >= (directory?.usableBytes ?? 1))
  })

  it('refuses whoever may not describe the cluster', async () => {
    await using fixture = await BrokerFixture.start({
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:admin',
      },
    })
    const answer = await fixture.call(DescribeLogDirs, { topics: null })
    assert.deepEqual([answer.errorCode, answer.results], [errorCode('CLUSTER_AUTHORIZATION_FAILED'), []])
  })
})
