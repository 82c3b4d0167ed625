import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AlterPartition, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('AlterPartition', () => {
  it('answers the leader that reports what is so already, and fences one from before', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    const { image } = fixture.broker.services.metadata
    const brokerEpoch = image.brokers.get(1)?.epoch ?? -1
    const [partition] = image.topics.byName.get('t')?.partitions ?? []
    const report = {
      partitionIndex: 0,
      leaderEpoch: partition?.leaderEpoch ?? -1,
      newIsrWithEpochs: [{ brokerId: 1, brokerEpoch }],
      partitionEpoch: partition?.partitionEpoch ?? -1,
    }
    const request = { brokerId: 1, brokerEpoch, topics: [{ topicId, partitions: [report] }] }
    const same = await fixture.call(AlterPartition, request, { isOnController: true })
    assert.deepEqual([same.errorCode, same.topics[0]?.partitions[0]?.isr], [0, [1]])
    const stale = await fixture.call(AlterPartition, { ...request, brokerEpoch: 0 }, { isOnController: true })
    assert.equal(stale.errorCode, errorCode('STALE_BROKER_EPOCH'))
  })

  it('is not for clients', async () => {
    await using fixture = await BrokerFixture.start()
    const request = { brokerId: 1, brokerEpoch: 0, topics: [] }
    await assert.rejects(fixture.call(AlterPartition, request), /close/)
  })
})
