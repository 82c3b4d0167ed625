import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerRegistration, UnregisterBroker, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('UnregisterBroker', () => {
  it('forgets a broker, and says which is not there', async () => {
    await using fixture = await BrokerFixture.start()
    const { clusterId, metadata } = fixture.broker.services
    const registration = {
      brokerId: 5,
      clusterId,
      incarnationId: 'AAAAAAAAAAAAAAAAAAA05A',
      listeners: [{ name: 'PLAINTEXT', host: 'five', port: 9092, securityProtocol: 0 }],
      // What is finalized must be known to every broker.
      features: ['metadata.version', 'kraft.version', ...metadata.image.features.levels.keys()].map((name) => ({
        name,
        minSupportedVersion: 0,
        maxSupportedVersion: 99,
      })),
      rack: null,
      logDirs: ['AAAAAAAAAAAAAAAAAAA06A'],
    }
    await fixture.call(BrokerRegistration, registration, { isOnController: true })
    assert.ok(metadata.image.brokers.has(5))
    assert.equal((await fixture.call(UnregisterBroker, { brokerId: 5 })).errorCode, 0)
    assert.ok(!metadata.image.brokers.has(5))
    const again = await fixture.call(UnregisterBroker, { brokerId: 5 })
    assert.equal(again.errorCode, errorCode('BROKER_ID_NOT_REGISTERED'))
  })
})
