import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AllocateProducerIds, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('AllocateProducerIds', () => {
  it('gives blocks that do not overlap, and none to a broker from before', async () => {
    await using fixture = await BrokerFixture.start()
    const brokerEpoch = fixture.broker.services.metadata.image.brokers.get(1)?.epoch ?? -1
    const request = { brokerId: 1, brokerEpoch }
    const first = await fixture.call(AllocateProducerIds, request, { isOnController: true })
    const second = await fixture.call(AllocateProducerIds, request, { isOnController: true })
    assert.deepEqual([first.errorCode, second.errorCode, first.producerIdLen], [0, 0, 1000])
    assert.ok(second.producerIdStart >= first.producerIdStart + first.producerIdLen)
    const stale = await fixture.call(AllocateProducerIds, { ...request, brokerEpoch: 0 }, { isOnController: true })
    assert.equal(stale.errorCode, errorCode('STALE_BROKER_EPOCH'))
  })
})
