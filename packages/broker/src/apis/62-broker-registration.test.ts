import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerRegistration, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('BrokerRegistration', () => {
  it('gives a broker its epoch, and refuses one of another cluster', async () => {
    await using fixture = await BrokerFixture.start()
    const { clusterId, metadata } = fixture.broker.services
    const request = {
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
    const answer = await fixture.call(BrokerRegistration, request, { isOnController: true })
    assert.equal(answer.errorCode, 0)
    assert.equal(metadata.image.brokers.get(5)?.epoch, answer.brokerEpoch)
    const other = await fixture.call(BrokerRegistration, { ...request, clusterId: 'other' }, { isOnController: true })
    assert.equal(other.errorCode, errorCode('INCONSISTENT_CLUSTER_ID'))
  })
})
