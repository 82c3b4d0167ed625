import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { CreateTopics, errorName } from '@gregor/protocol'
import type { RequestInput } from '@gregor/protocol'
import { problem } from './api-problem.ts'
import { allAllowed, allowing, Cluster } from './cluster-fixture.ts'
import type { NewTopic } from './controller-options.ts'

type Topic = RequestInput<typeof CreateTopics>['topics'][number]

let cluster: Cluster

beforeEach(() => {
  cluster = Cluster.withBrokers([1, 2, 3])
})

const plain: Topic = { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
const manual = (...replicas: number[][]): Partial<Topic> => ({
  numPartitions: -1,
  replicationFactor: -1,
  assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
})

function create(
  topics: readonly Partial<Topic>[],
  more: { validateOnly?: boolean; context?: typeof allAllowed; version?: number } = {},
) {
  const { validateOnly = false, context = allAllowed, version = 7 } = more
  const wanted = topics.map((topic) => ({ ...plain, ...topic }))
  return cluster.request(
    CreateTopics,
    { topics: wanted, ...(version >= 1 ? { validateOnly } : {}) },
    { context, version },
  ).topics
}

/** Name, error and message of each. */
function outcome(topics: ReturnType<typeof create>): unknown[] {
  return topics.map(({ name, errorCode, errorMessage }) => [name, errorName(errorCode), errorMessage])
}

describe('CreateTopics', () => {
  it('writes the topic, its configs and its partitions, in this order', () => {
    const [topic] = create([
      { numPartitions: 2, replicationFactor: 2, configs: [{ name: 'retention.ms', value: '5' }] },
    ])
    assert.equal(topic?.errorCode, 0)
    const topicId = topic.topicId
    assert.deepEqual(
      cluster.records.map(({ type }) => type),
      ['TopicRecord', 'ConfigRecord', 'PartitionRecord', 'PartitionRecord'],
    )
    assert.deepEqual(cluster.records[0], { type: 'TopicRecord', version: 0, name: 't', topicId })
    const { replicas, isr, leader, leaderEpoch, partitionEpoch, directories } = cluster.partition('t', 1)
    assert.deepEqual(
      { count: replicas.length, isr, leader, leaderEpoch, partitionEpoch },
      {
        count: 2,
        isr: replicas,
        leader: replicas[0],
        leaderEpoch: 0,
        partitionEpoch: 0,
      },
    )
    assert.deepEqual(
      directories,
      replicas.map((id) => cluster.image.brokers.get(id)?.directories[0]),
    )
    cluster.checkReplay()
  })

  it('answers with id, counts and configs', () => {
    const [topic] = create([
      { numPartitions: 3, replicationFactor: 2, configs: [{ name: 'retention.ms', value: '5' }] },
    ])
    assert.deepEqual([topic?.numPartitions, topic?.replicationFactor, topic?.topicConfigErrorCode], [3, 2, 0])
    const retention = topic?.configs?.find(({ name }) => name === 'retention.ms')
    assert.deepEqual(retention, {
      name: 'retention.ms',
      value: '5',
      readOnly: false,
      configSource: 1,
      isSensitive: false,
    })
    const names = topic?.configs?.map(({ name }) => name) ?? []
    assert.deepEqual(names, names.toSorted())
  })

  it('answers without configs to whoever may not see them', () => {
    const [topic] = create([{}], { context: allowing('Create cluster:kafka-cluster') })
    assert.deepEqual(
      [topic?.errorCode, errorName(topic?.topicConfigErrorCode ?? 0), topic?.numPartitions, topic?.configs],
      [0, 'TOPIC_AUTHORIZATION_FAILED', -1, []],
    )
  })

  it('takes counts from the defaults at -1', () => {
    cluster = Cluster.withBrokers([1, 2, 3], {
      properties: { 'num.partitions': '4', 'default.replication.factor': '3' },
    })
    create([{ numPartitions: -1, replicationFactor: -1 }])
    assert.equal(cluster.image.topics.byName.get('t')?.partitions.length, 4)
    assert.equal(cluster.partition('t').replicas.length, 3)
  })

  it('only checks when it is told to', () => {
    const [topic] = create([{ numPartitions: 2 }], { validateOnly: true })
    assert.deepEqual([topic?.errorCode, topic?.numPartitions], [0, 2])
    assert.deepEqual(cluster.records, [])
  })

  it('creates what is fine and says why the rest is not', () => {
    assert.deepEqual(outcome(create([{ name: 'good' }, { name: 'bad/name' }])), [
      ['good', 'NONE', null],
      [
        'bad/name',
        'INVALID_TOPIC_EXCEPTION',
        "Topic name is invalid: 'bad/name' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
      ],
    ])
    assert.equal(cluster.image.topics.byName.size, 1)
  })

  it('makes an assigned topic of those replicas; in sync are those that are up', () => {
    cluster.heartbeat(2, { wantFence: true })
    create([manual([2, 3], [3, 1])])
    assert.deepEqual(cluster.partition('t', 0).replicas, [2, 3])
    assert.equal(cluster.leadership('t', 0), 'leader 3 isr 3 elr ')
    assert.equal(cluster.leadership('t', 1), 'leader 3 isr 3,1 elr ')
  })

  it('clears the ELR it never had with min.insync.replicas', () => {
    create([{ configs: [{ name: 'min.insync.replicas', value: '2' }] }])
    assert.deepEqual(
      cluster.records.map(({ type }) => type),
      ['TopicRecord', 'ConfigRecord', 'ClearElrRecord', 'PartitionRecord'],
    )
  })

  it('leaves directories to the broker that has several', () => {
    cluster.addBroker(4, { logDirs: ['BwcHBwcHBwcHBwcHAAAABA', 'BwcHBwcHBwcHBwcHAAAABQ'] })
    create([manual([4])])
    assert.deepEqual(cluster.partition('t').directories, ['AAAAAAAAAAAAAAAAAAAAAQ'])
  })

  it('answers version 0 as well', () => {
    assert.deepEqual(
      create([{}], { version: 0 }).map(({ name, errorCode }) => [name, errorCode]),
      [['t', 0]],
    )
  })
})

describe('A topic is not created', () => {
  const cases: Readonly<Record<string, readonly [Partial<Topic>, string, string | null]>> = {
    'without a name': [
      { name: '' },
      'INVALID_TOPIC_EXCEPTION',
      'Topic name is invalid: the empty string is not allowed',
    ],
    'named .': [{ name: '.' }, 'INVALID_TOPIC_EXCEPTION', "Topic name is invalid: '.' is not allowed"],
    'named ..': [{ name: '..' }, 'INVALID_TOPIC_EXCEPTION', "Topic name is invalid: '..' is not allowed"],
    'with a name of 250 characters': [
      { name: 'x'.repeat(250) },
      'INVALID_TOPIC_EXCEPTION',
      `Topic name is invalid: the length of '${'x'.repeat(250)}' is longer than the max allowed length 249`,
    ],
    'named like the metadata log': [
      { name: '__cluster_metadata' },
      'INVALID_REQUEST',
      'Creation of internal topic __cluster_metadata is prohibited.',
    ],
    'with an unknown config': [
      { configs: [{ name: 'no.such', value: '1' }] },
      'INVALID_CONFIG',
      'Unknown topic config name: no.such',
    ],
    'with a config that is null': [
      {
        configs: [
          { name: 'retention.ms', value: null },
          { name: 'a', value: null },
        ],
      },
      'INVALID_CONFIG',
      'Null value not supported for topic configs: retention.ms,a',
    ],
    'with 0 partitions': [
      { numPartitions: 0 },
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    ],
    'with -2 partitions': [
      { numPartitions: -2 },
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    ],
    'with 0 replicas': [
      { replicationFactor: 0 },
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    ],
    'with more replicas than brokers': [
      { replicationFactor: 4 },
      'INVALID_REPLICATION_FACTOR',
      'Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached because only 3 ' +
        'broker(s) are registered or some brokers have all their log directories cordoned.',
    ],
    'with assignments and a replication factor': [
      { ...manual([1]), replicationFactor: 1 },
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    ],
    'with assignments and a number of partitions': [
      { ...manual([1]), numPartitions: 1 },
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    ],
    'with a partition assigned twice': [
      {
        ...manual([1]),
        assignments: [
          { partitionIndex: 0, brokerIds: [1] },
          { partitionIndex: 0, brokerIds: [2] },
        ],
      },
      'INVALID_REPLICA_ASSIGNMENT',
      'Found multiple manual partition assignments for partition 0',
    ],
    'with a partition left out': [
      {
        ...manual([1]),
        assignments: [
          { partitionIndex: 0, brokerIds: [1] },
          { partitionIndex: 2, brokerIds: [2] },
        ],
      },
      'INVALID_REPLICA_ASSIGNMENT',
      'partitions should be a consecutive 0-based integer sequence',
    ],
    'with a negative partition': [
      { ...manual([1]), assignments: [{ partitionIndex: -1, brokerIds: [1] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      'partitions should be a consecutive 0-based integer sequence',
    ],
    'with no replicas assigned': [
      manual([]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes an empty replica list.',
    ],
    'with a broker assigned twice': [
      manual([1, 1]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes the broker 1 more than once.',
    ],
    'with a broker that is not there': [
      manual([9]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes broker 9, but no such broker is registered.',
    ],
    'with partitions of different factors': [
      manual([1], [1, 2]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes a partition with 2 replica(s), but this is not consistent with previous ' +
        'partitions, which have 1 replica(s).',
    ],
  }
  for (const [what, [topic, error, message]] of Object.entries(cases)) {
    it(`${what}: ${error}`, () => {
      assert.deepEqual(outcome(create([topic])), [[topic.name ?? 't', error, message]])
      assert.deepEqual(cluster.records, [])
    })
  }

  it('that is there already', () => {
    create([{ name: 'a.b' }])
    assert.deepEqual(outcome(create([{ name: 'a.b' }])), [
      ['a.b', 'TOPIC_ALREADY_EXISTS', "Topic 'a.b' already exists."],
    ])
  })

  it('whose name differs from another one in . and _ only', () => {
    create([{ name: 'a.b' }])
    assert.deepEqual(outcome(create([{ name: 'a_b' }])), [
      ['a_b', 'INVALID_TOPIC_EXCEPTION', "Topic 'a_b' collides with existing topic: a.b"],
    ])
  })

  it('that is named twice', () => {
    assert.deepEqual(outcome(create([{}, {}])), [['t', 'INVALID_REQUEST', 'Duplicate topic name.']])
  })

  it('on brokers that are all down', () => {
    for (const brokerId of [1, 2, 3]) cluster.heartbeat(brokerId, { wantFence: true })
    assert.deepEqual(outcome(create([{}, { name: 'u', ...manual([1]) }])), [
      [
        't',
        'INVALID_REPLICATION_FACTOR',
        'Unable to replicate the partition 1 time(s): All brokers are currently fenced, or have all their log ' +
          'directories cordoned.',
      ],
      [
        'u',
        'INVALID_REPLICA_ASSIGNMENT',
        'All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled shutdown.',
      ],
    ])
  })

  it('on brokers that take no new replicas', () => {
    for (const brokerId of [1, 2, 3]) {
      cluster.heartbeat(brokerId, { cordonedLogDirs: cluster.image.brokers.get(brokerId)?.directories ?? [] })
    }
    assert.equal(errorName(create([{}])[0]?.errorCode ?? 0), 'INVALID_REPLICATION_FACTOR')
  })

  it('by whoever may not', () => {
    const context = allowing('Create topic:mine')
    assert.deepEqual(outcome(create([{ name: 'mine' }, { name: 'other' }], { context })), [
      ['mine', 'NONE', null],
      ['other', 'TOPIC_AUTHORIZATION_FAILED', 'Authorization failed.'],
    ])
  })

  it('over the quota on mutations', () => {
    const charged: number[] = []
    const context = { ...allAllowed, chargeMutations: (count: number) => charged.push(count) === 1 }
    assert.deepEqual(outcome(create([{ name: 'a', numPartitions: 3 }, { name: 'b' }], { context })), [
      ['a', 'NONE', null],
      ['b', 'THROTTLING_QUOTA_EXCEEDED', null],
    ])
    assert.deepEqual(charged, [3, 1])
  })

  it('with more than 10,000 partitions in one request', () => {
    const topics = [{ name: 'a', numPartitions: 10_000 }, { name: 'b' }]
    const expected = ['POLICY_VIOLATION', 'Excessively large number of partitions per request.']
    assert.deepEqual(outcome(create(topics)), [
      ['a', ...expected],
      ['b', ...expected],
    ])
  })

  it('against the policy of the cluster, which sees what was asked for', () => {
    const seen: NewTopic[] = []
    const createTopicPolicy = (topic: NewTopic) => {
      seen.push(topic)
      return problem('POLICY_VIOLATION', 'no')
    }
    cluster = Cluster.withBrokers([1, 2], { createTopicPolicy })
    const configs = [{ name: 'retention.ms', value: '5' }]
    assert.deepEqual(
      outcome(
        create([
          { name: 'a', replicationFactor: -1, numPartitions: -1, configs },
          { name: 'b', ...manual([2, 1]) },
        ]),
      ),
      [
        ['a', 'POLICY_VIOLATION', 'no'],
        ['b', 'POLICY_VIOLATION', 'no'],
      ],
    )
    assert.deepEqual(seen, [
      {
        name: 'a',
        partitionCount: 1,
        replicationFactor: 1,
        assignments: undefined,
        configs: new Map([['retention.ms', '5']]),
      },
      {
        name: 'b',
        partitionCount: undefined,
        replicationFactor: undefined,
        assignments: new Map([[0, [2, 1]]]),
        configs: new Map(),
      },
    ])
  })
})

describe('Under an old metadata.version', () => {
  it('partitions are written without directories', () => {
    cluster = Cluster.active({
      bootstrapRecords: [{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 16 }],
      kraftVersion: () => 0,
    })
    cluster.addBroker(1)
    create([{}])
    assert.deepEqual(
      cluster.records.map(({ version }) => version),
      [0, 0],
    )
    assert.deepEqual(cluster.partition('t').directories, ['AAAAAAAAAAAAAAAAAAAAAA'])
  })
})
