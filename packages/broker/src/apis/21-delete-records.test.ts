import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteRecords, ListOffsets, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

/** The error, and the low watermark. */
async function deleteBefore(fixture: BrokerFixture, name: string, offset: number): Promise<readonly unknown[]> {
  const { topics } = await fixture.call(DeleteRecords, {
    topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }],
    timeoutMs: 1000,
  })
  const [partition] = topics[0]?.partitions ?? []
  return [partition?.errorCode, partition?.lowWatermark]
}

describe('DeleteRecords', () => {
  it('moves the log start, and -1 means all that is committed', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    await fixture.produce(topicId, 0, ['a', 'b', 'c'])
    assert.deepEqual(await deleteBefore(fixture, 't', 1), [0, 1])
    const { topics } = await fixture.call(ListOffsets, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
    })
    assert.equal(topics[0]?.partitions[0]?.offset, 1)
    assert.deepEqual(await deleteBefore(fixture, 't', -1), [0, 3])
  })

  it('refuses what lies past the end, topics that only compact, internal ones, and unknown ones', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    await fixture.createTopic('compacted', { configs: { 'cleanup.policy': 'compact' } })
    assert.deepEqual(await deleteBefore(fixture, 't', 5), [errorCode('OFFSET_OUT_OF_RANGE'), -1])
    assert.deepEqual(await deleteBefore(fixture, 'compacted', 0), [errorCode('POLICY_VIOLATION'), -1])
    assert.deepEqual(await deleteBefore(fixture, '__consumer_offsets', 0), [errorCode('INVALID_TOPIC_EXCEPTION'), -1])
    assert.deepEqual(await deleteBefore(fixture, 'nobody', 0), [errorCode('UNKNOWN_TOPIC_OR_PARTITION'), -1])
  })
})
