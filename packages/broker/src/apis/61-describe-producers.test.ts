import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchBuilder, DescribeProducers, Produce, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

/** Of partition 0: id, epoch, last sequence and where its transaction began. */
async function producersOf(fixture: BrokerFixture, name: string): Promise<readonly (readonly number[])[]> {
  const { topics } = await fixture.call(DescribeProducers, { topics: [{ name, partitionIndexes: [0] }] })
  const [partition] = topics[0]?.partitions ?? []
  assert.equal(partition?.errorCode, 0)
  return partition.activeProducers.map(({ producerId, producerEpoch, lastSequence, currentTxnStartOffset }) => [
    producerId,
    producerEpoch,
    lastSequence,
    currentTxnStartOffset,
  ])
}

describe('DescribeProducers', () => {
  it('tells who wrote with which sequence', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    await fixture.produce(topicId, 0, ['nobody in particular'])
    assert.deepEqual(await producersOf(fixture, 't'), [])
    const batch = new BatchBuilder({ producerId: 42, producerEpoch: 3, baseSequence: 0 })
    for (const value of ['a', 'b']) batch.append(null, Buffer.from(value), [], 1_767_225_600_000)
    await fixture.call(Produce, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ topicId, partitionData: [{ index: 0, records: batch.build() }] }],
    })
    assert.deepEqual(await producersOf(fixture, 't'), [[42, 3, 1, -1]])
  })

  it('refuses topics that are not there, and names that are not legal', async () => {
    await using fixture = await BrokerFixture.start()
    const topics = ['nobody', 'a/b'].map((name) => ({ name, partitionIndexes: [0] }))
    const answer = await fixture.call(DescribeProducers, { topics })
    assert.deepEqual(
      answer.topics.map(({ partitions }) => partitions[0]?.errorCode),
      [errorCode('UNKNOWN_TOPIC_OR_PARTITION'), errorCode('INVALID_TOPIC_EXCEPTION')],
    )
  })
})
