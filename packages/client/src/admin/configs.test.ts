import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AlterConfigs, DescribeConfigs, IncrementalAlterConfigs, ListConfigResources } from '@gregor/protocol'
import { ScriptedCluster, adminOf } from './admin-fixture.ts'
import type { ConfigResource } from './configs.ts'

const topic: ConfigResource = { type: 'TOPIC', name: 'a' }
const broker: ConfigResource = { type: 'BROKER', name: '2' }
const allBrokers: ConfigResource = { type: 'BROKER', name: '' }
const logger: ConfigResource = { type: 'BROKER_LOGGER', name: '2' }

describe('describeConfigs', () => {
  it('asks the broker that is meant, and any node about the rest', async () => {
    const cluster = new ScriptedCluster().on(DescribeConfigs, ({ resources }) => ({
      results: resources.map(({ resourceType, resourceName }) => ({
        resourceType,
        resourceName,
        errorCode: 0,
        configs: [],
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const odd: ConfigResource = { type: 'BROKER', name: 'x' }
    const results = await run(admin.describeConfigs([topic, broker, allBrokers, logger, odd], { keys: ['k'] }))
    assert.deepEqual(
      results.all().map(({ size }) => size),
      [0, 0, 0, 0, 0],
    )
    assert.deepEqual(
      cluster
        .asked(DescribeConfigs)
        .map(({ node, request }) => [
          node,
          request.resources.map((one) => [one.resourceType, one.resourceName, one.configurationKeys]),
        ]),
      [
        [
          'any',
          [
            [2, 'a', ['k']],
            [4, '', ['k']],
            [4, 'x', ['k']],
          ],
        ],
        [
          2,
          [
            [4, '2', ['k']],
            [8, '2', ['k']],
          ],
        ],
      ],
    )
  })

  it('tells value, source, synonyms, type and documentation', async () => {
    const cluster = new ScriptedCluster().on(DescribeConfigs, () => ({
      results: [
        {
          resourceType: 2,
          resourceName: 'a',
          errorCode: 0,
          configs: [
            {
              name: 'retention.ms',
              value: '5',
              readOnly: false,
              configSource: 1,
              isSensitive: false,
              synonyms: [
                { name: 'retention.ms', value: '5', source: 1 },
                { name: 'log.retention.ms', value: '7', source: 4 },
              ],
              configType: 5,
              documentation: 'How long.',
            },
          ],
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeConfigs([topic], { includeSynonyms: true, includeDocumentation: true }))
    assert.deepEqual(results.value(topic).get('retention.ms'), {
      name: 'retention.ms',
      value: '5',
      source: 'DYNAMIC_TOPIC_CONFIG',
      isDefault: false,
      isReadOnly: false,
      isSensitive: false,
      synonyms: [
        { name: 'retention.ms', value: '5', source: 'DYNAMIC_TOPIC_CONFIG' },
        { name: 'log.retention.ms', value: '7', source: 'STATIC_BROKER_CONFIG' },
      ],
      type: 'LONG',
      documentation: 'How long.',
    })
    const { request } = cluster.asked(DescribeConfigs)[0] ?? assert.fail('nothing was asked')
    assert.deepEqual([request.includeSynonyms, request.includeDocumentation], [true, true])
  })

  it('infers sources where the node is too old to tell them, and asks it for nothing it does not know', async () => {
    const entry = { value: '5', readOnly: false, isSensitive: false }
    const cluster = new ScriptedCluster().speaks(DescribeConfigs, 0).on(DescribeConfigs, ({ resources }) => ({
      results: resources.map(({ resourceType, resourceName }) => ({
        resourceType,
        resourceName,
        errorCode: 0,
        configs: [
          { ...entry, name: 'set', isDefault: false },
          { ...entry, name: 'unset', isDefault: true },
        ],
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(
      admin.describeConfigs([topic, broker], { includeSynonyms: true, includeDocumentation: true }),
    )
    const sources = (resource: ConfigResource) => [...results.value(resource).values()].map(({ source }) => source)
    assert.deepEqual(sources(topic), ['DYNAMIC_TOPIC_CONFIG', 'DEFAULT_CONFIG'])
    assert.deepEqual(sources(broker), ['STATIC_BROKER_CONFIG', 'DEFAULT_CONFIG'])
  })

  it('gives each resource its own error', async () => {
    const cluster = new ScriptedCluster().on(DescribeConfigs, ({ resources }) => ({
      results: resources.map(({ resourceType, resourceName }) => ({
        resourceType,
        resourceName,
        errorCode: resourceType === 2 ? 29 : 0,
        errorMessage: resourceType === 2 ? 'not for you' : null,
        configs: [],
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeConfigs([topic, allBrokers]))
    assert.throws(() => results.value(topic), { code: 'TOPIC_AUTHORIZATION_FAILED', message: 'not for you' })
    assert.equal(results.get(allBrokers)?.error, undefined)
  })
})

describe('incrementalAlterConfigs', () => {
  it('says what is set, deleted, appended and taken out', async () => {
    const cluster = new ScriptedCluster().on(IncrementalAlterConfigs, ({ resources }) => ({
      responses: resources.map(({ resourceType, resourceName }) => ({
        resourceType,
        resourceName,
        errorCode: resourceType === 4 ? 40 : 0,
        errorMessage: null,
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(
      admin.incrementalAlterConfigs(
        [
          {
            resource: topic,
            operations: [
              { operation: 'SET', name: 'a', value: '1' },
              { operation: 'DELETE', name: 'b' },
              { operation: 'APPEND', name: 'c', value: 'x' },
              { operation: 'SUBTRACT', name: 'c', value: 'y' },
            ],
          },
          { resource: broker, operations: [] },
        ],
        { validateOnly: true },
      ),
    )
    assert.equal(results.get(topic)?.error, undefined)
    assert.throws(() => results.value(broker), { code: 'INVALID_CONFIG' })
    const [ofTopic, ofBroker] = cluster.asked(IncrementalAlterConfigs)
    assert.deepEqual(ofTopic?.request, {
      resources: [
        {
          resourceType: 2,
          resourceName: 'a',
          configs: [
            { name: 'a', configOperation: 0, value: '1' },
            { name: 'b', configOperation: 1, value: null },
            { name: 'c', configOperation: 2, value: 'x' },
            { name: 'c', configOperation: 3, value: 'y' },
          ],
        },
      ],
      validateOnly: true,
    })
    assert.equal(ofBroker?.node, 2)
  })
})

describe('alterConfigs', () => {
  it('says all that shall be set', async () => {
    const cluster = new ScriptedCluster().on(AlterConfigs, () => ({
      responses: [{ resourceType: 2, resourceName: 'a', errorCode: 0 }],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.alterConfigs([{ resource: topic, configs: { 'retention.ms': '5' } }]))
    assert.equal(results.get(topic)?.error, undefined)
    assert.deepEqual(cluster.asked(AlterConfigs)[0]?.request.resources, [
      { resourceType: 2, resourceName: 'a', configs: [{ name: 'retention.ms', value: '5' }] },
    ])
  })
})

describe('listConfigResources', () => {
  it('names resources with their kind', async () => {
    const cluster = new ScriptedCluster().on(ListConfigResources, () => ({
      errorCode: 0,
      configResources: [
        { resourceName: 'a', resourceType: 2 },
        { resourceName: 'g', resourceType: 32 },
        { resourceName: 'm', resourceType: 16 },
        { resourceName: 'new', resourceType: 64 },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.listConfigResources(['TOPIC', 'GROUP'])), [
      { type: 'TOPIC', name: 'a' },
      { type: 'GROUP', name: 'g' },
      { type: 'CLIENT_METRICS', name: 'm' },
      { type: 'UNKNOWN', name: 'new' },
    ])
    assert.deepEqual(cluster.asked(ListConfigResources)[0]?.request.resourceTypes, [2, 32])
  })

  it('asks older nodes for client metrics only', async () => {
    const cluster = new ScriptedCluster().speaks(ListConfigResources, 0).on(ListConfigResources, () => ({
      errorCode: 0,
      configResources: [{ resourceName: 'm' }],
    }))
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.listConfigResources(['CLIENT_METRICS'])), [{ type: 'CLIENT_METRICS', name: 'm' }])
    await assert.rejects(run(admin.listConfigResources()), { name: 'UnsupportedVersionError' })
  })
})
