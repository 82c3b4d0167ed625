import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { configOf } from '@gregor/metadata'
import { AlterConfigs, errorName, IncrementalAlterConfigs } from '@gregor/protocol'
import { problem } from './api-problem.ts'
import { allAllowed, allowing, Cluster } from './cluster-fixture.ts'
import type { AlteredConfig, RequestContext } from './controller-options.ts'

const [topicType, brokerType, loggerType, metricsType, groupType] = [2, 4, 8, 16, 32]
const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const
type Operation = readonly [name: string, operation: keyof typeof operations | number, value?: string | null]

let cluster: Cluster

beforeEach(() => {
  cluster = Cluster.withBrokers([1, 2])
  cluster.addTopic('t', [[1, 2]], { 'retention.ms': '5' })
})

interface More {
  readonly context?: RequestContext
  readonly validateOnly?: boolean
}

function incremental(resourceType: number, resourceName: string, changes: readonly Operation[], more: More = {}) {
  return incrementalAll([[resourceType, resourceName, changes]], more)
}

function incrementalAll(resources: readonly (readonly [number, string, readonly Operation[]])[], more: More = {}) {
  const { context = allAllowed, validateOnly = false } = more
  const { responses } = cluster.request(
    IncrementalAlterConfigs,
    {
      resources: resources.map(([resourceType, resourceName, changes]) => ({
        resourceType,
        resourceName,
        configs: changes.map(([name, operation, value = null]) => ({
          name,
          value,
          configOperation: typeof operation === 'number' ? operation : operations[operation],
        })),
      })),
      validateOnly,
    },
    { context },
  )
  return responses.map(({ resourceName, errorCode, errorMessage }) => [
    resourceName,
    errorName(errorCode),
    errorMessage,
  ])
}

function replace(resourceType: number, resourceName: string, configs: Readonly<Record<string, string | null>>) {
  const { responses } = cluster.request(AlterConfigs, {
    resources: [
      { resourceType, resourceName, configs: Object.entries(configs).map(([name, value]) => ({ name, value })) },
    ],
    validateOnly: false,
  })
  return responses.map(({ errorCode, errorMessage }) => [errorName(errorCode), errorMessage])
}

function configs(type: number, name: string): Record<string, string> {
  return Object.fromEntries(configOf(cluster.image, { type, name }))
}

