import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AlterConfigs, DescribeConfigs, errorCode, IncrementalAlterConfigs } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const loggers = 8
const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

interface Change {
  readonly logger?: string
  readonly node?: string
  readonly operation?: keyof typeof operations
  readonly value?: string | null
  readonly validateOnly?: boolean
}

async function change(fixture: BrokerFixture, given: Change): Promise<readonly [number | undefined, string | null]> {
  const { logger = 'root', node = '1', operation = 'set', value = 'DEBUG', validateOnly = false } = given
  const configs = [{ name: logger, configOperation: operations[operation], value }]
  const resources = [{ resourceType: loggers, resourceName: node, configs }]
  const { responses } = await fixture.call(IncrementalAlterConfigs, { resources, validateOnly })
  return [responses[0]?.errorCode, responses[0]?.errorMessage ?? null]
}

async function describedLevel(fixture: BrokerFixture, names: readonly string[] | null): Promise<(string | null)[]> {
  const { results } = await fixture.call(DescribeConfigs, {
    resources: [{ resourceType: loggers, resourceName: '1', configurationKeys: names }],
    includeSynonyms: false,
    includeDocumentation: false,
  })
  return (results[0]?.configs ?? []).map(({ value }) => value)
}

describe('the levels of a broker’s loggers', () => {
  it('are set, described, and go back to the usual one', async () => {
    await using fixture = await BrokerFixture.start()
    assert.deepEqual(await change(fixture, { value: 'WARN' }), [0, null])
    assert.deepEqual(await describedLevel(fixture, null), ['WARN'])
    assert.equal(fixture.environment.logger.level, 'warn')
    assert.deepEqual(await change(fixture, { operation: 'delete', value: null }), [0, null])
    assert.deepEqual(await describedLevel(fixture, ['root']), ['INFO'])
    assert.deepEqual(await describedLevel(fixture, ['other']), [])
  })

  it('stay as they are where the change is only to be checked', async () => {
    await using fixture = await BrokerFixture.start()
    fixture.environment.logger.setLevel('info')
    assert.deepEqual(await change(fixture, { validateOnly: true }), [0, null])
    assert.equal(fixture.environment.logger.level, 'info')
  })

  it('are refused for a logger or a level that does not exist, and for lists', async () => {
    await using fixture = await BrokerFixture.start()
    const code = async (given: Change): Promise<number | undefined> => (await change(fixture, given))[0]
    assert.equal(await code({ logger: 'kafka.server' }), errorCode('INVALID_CONFIG'))
    assert.equal(await code({ value: 'LOUD' }), errorCode('INVALID_CONFIG'))
    assert.equal(await code({ operation: 'append' }), errorCode('INVALID_REQUEST'))
    assert.equal(await code({ operation: 'subtract' }), errorCode('INVALID_REQUEST'))
  })

  it('are refused for another node, and for none', async () => {
    await using fixture = await BrokerFixture.start()
    const invalid = errorCode('INVALID_REQUEST')
    assert.deepEqual(await change(fixture, { node: '7' }), [invalid, 'Unexpected node id. Expected 1, but received 7'])
    assert.deepEqual(await change(fixture, { node: '' }), [invalid, 'Node id must be an integer, but it is: '])
  })

  it('cannot be replaced as a whole', async () => {
    await using fixture = await BrokerFixture.start()
    const resources = [{ resourceType: loggers, resourceName: '1', configs: [{ name: 'root', value: 'WARN' }] }]
    const { responses } = await fixture.call(AlterConfigs, { resources, validateOnly: false })
    assert.equal(responses[0]?.errorCode, errorCode('INVALID_REQUEST'))
  })
})
