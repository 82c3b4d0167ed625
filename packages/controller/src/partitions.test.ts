import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { AssignReplicasToDirs, CreatePartitions, errorName } from '@gregor/protocol'
import { allAllowed, allowing, Cluster, idOf } from './cluster-fixture.ts'
import type { RequestContext } from './controller-options.ts'

let cluster: Cluster

beforeEach(() => {
  cluster = Cluster.withBrokers([1, 2, 3])
  cluster.addTopic('t', [
    [1, 2],
    [2, 3],
  ])
})

type Wanted = readonly [name: string, count: number, assignments?: readonly (readonly number[])[]]

function add(topics: readonly Wanted[], more: { context?: RequestContext; validateOnly?: boolean } = {}) {
  const { context = allAllowed, validateOnly = false } = more
  const { results } = cluster.request(
    CreatePartitions,
    {
      topics: topics.map(([name, count, assignments]) => ({
        name,
        count,
        assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
      })),
      timeoutMs: 1,
      validateOnly,
    },
    { context },
  )
  return results.map(({ name, errorCode, errorMessage }) => [name, errorName(errorCode), errorMessage])
}

describe('CreatePartitions', () => {
  it('adds partitions with as many replicas as the others have', () => {
    assert.deepEqual(add([['t', 4]]), [['t', 'NONE', null]])
    assert.equal(cluster.image.topics.byName.get('t')?.partitions.length, 4)
    assert.equal(cluster.partition('t', 3).replicas.length, 2)
    assert.equal(cluster.partition('t', 3).leaderEpoch, 0)
    cluster.checkReplay()
  })

  it('adds them where it is told', () => {
    assert.deepEqual(add([['t', 3, [[3, 1]]]]), [['t', 'NONE', null]])
    assert.deepEqual(cluster.partition('t', 2).replicas, [3, 1])
  })

  it('only checks when it is told to', () => {
    assert.deepEqual(add([['t', 3]], { validateOnly: true }), [['t', 'NONE', null]])
    assert.deepEqual(cluster.records, [])
  })

  const refusals: Readonly<Record<string, readonly [readonly Wanted[], string, string | null]>> = {
    'a topic that is not there': [[['u', 3]], 'UNKNOWN_TOPIC_OR_PARTITION', null],
    'as many as there are': [[['t', 2]], 'INVALID_PARTITIONS', 'Topic already has 2 partition(s).'],
    'fewer than there are': [
      [['t', 1]],
      'INVALID_PARTITIONS',
      'The topic t currently has 2 partition(s); 1 would not be an increase.',
    ],
    'a topic named twice': [
      [
        ['t', 3],
        ['t', 4],
      ],
      'INVALID_REQUEST',
      'Duplicate topic name.',
    ],
    'another number of assignments than partitions': [
      [['t', 4, [[1, 2]]]],
      'INVALID_REPLICA_ASSIGNMENT',
      'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.',
    ],
    'assignments of another replication factor': [
      [['t', 3, [[1]]]],
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes a partition with 1 replica(s), but this is not consistent with previous ' +
        'partitions, which have 2 replica(s).',
    ],
  }
  for (const [what, [topics, error, message]] of Object.entries(refusals)) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(add(topics), [[topics[0]?.[0], error, message]])
      assert.deepEqual(cluster.records, [])
    })
  }

  it('refuses more than 10,000 at once, before it places any', () => {
    const message = 'One request adds at most 10000 partitions.'
    for (const count of [10_003, 2_147_483_647]) {
      assert.deepEqual(add([['t', count]]), [['t', 'POLICY_VIOLATION', message]])
    }
    assert.deepEqual(cluster.records, [])
    cluster.addTopic('u', [[1]])
    const both: readonly Wanted[] = [
      ['t', 10_000],
      ['u', 4],
    ]
    assert.deepEqual(add(both), [
      ['t', 'NONE', null],
      ['u', 'POLICY_VIOLATION', message],
    ])
    assert.equal(cluster.image.topics.byName.get('t')?.partitions.length, 10_000)
  })

  it('refuses assignments to brokers that are down', () => {
    for (const brokerId of [2, 3]) cluster.heartbeat(brokerId, { wantFence: true })
    assert.deepEqual(add([['t', 3, [[2, 3]]]]), [
      [
        't',
        'INVALID_REPLICA_ASSIGNMENT',
        'All brokers specified in the manual partition assignment for partition 2 are fenced or in controlled shutdown.',
      ],
    ])
  })

  it('refuses to place what there are not enough brokers for', () => {
    for (const brokerId of [1, 2, 3]) cluster.heartbeat(brokerId, { wantFence: true })
    assert.equal(add([['t', 3]])[0]?.[1], 'INVALID_REPLICATION_FACTOR')
  })

  it('needs to be allowed, and counts against the quota', () => {
    assert.deepEqual(add([['t', 3]], { context: allowing() }), [['t', 'TOPIC_AUTHORIZATION_FAILED', null]])
    const context = { ...allAllowed, chargeMutations: (count: number) => count < 2 }
    assert.deepEqual(add([['t', 4]], { context }), [['t', 'THROTTLING_QUOTA_EXCEEDED', null]])
    assert.deepEqual(add([['t', 3]], { context }), [['t', 'NONE', null]])
  })
})

describe('AssignReplicasToDirs', () => {
  const online = idOf(201)

  it('writes down where a replica lies, once', () => {
    cluster.register(1, { logDirs: [online, idOf(301)] })
    assert.equal(errorName(cluster.assign(1, idOf(301), 't', 0)), 'NONE')
    assert.deepEqual(cluster.partition('t').directories, [idOf(301), idOf(202)])
    cluster.assign(1, idOf(301), 't', 0)
    assert.deepEqual(cluster.records, [])
  })

  it('takes a replica in a directory that is offline out of the ISR', () => {
    assert.equal(errorName(cluster.assign(1, idOf(999), 't', 0)), 'NONE')
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2 elr ')
    assert.deepEqual(cluster.partition('t').directories, [idOf(999), idOf(202)])
    cluster.checkReplay()
  })

  it('answers for what is not there, or not on that broker', () => {
    assert.equal(errorName(cluster.assign(1, online, 'u', 0)), 'UNKNOWN_TOPIC_ID')
    assert.equal(errorName(cluster.assign(1, online, 't', 9)), 'UNKNOWN_TOPIC_OR_PARTITION')
    assert.equal(errorName(cluster.assign(1, online, 't', 1)), 'NOT_LEADER_OR_FOLLOWER')
  })

  it('refuses a broker of another epoch, and a metadata.version that knows no directories', () => {
    const request = { brokerId: 1, brokerEpoch: -1, directories: [] }
    assert.equal(errorName(cluster.request(AssignReplicasToDirs, request).errorCode), 'STALE_BROKER_EPOCH')
    cluster = Cluster.active({
      bootstrapRecords: [{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 16 }],
    })
    assert.equal(errorName(cluster.request(AssignReplicasToDirs, request).errorCode), 'UNSUPPORTED_VERSION')
  })
})
