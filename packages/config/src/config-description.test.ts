import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig } from './broker-config.ts'
import {
  configSourceCodes,
  createdTopicConfigs,
  describeBroker,
  describeClientMetrics,
  describeClusterDefault,
  describeGroup,
  describeTopic,
} from './config-description.ts'
import type { DescribedConfig } from './config-description.ts'
import { parseProperties } from './properties.ts'

const sources = Object.fromEntries(Object.entries(configSourceCodes).map(([name, code]) => [code, name]))

/** `value source type` and the synonyms, as a line that can be read. */
function line(described: DescribedConfig | undefined): string {
  if (described === undefined) return 'not there'
  const flags = `${described.isSensitive ? ' sensitive' : ''}${described.readOnly ? ' read-only' : ''}`
  const synonyms = described.synonyms.map(({ name, value, source }) => `${name}=${value} ${sources[source]}`)
  return `${described.value} ${sources[described.configSource]} ${described.configType}${flags} [${synonyms.join(', ')}]`
}

const all = { names: null, includesSynonyms: true, includesDocumentation: false }
const only = (...names: string[]) => ({ ...all, names })

// What Apache Kafka 4.3.1 said of a broker with this file and these dynamic configs.
const config = BrokerConfig.load({
  properties: parseProperties(
    [
      'log.retention.hours=100',
      'log.roll.ms=3600000',
      'nonsense.key=foo',
      'listener.name.plaintext.max.connections=77',
      'super.users=User:a',
      'log.initial.task.delay.ms=500',
      'log.flush.scheduler.interval.ms=5000',
      'ssl.key.password=secret',
      'num.io.threads=+8',
      'group.consumer.session.timeout.ms=50000',
      'listener.name.plaintext.scram-sha-256.sasl.jaas.config=x required;',
      'log.cleanup.policy=delete , compact',
    ].join('\n'),
  ),
}).withDynamic({
  cluster: new Map([
    ['log.roll.ms', '7200000'],
    ['log.retention.bytes', '77'],
    ['other.key', '1'],
  ]),
  broker: new Map([
    ['log.retention.ms', '555000'],
    ['num.io.threads', '9'],
    ['log.retention.bytes', '88'],
    ['log.flush.interval.ms', '1500'],
    ['leader.replication.throttled.rate', '1000'],
  ]),
})

const broker: readonly (readonly [string, string])[] = [
  [
    'log.retention.ms',
    '555000 broker 5 [log.retention.ms=555000 broker, log.retention.hours=100 static, log.retention.hours=168 default]',
  ],
  ['log.retention.hours', '168 static 3 read-only [log.retention.hours=100 static, log.retention.hours=168 default]'],
  [
    'log.retention.bytes',
    '88 broker 5 [log.retention.bytes=88 broker, log.retention.bytes=77 cluster, log.retention.bytes=-1 default]',
  ],
  [
    'log.roll.ms',
    '7200000 cluster 5 [log.roll.ms=7200000 cluster, log.roll.ms=3600000 static, log.roll.hours=168 default]',
  ],
  [
    'log.flush.interval.ms',
    '1500 broker 5 [log.flush.interval.ms=1500 broker, log.flush.scheduler.interval.ms=5000 static, log.flush.scheduler.interval.ms=9223372036854775807 default]',
  ],
  ['num.io.threads', '9 broker 3 [num.io.threads=9 broker, num.io.threads=+8 static, num.io.threads=8 default]'],
  ['ssl.key.password', 'null static 9 sensitive [ssl.key.password=null static]'],
  ['broker.rack', 'null default 2 read-only []'],
  ['nonsense.key', 'null static 0 sensitive read-only [nonsense.key=null static]'],
  ['other.key', 'null cluster 0 sensitive read-only [other.key=null cluster]'],
  ['super.users', 'null static 0 sensitive read-only [super.users=null static]'],
  [
    'log.initial.task.delay.ms',
    '500 static 5 read-only [log.initial.task.delay.ms=500 static, log.initial.task.delay.ms=30000 default]',
  ],
  [
    'listener.name.plaintext.max.connections',
    '77 static 3 read-only [listener.name.plaintext.max.connections=77 static, max.connections=2147483647 default]',
  ],
  [
    'listener.name.plaintext.scram-sha-256.sasl.jaas.config',
    'null static 9 sensitive read-only [listener.name.plaintext.scram-sha-256.sasl.jaas.config=null static]',
  ],
  [
    'log.cleanup.policy',
    'delete,compact static 7 [log.cleanup.policy=delete , compact static, log.cleanup.policy=delete default]',
  ],
  [
    'leader.replication.throttled.rate',
    '1000 broker 5 [leader.replication.throttled.rate=1000 broker, leader.replication.throttled.rate=9223372036854775807 default]',
  ],
  ['follower.replication.throttled.rate', 'not there'],
  ['internal.metadata.log.segment.bytes', 'not there'],
  ['gregor.monitoring.address', 'not there'],
]

