/** DescribeConfigs, AlterConfigs, IncrementalAlterConfigs and ListConfigResources of every kind of resource. */

import { AlterConfigs, DescribeConfigs, IncrementalAlterConfigs, ListConfigResources } from '@gregor/protocol'

import { exchange, read, type Exchange } from '../exchange.ts'

const types = { topic: 2, broker: 4, logger: 8, metrics: 16, group: 32 } as const

function describe(title: string, resourceType: number, resourceName: string, keys: readonly string[] | null): Exchange {
  return read(
    `DescribeConfigs: ${title}`,
    DescribeConfigs,
    {
      resources: [{ resourceType, resourceName, configurationKeys: keys }],
      includeSynonyms: true,
      includeDocumentation: false,
    },
    { versions: [1, 2, 3, 4] },
  )
}

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const
type Change = readonly [name: string, operation: keyof typeof operations, value: string | null]

function change(title: string, resourceType: number, resourceName: string, changes: readonly Change[]): Exchange {
  const configs = changes.map(([name, operation, value]) => ({ name, configOperation: operations[operation], value }))
  return exchange(
    `IncrementalAlterConfigs: ${title}`,
    IncrementalAlterConfigs,
    { resources: [{ resourceType, resourceName, configs }], validateOnly: false },
    { versions: [0, 1] },
  )
}

function replace(
  title: string,
  resourceType: number,
  resourceName: string,
  configs: readonly { name: string; value: string | null }[],
): Exchange {
  return exchange(
    `AlterConfigs: ${title}`,
    AlterConfigs,
    { resources: [{ resourceType, resourceName, configs }], validateOnly: false },
    { versions: [0, 1, 2] },
  )
}