describe('IncrementalAlterConfigs', () => {
  it('sets, deletes, appends and subtracts', () => {
    const changes: Operation[] = [
      ['retention.ms', 'delete'],
      ['segment.bytes', 'set', '1048576'],
      ['cleanup.policy', 'append', 'compact'],
    ]
    assert.deepEqual(incremental(topicType, 't', changes), [['t', 'NONE', null]])
    assert.deepEqual(configs(topicType, 't'), { 'segment.bytes': '1048576', 'cleanup.policy': 'delete,compact' })
    incremental(topicType, 't', [['cleanup.policy', 'subtract', 'delete']])
    assert.equal(configs(topicType, 't')['cleanup.policy'], 'compact')
    cluster.checkReplay()
  })

  it('writes nothing for a topic where nothing changes', () => {
    incremental(topicType, 't', [['retention.ms', 'set', '5']])
    assert.deepEqual(cluster.records, [])
  })

  it('writes a broker’s configs again, so that it reads its files anew', () => {
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(incremental(brokerType, '1', [['ssl.keystore.location', 'set', '/k']]), [['1', 'NONE', null]])
      assert.equal(cluster.records.length, 1)
    }
  })

  it('changes the defaults of all brokers under the empty name', () => {
    assert.deepEqual(incremental(brokerType, '', [['log.retention.ms', 'set', '7']]), [['', 'NONE', null]])
    assert.deepEqual(configs(brokerType, '')['log.retention.ms'], '7')
  })

  it('changes groups and client metrics', () => {
    assert.deepEqual(
      incrementalAll([
        [groupType, 'g', [['consumer.session.timeout.ms', 'set', '46000']]],
        [metricsType, 'm', [['interval.ms', 'set', '1000']]],
      ]),
      [
        ['g', 'NONE', null],
        ['m', 'NONE', null],
      ],
    )
    assert.deepEqual(configs(groupType, 'g'), { 'consumer.session.timeout.ms': '46000' })
  })

  it('only checks when it is told to', () => {
    assert.deepEqual(incremental(topicType, 't', [['retention.ms', 'set', '9']], { validateOnly: true }), [
      ['t', 'NONE', null],
    ])
    assert.deepEqual(cluster.records, [])
  })

  it('succeeds and fails for each resource by itself', () => {
    assert.deepEqual(
      incrementalAll([
        [topicType, 't', [['retention.ms', 'set', '9']]],
        [topicType, 'u', [['retention.ms', 'set', '9']]],
      ]),
      [
        ['t', 'NONE', null],
        ['u', 'UNKNOWN_TOPIC_OR_PARTITION', "The topic 'u' does not exist."],
      ],
    )
    assert.deepEqual(configs(topicType, 't'), { 'retention.ms': '9' })
  })

  const refusals: Readonly<Record<string, readonly [number, string, readonly Operation[], string, string]>> = {
    'an unknown config of a topic': [
      topicType,
      't',
      [['no.such', 'set', '1']],
      'INVALID_CONFIG',
      'Unknown topic config name: no.such',
    ],
    'an append to what is no list': [
      topicType,
      't',
      [['retention.ms', 'append', '1']],
      'INVALID_CONFIG',
      "Can't APPEND to key retention.ms because its type is not LIST.",
    ],
    'a resource nobody knows': [3, 'x', [], 'UNSUPPORTED_VERSION', 'Unknown resource type 3.'],
    'a logger, which the broker keeps to itself': [
      loggerType,
      '1',
      [],
      'INVALID_REQUEST',
      'Unexpected resource type BROKER_LOGGER.',
    ],
    'a broker that is not a number': [
      brokerType,
      'x',
      [],
      'INVALID_REQUEST',
      'Broker id must be an integer, but it is: x',
    ],
    'a broker that is not there': [
      brokerType,
      '9',
      [['log.retention.ms', 'set', '1']],
      'BROKER_ID_NOT_REGISTERED',
      'No node with id 9 found.',
    ],
    'the configs of all topics': [topicType, '', [], 'INVALID_REQUEST', 'Default topic resources are not allowed.'],
    'a topic that cannot be': [
      topicType,
      'a/b',
      [],
      'INVALID_TOPIC_EXCEPTION',
      "Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    'an operation nobody knows': [
      topicType,
      't',
      [['retention.ms', 7, '1']],
      'INVALID_REQUEST',
      'Unknown operations type 7',
    ],
    'min.insync.replicas of one broker, with ELR': [
      brokerType,
      '1',
      [['min.insync.replicas', 'set', '1']],
      'INVALID_CONFIG',
      'Broker-level min.insync.replicas cannot be altered while ELR is enabled.',
    ],
    'min.insync.replicas of the cluster gone, with ELR': [
      brokerType,
      '',
      [['min.insync.replicas', 'delete']],
      'INVALID_CONFIG',
      'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.',
    ],
  }
  for (const [what, [type, name, changes, error, message]] of Object.entries(refusals)) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(incremental(type, name, changes), [[name, error, message]])
      assert.deepEqual(cluster.records, [])
    })
  }

  it('refuses to append beyond what can be written', () => {
    const name = 'leader.replication.throttled.replicas'
    const list = Array.from({ length: 3_000 }, (_, index) => `${10_000 + index}:1`).join(',')
    assert.deepEqual(incremental(topicType, 't', [[name, 'set', list]]), [['t', 'NONE', null]])
    const more = Array.from({ length: 3_000 }, (_, index) => `${20_000 + index}:1`).join(',')
    assert.deepEqual(incremental(topicType, 't', [[name, 'append', more]]), [
      [
        't',
        'INVALID_CONFIG',
        'The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.',
      ],
    ])
  })

  it('refuses a resource that is named twice', () => {
    const twice = [topicType, 't', [['retention.ms', 'set', '9']]] as const
    assert.deepEqual(incrementalAll([twice, twice]), [['t', 'INVALID_REQUEST', 'Duplicate resource.']])
  })

  it('lets a policy refuse, which sees only what was asked for', () => {
    const seen: AlteredConfig[] = []
    const alterConfigPolicy = (change: AlteredConfig) => {
      seen.push(change)
      return change.changes.has('segment.bytes') ? problem('POLICY_VIOLATION', 'no') : undefined
    }
    cluster = Cluster.withBrokers([1], { alterConfigPolicy })
    cluster.addTopic('t', [[1]], { 'retention.ms': '5' })
    assert.deepEqual(incremental(topicType, 't', [['segment.bytes', 'set', '1048576']]), [
      ['t', 'POLICY_VIOLATION', 'no'],
    ])
    assert.deepEqual(replace(topicType, 't', { 'flush.ms': '1' }), [['NONE', null]])
    assert.deepEqual(
      seen.map(({ changes }) => [...changes]),
      [[['retention.ms', '5']], [['segment.bytes', '1048576']], [['flush.ms', '1']]],
    )
  })
})

