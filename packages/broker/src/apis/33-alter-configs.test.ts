import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resourceTypeCodes } from '@gregor/config'
import { AlterConfigs, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

async function change(
  fixture: BrokerFixture,
  config: { name: string; value: string },
  validateOnly = false,
): Promise<number | undefined> {
  const resource = { resourceType: resourceTypeCodes.topic, resourceName: 't' }
  const { responses } = await fixture.call(AlterConfigs, {
    resources: [{ ...resource, configs: [{ ...config }] }],
    validateOnly,
  })
  return responses[0]?.errorCode
}

describe('AlterConfigs', () => {
  it('changes a topic at once, and forgets what is not named', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t', { configs: { 'segment.bytes': '2097152' } })
    assert.equal(await change(fixture, { name: 'retention.ms', value: '7' }), 0)
    const own = fixture.broker.services.replicas.leader('t', 0)
    assert.ok(typeof own !== 'string')
    assert.equal(own.config.retentionMs, 7)
    assert.equal(own.config.segmentBytes, 1_073_741_824)
  })

  it('only looks where it is asked to validate', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    assert.equal(await change(fixture, { name: 'retention.ms', value: '7' }, true), 0)
    const own = fixture.broker.services.replicas.leader('t', 0)
    assert.ok(typeof own !== 'string')
    assert.notEqual(own.config.retentionMs, 7)
  })

  it('refuses unknown names and bad values, and changes nothing', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    assert.equal(await change(fixture, { name: 'retention', value: '7' }), errorCode('INVALID_CONFIG'))
    assert.equal(await change(fixture, { name: 'retention.ms', value: 'seven' }), errorCode('INVALID_CONFIG'))
  })

  it('refuses configs of a broker that only its file can change', async () => {
    await using fixture = await BrokerFixture.start()
    const resource = { resourceType: resourceTypeCodes.broker, resourceName: '1' }
    const { responses } = await fixture.call(AlterConfigs, {
      resources: [{ ...resource, configs: [{ name: 'log.dirs', value: '/elsewhere' }] }],
      validateOnly: false,
    })
    assert.equal(responses[0]?.errorCode, errorCode('INVALID_REQUEST'))
  })
})
