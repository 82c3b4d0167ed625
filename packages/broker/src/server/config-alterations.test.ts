import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, errorName, IncrementalAlterConfigs } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

type Resource = readonly [type: number, name: string, config: string, value: string | null]

async function alter(fixture: BrokerFixture, ...resources: readonly Resource[]): Promise<(string | undefined)[][]> {
  const { responses } = await fixture.call(IncrementalAlterConfigs, {
    resources: resources.map(([resourceType, resourceName, name, value]) => ({
      resourceType,
      resourceName,
      configs: [{ name, configOperation: 0, value }],
    })),
    validateOnly: false,
  })
  return responses.map(({ resourceName, errorCode: code }) => [resourceName, errorName(code)])
}

describe('changes of configs', () => {
  it('are answered in the order asked, whoever decided on them', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const answers = await alter(
      fixture,
      [8, '1', 'root', 'WARN'],
      [2, 't', 'retention.ms', '1000'],
      [4, '7', 'log.cleaner.threads', '2'],
      [2, 'missing', 'retention.ms', '1000'],
      [4, '', 'log.retention.ms', '1000'],
      [99, 'x', 'y', 'z'],
    )
    assert.deepEqual(answers, [
      ['1', 'NONE'],
      ['t', 'NONE'],
      ['7', 'INVALID_REQUEST'],
      ['missing', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['', 'NONE'],
      ['x', 'INVALID_REQUEST'],
    ])
  })

  it('are refused for a resource that is named twice, and carried out for the others', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    await fixture.createTopic('u')
    const answers = await alter(
      fixture,
      [2, 't', 'retention.ms', '1'],
      [2, 't', 'segment.ms', '60000'],
      [2, 'u', 'retention.ms', '1'],
    )
    assert.deepEqual(answers, [
      ['t', 'INVALID_REQUEST'],
      ['t', 'INVALID_REQUEST'],
      ['u', 'NONE'],
    ])
  })

  it('of a broker are refused where it could not take them while it runs', async () => {
    await using fixture = await BrokerFixture.start()
    const answers = await alter(fixture, [4, '1', 'node.id', '2'], [4, 'x', 'log.cleaner.threads', '2'])
    assert.deepEqual(answers, [
      ['1', 'INVALID_REQUEST'],
      ['x', 'INVALID_REQUEST'],
    ])
    // Listeners open at a start only.
    assert.deepEqual(await alter(fixture, [4, '1', 'listeners', 'PLAINTEXT://127.0.0.1:0,B://:1']), [
      ['1', 'INVALID_REQUEST'],
    ])
    // More than double at once.
    assert.deepEqual(await alter(fixture, [4, '1', 'log.cleaner.threads', '9']), [['1', 'INVALID_REQUEST']])
  })

  it('without a value, or with a name twice, are no changes', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    assert.deepEqual(await alter(fixture, [2, 't', 'retention.ms', null]), [['t', 'INVALID_REQUEST']])
    const config = { name: 'retention.ms', configOperation: 0, value: '1' }
    const resources = [{ resourceType: 2, resourceName: 't', configs: [config, config] }]
    const { responses } = await fixture.call(IncrementalAlterConfigs, { resources, validateOnly: false })
    assert.equal(responses[0]?.errorCode, errorCode('INVALID_REQUEST'))
  })

  it('of nothing are answered with nothing', async () => {
    await using fixture = await BrokerFixture.start()
    assert.deepEqual(await alter(fixture), [])
  })
})
