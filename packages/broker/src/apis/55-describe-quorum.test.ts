import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeQuorum, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('DescribeQuorum', () => {
  it('tells leader, voters and how far they are', async () => {
    await using fixture = await BrokerFixture.start()
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
    const answer = await fixture.call(DescribeQuorum, { topics })
    assert.equal(answer.errorCode, 0)
    const [partition] = answer.topics[0]?.partitions ?? []
    assert.deepEqual([partition?.leaderId, partition?.currentVoters.map(({ replicaId }) => replicaId)], [1, [1]])
    assert.ok((partition?.highWatermark ?? 0) > 0)
    assert.ok((partition?.currentVoters[0]?.logEndOffset ?? 0) >= (partition?.highWatermark ?? 0))
  })

  it('knows one partition only', async () => {
    await using fixture = await BrokerFixture.start()
    const topics = [{ topicName: 't', partitions: [{ partitionIndex: 0 }] }]
    const answer = await fixture.call(DescribeQuorum, { topics })
    const codes = [answer.errorCode, answer.topics[0]?.partitions[0]?.errorCode]
    assert.ok(codes.includes(errorCode('UNKNOWN_TOPIC_OR_PARTITION')), codes.join(' '))
  })
})
