import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configSourceCodes, resourceTypeCodes } from '@gregor/config'
import { DescribeConfigs, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

/** Name → value and source. */
async function configsOf(
  fixture: BrokerFixture,
  resourceType: number,
  resourceName: string,
): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const resources = [{ resourceType, resourceName, configurationKeys: null }]
  const { results } = await fixture.call(DescribeConfigs, { resources })
  assert.equal(results[0]?.errorCode, 0)
  return new Map(results[0].configs.map(({ name, value, configSource }) => [name, [value, configSource]]))
}

describe('DescribeConfigs', () => {
  it('tells a topic’s configs with where each comes from', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'log.retention.ms': '1000' } })
    await fixture.createTopic('t', { configs: { 'segment.bytes': '2097152' } })
    const configs = await configsOf(fixture, resourceTypeCodes.topic, 't')
    assert.deepEqual(configs.get('segment.bytes'), ['2097152', configSourceCodes.topic])
    assert.deepEqual(configs.get('retention.ms'), ['1000', configSourceCodes.static])
    assert.deepEqual(configs.get('cleanup.policy'), ['delete', configSourceCodes.default])
  })

  it('tells only the names that were asked for, with synonyms and documentation on request', async () => {
    await using fixture = await BrokerFixture.start()
    const { results } = await fixture.call(DescribeConfigs, {
      resources: [
        { resourceType: resourceTypeCodes.broker, resourceName: '1', configurationKeys: ['log.retention.hours'] },
      ],
      includeSynonyms: true,
      includeDocumentation: true,
    })
    const [config, ...others] = results[0]?.configs ?? []
    assert.deepEqual([config?.name, others], ['log.retention.hours', []])
    assert.ok((config?.synonyms.length ?? 0) > 0)
    assert.ok((config?.documentation ?? '').length > 0)
  })

  it('never tells a password', async () => {
    const properties = { 'ssl.keystore.password': 'hunter2' }
    await using fixture = await BrokerFixture.start({ properties })
    const configs = await configsOf(fixture, resourceTypeCodes.broker, '1')
    assert.equal(configs.get('ssl.keystore.password')?.[0], null)
  })

  it('refuses other nodes, unknown topics and unknown types', async () => {
    await using fixture = await BrokerFixture.start()
    const { results } = await fixture.call(DescribeConfigs, {
      resources: [
        { resourceType: resourceTypeCodes.broker, resourceName: '7', configurationKeys: null },
        { resourceType: resourceTypeCodes.topic, resourceName: 'nobody', configurationKeys: null },
        { resourceType: 99, resourceName: 'x', configurationKeys: null },
      ],
    })
    assert.deepEqual(
      results.map(({ errorCode: code }) => code),
      [errorCode('INVALID_REQUEST'), errorCode('UNKNOWN_TOPIC_OR_PARTITION'), errorCode('INVALID_REQUEST')],
    )
  })
})