describe('AlterConfigs', () => {
  it('makes these the only configs of the resource', () => {
    assert.deepEqual(replace(topicType, 't', { 'segment.bytes': '1048576' }), [['NONE', null]])
    assert.deepEqual(configs(topicType, 't'), { 'segment.bytes': '1048576' })
  })

  it('takes all configs away when it names none', () => {
    assert.deepEqual(replace(topicType, 't', {}), [['NONE', null]])
    assert.deepEqual(configs(topicType, 't'), {})
  })

  it('refuses null values', () => {
    assert.deepEqual(replace(topicType, 't', { 'retention.ms': null }), [
      ['INVALID_REQUEST', 'Null value not supported for : retention.ms'],
    ])
  })

  it('cannot take min.insync.replicas of the cluster away by leaving it out, with ELR', () => {
    assert.deepEqual(replace(brokerType, '', { 'log.retention.ms': '7' }), [
      ['INVALID_CONFIG', 'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.'],
    ])
  })
})

describe('min.insync.replicas', () => {
  beforeEach(() => {
    incremental(topicType, 't', [['min.insync.replicas', 'set', '2']])
    cluster.heartbeat(2, { wantFence: true })
    assert.equal(cluster.leadership('t'), 'leader 1 isr 1 elr 2')
  })

  it('changed for a topic forgets who was eligible there', () => {
    incremental(topicType, 't', [['min.insync.replicas', 'set', '1']])
    assert.equal(cluster.leadership('t'), 'leader 1 isr 1 elr ')
  })

  it('changed for the cluster forgets who was eligible anywhere', () => {
    incremental(brokerType, '', [['min.insync.replicas', 'set', '3']])
    assert.deepEqual(
      cluster.records.map(({ type }) => type),
      ['ConfigRecord', 'ClearElrRecord'],
    )
    assert.equal(cluster.leadership('t'), 'leader 1 isr 1 elr ')
  })
})

describe('cordoned.log.dirs', () => {
  const cordon = (value: string, isForwarded: boolean) =>
    incremental(brokerType, '1', [['cordoned.log.dirs', 'set', value]], { context: { ...allAllowed, isForwarded } })

  it('may be anything for the broker itself, less for whoever asks the controller', () => {
    assert.deepEqual(cordon('/a,/b', true), [['1', 'NONE', null]])
    assert.deepEqual(cordon('/b', false), [['1', 'NONE', null]])
    assert.equal(cordon('/c', false)[0]?.[1], 'INVALID_CONFIG')
  })

  it('needs 4.3', () => {
    cluster = Cluster.active({
      bootstrapRecords: [{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 29 }],
    })
    cluster.addBroker(1)
    assert.deepEqual(cordon('/a', true), [
      [
        '1',
        'INVALID_CONFIG',
        'The cordoned.log.dirs configuration value cannot be set because it requires metadata.version >= 4.3-IV0',
      ],
    ])
  })
})

describe('Altering configs needs to be allowed', () => {
  it('for topics, groups and the cluster apart', () => {
    const context = allowing('AlterConfigs topic:t')
    const change: readonly Operation[] = [['retention.ms', 'set', '9']]
    assert.deepEqual(
      incrementalAll(
        [
          [topicType, 't', change],
          [topicType, 'u', change],
          [groupType, 'g', []],
          [brokerType, '1', []],
          [metricsType, 'm', []],
        ],
        { context },
      ).map(([name, error]) => [name, error]),
      [
        ['t', 'NONE'],
        ['u', 'TOPIC_AUTHORIZATION_FAILED'],
        ['g', 'GROUP_AUTHORIZATION_FAILED'],
        ['1', 'CLUSTER_AUTHORIZATION_FAILED'],
        ['m', 'CLUSTER_AUTHORIZATION_FAILED'],
      ],
    )
  })
})

describe('Topics take their defaults', () => {
  it('from what is set for the cluster, while that agrees with itself', () => {
    incremental(brokerType, '', [['unclean.leader.election.enable', 'set', 'true']])
    cluster.heartbeat(1, { wantFence: true })
    cluster.heartbeat(2, { wantFence: true })
    cluster.nowMs += 10_000
    cluster.register(1, { incarnationId: 'BwcHBwcHBwcHBwcHAAAADQ' })
    cluster.register(2, { incarnationId: 'BwcHBwcHBwcHBwcHAAAADg' })
    assert.equal(cluster.partition('t').leader, -1)
    cluster.heartbeat(1, { currentMetadataOffset: cluster.log.length })
    assert.equal(cluster.leadership('t'), 'leader 1 isr 1 elr ')
    assert.equal(cluster.partition('t').leaderRecoveryState, 1)
  })
})
