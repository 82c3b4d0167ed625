import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  applyOperations,
  operationsFromRequest,
  replaceConfigs,
  resourceNameProblem,
  resourceProblem,
} from './alter-configs.ts'
import type { ConfigOperation, ConfigResourceType } from './alter-configs.ts'
import { BrokerConfig } from './broker-config.ts'

const config = BrokerConfig.load()
const nothing = new Map<string, string>()

const set = (name: string, value: string): ConfigOperation => ({ name, operation: 'set', value })
const unset = (name: string): ConfigOperation => ({ name, operation: 'delete' })
const append = (name: string, value: string): ConfigOperation => ({ name, operation: 'append', value })
const subtract = (name: string, value: string): ConfigOperation => ({ name, operation: 'subtract', value })

/** What a request comes to: NONE, or error and message. */
function outcome(
  type: ConfigResourceType,
  operations: readonly ConfigOperation[],
  stored: Readonly<Record<string, string>> = {},
  of: BrokerConfig = config,
): string {
  const current = new Map(Object.entries(stored))
  const altered = applyOperations(type, current, operations)
  if (altered.error !== 'NONE') return `${altered.error}: ${altered.message}`
  const problem = resourceProblem(of, type, altered.configs, current)
  return problem === undefined ? 'NONE' : `${problem.error}: ${problem.message}`
}

// Asked of Apache Kafka 4.3.1 one by one.
const asApache: readonly (readonly [ConfigResourceType, readonly ConfigOperation[], string])[] = [
  ['topic', [set('retention.ms', '1000')], 'NONE'],
  [
    'topic',
    [set('retention.ms', '-5')],
    'INVALID_CONFIG: Invalid value -5 for configuration retention.ms: Value must be at least -1',
  ],
  [
    'topic',
    [set('retention.ms', 'abc')],
    'INVALID_CONFIG: Invalid value abc for configuration retention.ms: Not a number of type LONG',
  ],
  ['topic', [set('nonsense', '1')], 'INVALID_CONFIG: Unknown topic config name: nonsense'],
  [
    'topic',
    [set('message.format.version', '2.8')],
    'INVALID_CONFIG: Unknown topic config name: message.format.version',
  ],
  ['topic', [unset('nonsense')], 'NONE'],
  ['topic', [append('cleanup.policy', 'compact')], 'NONE'],
  [
    'topic',
    [append('cleanup.policy', 'squash')],
    'INVALID_CONFIG: Invalid value squash for configuration cleanup.policy: String must be one of: compact, delete',
  ],
  ['topic', [subtract('cleanup.policy', 'delete')], 'NONE'],
  [
    'topic',
    [append('retention.ms', '5')],
    "INVALID_CONFIG: Can't APPEND to key retention.ms because its type is not LIST.",
  ],
  [
    'topic',
    [subtract('nonsense', '5')],
    "INVALID_CONFIG: Can't SUBTRACT to key nonsense because its type is not LIST.",
  ],
  [
    'topic',
    [set('min.compaction.lag.ms', '100'), set('max.compaction.lag.ms', '50')],
    'INVALID_CONFIG: conflict topic config setting min.compaction.lag.ms (100) > max.compaction.lag.ms (50)',
  ],
  ['topic', [set('cleanup.policy', 'delete,delete')], 'NONE'],
  ['topic', [set('cleanup.policy', '')], 'NONE'],
  [
    'topic',
    [set('remote.storage.enable', 'true')],
    'INVALID_CONFIG: Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
  ],
  [
    'topic',
    [set('segment.bytes', '14')],
    'INVALID_CONFIG: Invalid value 14 for configuration segment.bytes: Value must be at least 1048576',
  ],
  ['topic', [set('internal.segment.bytes', '1400')], 'NONE'],
  ['group', [set('consumer.session.timeout.ms', '50000')], 'NONE'],
  [
    'group',
    [set('consumer.session.timeout.ms', '1')],
    'INVALID_CONFIG: consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms',
  ],
  [
    'group',
    [set('consumer.session.timeout.ms', '100000')],
    'INVALID_CONFIG: consumer.session.timeout.ms must be less than or equal to group.consumer.max.session.timeout.ms',
  ],
  [
    'group',
    [set('consumer.heartbeat.interval.ms', '0')],
    'INVALID_CONFIG: Invalid value 0 for configuration consumer.heartbeat.interval.ms: Value must be at least 1',
  ],
  ['group', [set('nonsense', '0')], 'INVALID_CONFIG: Unknown group config name: nonsense'],
  [
    'group',
    [append('consumer.session.timeout.ms', '0')],
    "INVALID_CONFIG: Can't APPEND to key consumer.session.timeout.ms because its type is not LIST.",
  ],
  [
    'group',
    [set('share.isolation.level', 'x')],
    'INVALID_CONFIG: Invalid value x for configuration share.isolation.level: String must be one of: read_committed, read_uncommitted',
  ],
  [
    'group',
    [set('streams.num.standby.replicas', '9')],
    'INVALID_CONFIG: streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas',
  ],
  [
    'group',
    [set('share.assignment.interval.ms', '16000')],
    'INVALID_CONFIG: share.assignment.interval.ms must be less than or equal to group.share.max.assignment.interval.ms',
  ],
  ['clientMetrics', [set('interval.ms', '100')], 'NONE'],
  [
    'clientMetrics',
    [set('interval.ms', '10')],
    'INVALID_REQUEST: Invalid value 10 for interval.ms, interval must be between 100 and 3600000 (1 hour)',
  ],
  [
    'clientMetrics',
    [set('interval.ms', 'x')],
    'INVALID_CONFIG: Invalid value x for configuration interval.ms: Not a number of type INT',
  ],
  ['clientMetrics', [set('match', 'client_id=a,foo=b')], 'INVALID_CONFIG: Illegal client matching pattern: foo=b'],
  ['clientMetrics', [set('match', 'client_id=a')], 'NONE'],
  ['clientMetrics', [set('match', 'client_id=(')], 'INVALID_CONFIG: Illegal client matching pattern: client_id=('],
  ['clientMetrics', [set('nonsense', 'x')], 'INVALID_REQUEST: Unknown client metrics configuration: nonsense'],
  [
    'clientMetrics',
    [append('metrics', 'a.b')],
    "INVALID_CONFIG: Can't APPEND to key metrics because its type is not LIST.",
  ],
]

