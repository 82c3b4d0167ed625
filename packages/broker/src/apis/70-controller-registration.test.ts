import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ControllerRegistration } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('ControllerRegistration', () => {
  it('keeps where a controller listens', async () => {
    await using fixture = await BrokerFixture.start()
    const answer = await fixture.call(
      ControllerRegistration,
      {
        controllerId: 1,
        incarnationId: 'AAAAAAAAAAAAAAAAAAA01A',
        zkMigrationReady: false,
        listeners: [{ name: 'CONTROLLER', host: 'one', port: 9093, securityProtocol: 0 }],
        features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 99 }],
      },
      { isOnController: true },
    )
    assert.equal(answer.errorCode, 0)
    const endpoint = fixture.broker.services.metadata.image.controllers.get(1)?.listeners.get('CONTROLLER')
    assert.deepEqual([endpoint?.host, endpoint?.port], ['one', 9093])
  })
})
