import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeConfigs, IncrementalAlterConfigs } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const [topic, broker] = [2, 4] as const

async function set(
  fixture: BrokerFixture,
  type: number,
  resource: string,
  name: string,
  value: string | null,
): Promise<void> {
  const configs = [{ name, configOperation: value === null ? 1 : 0, value }]
  const resources = [{ resourceType: type, resourceName: resource, configs }]
  const { responses } = await fixture.call(IncrementalAlterConfigs, { resources, validateOnly: false })
  assert.equal(responses[0]?.errorCode, 0, responses[0]?.errorMessage ?? '')
}

/** The retention that the log itself goes by. */
function retentionOf(fixture: BrokerFixture, name: string): number {
  const partition = fixture.broker.services.replicas.hosted(name, 0)
  assert.ok(typeof partition !== 'string')
  assert.equal(partition.log.config.retentionMs, partition.config.retentionMs)
  return partition.config.retentionMs
}

const week = 604_800_000

describe('configs that change while the broker runs', () => {
  it('reach the logs of the topic they are for, and no other', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('a')
    await fixture.createTopic('b')
    await set(fixture, topic, 'a', 'retention.ms', '1000')
    assert.deepEqual([retentionOf(fixture, 'a'), retentionOf(fixture, 'b')], [1_000, week])
    await set(fixture, topic, 'a', 'retention.ms', null)
    assert.equal(retentionOf(fixture, 'a'), week)
  })

  it('of the broker, or of all brokers, reach every log whose topic does not say otherwise', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('follows')
    await fixture.createTopic('own', { configs: { 'retention.ms': '1000' } })
    await set(fixture, broker, '', 'log.retention.ms', '5000')
    assert.deepEqual([retentionOf(fixture, 'follows'), retentionOf(fixture, 'own')], [5_000, 1_000])
    await set(fixture, broker, '1', 'log.retention.ms', '7000')
    assert.deepEqual([retentionOf(fixture, 'follows'), retentionOf(fixture, 'own')], [7_000, 1_000])
    await set(fixture, broker, '1', 'log.retention.ms', null)
    await set(fixture, broker, '', 'log.retention.ms', null)
    assert.equal(retentionOf(fixture, 'follows'), week)
  })

  it('hold for topics that are created later, and after a restart', async () => {
    const first = await BrokerFixture.start()
    await set(first, broker, '', 'log.retention.ms', '5000')
    await first.createTopic('later')
    assert.equal(retentionOf(first, 'later'), 5_000)
    await first[Symbol.asyncDispose]()
    await using second = await BrokerFixture.start({ environment: first.environment })
    assert.equal(retentionOf(second, 'later'), 5_000)
    assert.equal(second.broker.services.config.get('log.retention.ms'), 5_000)
  })

  it('of another broker change nothing here', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const configs = [{ name: 'log.retention.ms', configOperation: 0, value: '5000' }]
    const resources = [{ resourceType: broker, resourceName: '7', configs }]
    // Asked of the controller itself, as nobody else would take it.
    await fixture.call(IncrementalAlterConfigs, { resources, validateOnly: false }, { isOnController: true })
    assert.equal(retentionOf(fixture, 't'), week)
  })

  it('of the logs as a whole are theirs at once', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    await set(fixture, broker, '', 'producer.id.expiration.ms', '60000')
    assert.equal(fixture.broker.services.config.get('producer.id.expiration.ms'), 60_000)
  })

  it('that no longer hold together with the file are left out at the start, with a line in the log', async () => {
    const first = await BrokerFixture.start()
    await set(first, broker, '1', 'log.cleaner.threads', '2')
    await first[Symbol.asyncDispose]()
    // A larger step than may be taken at once is no matter for a start.
    const properties = { 'log.cleaner.threads': '8' }
    await using second = await BrokerFixture.start({ environment: first.environment, properties })
    assert.equal(second.broker.services.config.get('log.cleaner.threads'), 2)
    const { results } = await second.call(DescribeConfigs, {
      resources: [{ resourceType: broker, resourceName: '1', configurationKeys: ['log.cleaner.threads'] }],
      includeSynonyms: true,
      includeDocumentation: false,
    })
    const [config] = results[0]?.configs ?? []
    assert.deepEqual(
      config?.synonyms.map(({ value, source }) => [value, source]),
      [
        ['2', 2],
        ['8', 4],
        ['1', 5],
      ],
    )
  })
})