describe('a change of configs', () => {
  for (const [type, operations, expected] of asApache) {
    const asked = operations.map(({ operation, name, value }) => `${operation} ${name}=${value}`).join(', ')
    it(`of a ${type}, ${asked}, is answered with ${expected}`, () => {
      assert.equal(outcome(type, operations), expected)
    })
  }

  it('appends to what is stored, else to the default, and nothing twice', () => {
    const first = applyOperations('topic', nothing, [append('cleanup.policy', 'compact,delete')])
    assert.deepEqual(first, {
      error: 'NONE',
      configs: new Map([['cleanup.policy', 'delete,compact']]),
      changes: new Map([['cleanup.policy', 'delete,compact']]),
    })
    const stored = new Map([['leader.replication.throttled.replicas', '0:1']])
    const second = applyOperations('topic', stored, [append('leader.replication.throttled.replicas', '0:2,0:1')])
    assert.equal(second.error === 'NONE' && second.configs.get('leader.replication.throttled.replicas'), '0:1,0:2')
  })

  it('leaves an empty list when everything is taken out of one', () => {
    const altered = applyOperations('topic', new Map([['cleanup.policy', 'compact']]), [
      subtract('cleanup.policy', 'compact,never-there'),
    ])
    assert.deepEqual(altered, {
      error: 'NONE',
      configs: new Map([['cleanup.policy', '']]),
      changes: new Map([['cleanup.policy', '']]),
    })
  })

  it('writes nothing down where a topic keeps its value, but a broker is told again', () => {
    const stored = new Map([
      ['retention.ms', '1'],
      ['segment.ms', '2'],
    ])
    const topic = applyOperations('topic', stored, [set('retention.ms', '1'), unset('segment.ms'), unset('flush.ms')])
    assert.deepEqual(topic, {
      error: 'NONE',
      configs: new Map([['retention.ms', '1']]),
      changes: new Map([['segment.ms', undefined]]),
    })
    const broker = applyOperations('broker', new Map([['ssl.key.password', 'x']]), [set('ssl.key.password', 'x')])
    assert.deepEqual(broker.error === 'NONE' && broker.changes, new Map([['ssl.key.password', 'x']]))
  })

  it('replaces everything in one go', () => {
    const stored = new Map([
      ['retention.ms', '1'],
      ['segment.ms', '2'],
    ])
    assert.deepEqual(replaceConfigs('topic', stored, new Map([['retention.ms', '3']])), {
      error: 'NONE',
      configs: new Map([['retention.ms', '3']]),
      changes: new Map([
        ['retention.ms', '3'],
        ['segment.ms', undefined],
      ]),
    })
  })

  it('refuses a value that is too long to be stored', () => {
    const long = `delete,${'x'.repeat(32_767)}`
    assert.match(
      outcome('topic', [set('cleanup.policy', long)]),
      /^INVALID_CONFIG: The value of cleanup.policy is longer than 32767/,
    )
    assert.match(outcome('broker', [set('x', long)]), /^INVALID_CONFIG/)
  })

  it('holds a session timeout against the heartbeat interval', () => {
    const loose = BrokerConfig.load({ properties: new Map([['group.consumer.min.session.timeout.ms', '1']]) })
    assert.equal(
      outcome('group', [set('consumer.session.timeout.ms', '5000')], {}, loose),
      'INVALID_CONFIG: consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms',
    )
  })
})