describe('describeBroker', () => {
  for (const [name, expected] of broker) {
    it(`says of ${name}: ${expected}`, () => {
      assert.equal(line(describeBroker(config, all).find((described) => described.name === name)), expected)
    })
  }

  it('says only what is asked for', () => {
    const [one, ...others] = describeBroker(config, {
      names: ['num.partitions'],
      includesSynonyms: false,
      includesDocumentation: true,
    })
    assert.deepEqual(one, {
      name: 'num.partitions',
      value: '1',
      readOnly: true,
      configSource: 5,
      isSensitive: false,
      synonyms: [],
      configType: 3,
      documentation: 'Partitions of a topic that is created without saying how many.',
    })
    assert.deepEqual(others, [])
    assert.ok(describeBroker(config, { ...all, names: [] }).length > 340)
  })

  it('documents nothing that nobody knows', () => {
    const [unknown] = describeBroker(config, { ...only('nonsense.key'), includesDocumentation: true })
    assert.equal(unknown?.documentation, null)
  })
})

describe('describeClusterDefault', () => {
  it('shows what was set for all brokers, and nothing else', () => {
    assert.deepEqual(
      describeClusterDefault(config, all).map((described) => `${described.name} ${line(described)}`),
      [
        'log.roll.ms 7200000 cluster 5 [log.roll.ms=7200000 cluster]',
        'log.retention.bytes 77 cluster 5 [log.retention.bytes=77 cluster]',
        'other.key null cluster 0 sensitive read-only [other.key=null cluster]',
      ],
    )
  })
})

describe('describeTopic', () => {
  const own = new Map([
    ['retention.ms', '1234567'],
    ['internal.segment.bytes', '5000'],
  ])
  const cases: readonly (readonly [string, string])[] = [
    [
      'retention.ms',
      '1234567 topic 5 [retention.ms=1234567 topic, log.retention.ms=555000 broker, log.retention.hours=100 static, log.retention.hours=168 default]',
    ],
    [
      'segment.ms',
      '7200000 cluster 5 [log.roll.ms=7200000 cluster, log.roll.ms=3600000 static, log.roll.hours=168 default]',
    ],
    ['segment.jitter.ms', '0 default 5 []'],
    ['internal.segment.bytes', '5000 topic 3 [internal.segment.bytes=5000 topic]'],
    ['remote.storage.enable', 'false default 1 []'],
    [
      'cleanup.policy',
      'delete,compact static 7 [log.cleanup.policy=delete , compact static, log.cleanup.policy=delete default]',
    ],
    ['leader.replication.throttled.replicas', ' default 7 []'],
  ]
  for (const [name, expected] of cases) {
    it(`says of ${name}: ${expected}`, () => {
      assert.equal(line(describeTopic(config, own, only(name))[0]), expected)
    })
  }

  it('leaves out what is internal and not set', () => {
    assert.equal(describeTopic(config, new Map(), all).length, 33)
    assert.equal(describeTopic(config, own, all).length, 34)
  })
})

describe('createdTopicConfigs', () => {
  it('names the true source, as CreateTopics does', () => {
    const fresh = BrokerConfig.load({ properties: new Map([['log.retention.hours', '100']]) })
    const described = createdTopicConfigs(fresh, new Map([['segment.bytes', '2097152']]))
    const of = (name: string) => line(described.find((each) => each.name === name))
    assert.equal(of('retention.ms'), '360000000 static 5 []')
    assert.equal(of('segment.bytes'), '2097152 topic 3 []')
    assert.equal(of('segment.ms'), '604800000 default 5 []')
    const describes = line(describeTopic(fresh, new Map(), only('retention.ms'))[0])
    assert.equal(describes, '360000000 default 5 []')
  })
})

describe('describeGroup', () => {
  it('shows group configs over those of the broker', () => {
    const own = new Map([
      ['consumer.session.timeout.ms', '47000'],
      ['share.isolation.level', 'read_committed'],
    ])
    const of = (name: string) => line(describeGroup(config, own, only(name))[0])
    assert.equal(
      of('consumer.session.timeout.ms'),
      '47000 group 3 [consumer.session.timeout.ms=47000 group, group.consumer.session.timeout.ms=50000 static, group.consumer.session.timeout.ms=45000 default]',
    )
    assert.equal(
      of('share.isolation.level'),
      'read_committed group 2 [share.isolation.level=read_committed group, share.isolation.level=read_uncommitted default]',
    )
    assert.equal(of('share.renew.acknowledge.enable'), 'true default 1 [share.renew.acknowledge.enable=true default]')
    assert.equal(describeGroup(config, new Map(), all).length, 17)
  })
})

describe('describeClientMetrics', () => {
  it('shows the configs of a subscription, and its defaults without synonyms', () => {
    const described = describeClientMetrics(new Map([['interval.ms', '1000']]), all)
    assert.deepEqual(
      described.map((each) => `${each.name} ${line(each)}`),
      [
        'interval.ms 1000 clientMetrics 3 [interval.ms=1000 clientMetrics]',
        'match  default 7 []',
        'metrics  default 7 []',
      ],
    )
  })
})
