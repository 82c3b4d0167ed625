import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerHeartbeat, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('BrokerHeartbeat', () => {
  it('tells a broker that it serves, and one from before that it is not meant', async () => {
    await using fixture = await BrokerFixture.start()
    const { image } = fixture.broker.services.metadata
    const request = {
      brokerId: 1,
      brokerEpoch: image.brokers.get(1)?.epoch ?? -1,
      currentMetadataOffset: image.offset ?? 0,
      wantFence: false,
      wantShutDown: false,
    }
    const answer = await fixture.call(BrokerHeartbeat, request, { isOnController: true })
    assert.deepEqual([answer.errorCode, answer.isFenced, answer.shouldShutDown], [0, false, false])
    const stale = await fixture.call(BrokerHeartbeat, { ...request, brokerEpoch: 0 }, { isOnController: true })
    assert.equal(stale.errorCode, errorCode('STALE_BROKER_EPOCH'))
    const nobody = await fixture.call(BrokerHeartbeat, { ...request, brokerId: 9 }, { isOnController: true })
    assert.equal(nobody.errorCode, errorCode('STALE_BROKER_EPOCH'))
  })
})