describe('a topic in tiered storage', () => {
  const tiered = BrokerConfig.load({ properties: new Map([['remote.log.storage.system.enable', 'true']]) })
  const on = { 'remote.storage.enable': 'true' }

  const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly ConfigOperation[], RegExp])[] = [
    ['may be told to keep less locally', on, [set('local.retention.ms', '1000')], /^NONE$/],
    [
      'cannot keep more locally than altogether',
      on,
      [set('local.retention.ms', '604800001')],
      /local\.retention\.ms: Value must not be more than retention\.ms/,
    ],
    [
      'cannot keep everything locally while something expires',
      on,
      [set('retention.bytes', '5'), set('local.retention.bytes', '-1')],
      /local\.retention\.bytes/,
    ],
    ['cannot be compacted', on, [set('cleanup.policy', 'compact')], /only supports topics with cleanup\.policy=delete/],
    [
      'cannot leave it and keep what is there',
      on,
      [set('remote.storage.enable', 'false')],
      /remote\.log\.delete\.on\.disable=true/,
    ],
    [
      'can leave it and delete what is there',
      on,
      [set('remote.storage.enable', 'false'), set('remote.log.delete.on.disable', 'true')],
      /^NONE$/,
    ],
    [
      'keeps as much locally as altogether once copying stopped',
      on,
      [set('remote.log.copy.disable', 'true'), set('local.retention.ms', '5')],
      /local\.retention\.ms must be the same as retention\.ms/,
    ],
    ['may stop copying', on, [set('remote.log.copy.disable', 'true')], /^NONE$/],
  ]
  for (const [what, stored, operations, expected] of cases) {
    it(what, () => {
      assert.match(outcome('topic', operations, stored, tiered), expected)
    })
  }
})

describe('operationsFromRequest', () => {
  it('takes the four operations by their number, and set where there is none', () => {
    assert.deepEqual(
      operationsFromRequest([
        { name: 'a', configOperation: 0, value: '1' },
        { name: 'b', configOperation: 1, value: null },
        { name: 'c', configOperation: 2, value: 'x' },
        { name: 'd', configOperation: 3, value: 'x' },
        { name: 'e', value: '1' },
      ]),
      [set('a', '1'), unset('b'), append('c', 'x'), subtract('d', 'x'), set('e', '1')],
    )
  })

  it('refuses a key twice, a missing value, and an operation nobody knows', () => {
    assert.deepEqual(
      operationsFromRequest([
        { name: 'a', value: '1' },
        { name: 'a', value: '2' },
      ]),
      { error: 'INVALID_REQUEST', message: 'Error due to duplicate config keys' },
    )
    assert.deepEqual(
      operationsFromRequest([
        { name: 'a', configOperation: 0, value: null },
        { name: 'b', configOperation: 2, value: null },
      ]),
      { error: 'INVALID_REQUEST', message: 'Null value not supported for : a, b' },
    )
    assert.deepEqual(operationsFromRequest([{ name: 'a', configOperation: 9, value: '' }]), {
      error: 'INVALID_REQUEST',
      message: 'Unknown operations type 9',
    })
  })
})

describe('resourceNameProblem', () => {
  it('refuses what has no configs', () => {
    assert.deepEqual(resourceNameProblem('topic', ''), {
      error: 'INVALID_REQUEST',
      message: 'Default topic resources are not allowed.',
    })
    assert.deepEqual(resourceNameProblem('group', ''), {
      error: 'INVALID_REQUEST',
      message: 'Default group resources are not allowed.',
    })
    assert.deepEqual(resourceNameProblem('clientMetrics', ''), {
      error: 'INVALID_REQUEST',
      message: "Subscription name can't be empty",
    })
    assert.equal(resourceNameProblem('broker', 'x')?.message, 'Broker id must be an integer, but it is: x')
    assert.equal(resourceNameProblem('broker', '-1')?.message, 'Invalid negative broker ID.')
    for (const [type, name] of [
      ['broker', ''],
      ['broker', '7'],
      ['topic', 't'],
      ['group', 'g'],
      ['clientMetrics', 'm'],
    ] as const) {
      assert.equal(resourceNameProblem(type, name), undefined)
    }
  })
})