export const configCases: readonly Exchange[] = [
  describe('all of a topic', types.topic, 'one', null),
  describe('some of a topic', types.topic, 'configured', ['retention.ms', 'cleanup.policy', 'no.such']),
  describe('a topic that is missing', types.topic, 'missing', null),
  describe('a topic with a name that cannot be', types.topic, 'a b', null),
  describe('a topic without a name', types.topic, '', null),
  describe('another broker', types.broker, '7', null),
  describe('a broker that is no number', types.broker, 'x', null),
  describe('some of this broker', types.broker, '1', [
    'log.retention.hours',
    'num.io.threads',
    'node.id',
    'max.connections',
  ]),
  describe('all brokers', types.broker, '', null),
  describe('the loggers of nobody', types.logger, '', null),
  describe('the loggers of another broker', types.logger, '7', null),
  describe('a metrics subscription', types.metrics, 'nothing-set', null),
  describe('a metrics subscription without a name', types.metrics, '', null),
  describe('a group', types.group, 'some-group', null),
  describe('a group without a name', types.group, '', null),
  describe('a type that nobody knows', 99, 'x', null),
  read('DescribeConfigs: nothing', DescribeConfigs, {
    resources: [],
    includeSynonyms: false,
    includeDocumentation: false,
  }),
  read('DescribeConfigs: the same twice', DescribeConfigs, {
    resources: [
      { resourceType: types.topic, resourceName: 'one', configurationKeys: ['retention.ms'] },
      { resourceType: types.topic, resourceName: 'one', configurationKeys: ['segment.ms'] },
    ],
    includeSynonyms: false,
    includeDocumentation: false,
  }),

  change('a topic', types.topic, 'one', [
    ['retention.ms', 'set', '5000'],
    ['cleanup.policy', 'append', 'compact'],
  ]),
  describe('what was changed', types.topic, 'one', ['retention.ms', 'cleanup.policy']),
  change('subtract and delete', types.topic, 'one', [
    ['cleanup.policy', 'subtract', 'delete'],
    ['retention.ms', 'delete', null],
  ]),
  describe('what was changed again', types.topic, 'one', ['retention.ms', 'cleanup.policy']),
  change('a topic that is missing', types.topic, 'missing', [['retention.ms', 'set', '1']]),
  change('a topic without a name', types.topic, '', [['retention.ms', 'set', '1']]),
  change('a topic with a name that cannot be', types.topic, 'a b', [['retention.ms', 'set', '1']]),
  change('a config that nobody knows', types.topic, 'one', [['no.such', 'set', '1']]),
  change('a value that cannot be', types.topic, 'one', [['retention.ms', 'set', 'soon']]),
  change('a value out of range', types.topic, 'one', [['segment.bytes', 'set', '1']]),
  change('a config twice', types.topic, 'one', [
    ['retention.ms', 'set', '1'],
    ['retention.ms', 'set', '2'],
  ]),
  change('no value', types.topic, 'one', [['retention.ms', 'set', null]]),
  change('append to what is no list', types.topic, 'one', [['retention.ms', 'append', '1']]),
  change('subtract from what is no list', types.topic, 'one', [['retention.ms', 'subtract', '1']]),
  change('nothing', types.topic, 'one', []),
  // An operation that nobody knows is not among them: Apache Kafka fails there, and says -1.
  exchange('IncrementalAlterConfigs: a resource twice', IncrementalAlterConfigs, {
    resources: [
      {
        resourceType: types.topic,
        resourceName: 'one',
        configs: [{ name: 'retention.ms', configOperation: 0, value: '1' }],
      },
      {
        resourceType: types.topic,
        resourceName: 'one',
        configs: [{ name: 'segment.ms', configOperation: 0, value: '1' }],
      },
    ],
    validateOnly: false,
  }),
  exchange('IncrementalAlterConfigs: a check', IncrementalAlterConfigs, {
    resources: [
      {
        resourceType: types.topic,
        resourceName: 'one',
        configs: [{ name: 'retention.ms', configOperation: 0, value: '77' }],
      },
      { resourceType: types.topic, resourceName: 'missing', configs: [] },
    ],
    validateOnly: true,
  }),
  change('this broker', types.broker, '1', [['log.cleaner.threads', 'set', '2']]),
  change('all brokers', types.broker, '', [['log.retention.ms', 'set', '123456789']]),
  describe('a topic that follows', types.topic, 'with.dots', ['retention.ms']),
  describe('this broker, dynamic', types.broker, '1', ['log.cleaner.threads', 'log.retention.ms']),
  describe('all brokers, dynamic', types.broker, '', null),
  change('this broker back', types.broker, '1', [['log.cleaner.threads', 'delete', null]]),
  change('all brokers back', types.broker, '', [['log.retention.ms', 'delete', null]]),
  change('another broker', types.broker, '7', [['log.cleaner.threads', 'set', '2']]),
  change('a broker that is no number', types.broker, 'x', [['log.cleaner.threads', 'set', '2']]),
  change('what cannot change while it runs', types.broker, '1', [['node.id', 'set', '2']]),
  change('a value of a broker that cannot be', types.broker, '1', [['log.cleaner.threads', 'set', 'many']]),
  change('what is for one broker only', types.broker, '', [['ssl.keystore.location', 'set', '/x']]),
  change('loggers without a name', types.logger, '', [['root', 'set', 'INFO']]),
  change('loggers of another broker', types.logger, '7', [['root', 'set', 'INFO']]),
  change('append to a logger', types.logger, '1', [['root', 'append', 'INFO']]),
  change('a metrics subscription', types.metrics, 'sub', [
    ['interval.ms', 'set', '1000'],
    ['metrics', 'set', 'a,b'],
  ]),
  describe('what is subscribed', types.metrics, 'sub', null),
  change('a bad metrics subscription', types.metrics, 'sub', [['interval.ms', 'set', '1']]),
  change('an unknown metrics config', types.metrics, 'sub', [['nothing', 'set', '1']]),
  change('a metrics subscription without a name', types.metrics, '', [['interval.ms', 'set', '1000']]),
  change('a group', types.group, 'g', [['consumer.session.timeout.ms', 'set', '50000']]),
  describe('what a group has', types.group, 'g', null),
  change('a group out of bounds', types.group, 'g', [['consumer.session.timeout.ms', 'set', '1']]),
  change('a group without a name', types.group, '', [['consumer.session.timeout.ms', 'set', '50000']]),
  change('a type that nobody knows', 99, 'x', [['a', 'set', 'b']]),

  replace('a topic', types.topic, 'one', [{ name: 'segment.ms', value: '60000' }]),
  describe('what was replaced', types.topic, 'one', ['retention.ms', 'cleanup.policy', 'segment.ms']),
  replace('a topic with nothing', types.topic, 'one', []),
  describe('what was replaced by nothing', types.topic, 'one', ['retention.ms', 'segment.ms']),
  replace('a topic that is missing', types.topic, 'missing', [{ name: 'segment.ms', value: '60000' }]),
  replace('a config that nobody knows', types.topic, 'one', [{ name: 'no.such', value: '1' }]),
  replace('a value that cannot be', types.topic, 'one', [{ name: 'segment.ms', value: 'x' }]),
  replace('no value', types.topic, 'one', [{ name: 'segment.ms', value: null }]),
  replace('a config twice', types.topic, 'one', [
    { name: 'segment.ms', value: '1' },
    { name: 'segment.ms', value: '2' },
  ]),
  replace('this broker', types.broker, '1', [{ name: 'log.cleaner.threads', value: '2' }]),
  replace('this broker with nothing', types.broker, '1', []),
  replace('another broker', types.broker, '7', [{ name: 'log.cleaner.threads', value: '2' }]),
  replace('what cannot change while it runs', types.broker, '1', [{ name: 'node.id', value: '2' }]),
  replace('loggers', types.logger, '1', [{ name: 'root', value: 'INFO' }]),
  replace('a type that nobody knows', 99, 'x', []),

  read('ListConfigResources v0', ListConfigResources, {}, { versions: [0] }),
  read('ListConfigResources: all', ListConfigResources, { resourceTypes: [] }),
  read('ListConfigResources: topics and groups', ListConfigResources, { resourceTypes: [types.topic, types.group] }),
  read('ListConfigResources: a type that nobody knows', ListConfigResources, { resourceTypes: [99] }),
]
