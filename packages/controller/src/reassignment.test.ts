import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { AlterPartition, AlterPartitionReassignments, errorName, ListPartitionReassignments } from '@gregor/protocol'
import { allowing, Cluster } from './cluster-fixture.ts'

let cluster: Cluster

beforeEach(() => {
  cluster = Cluster.withBrokers([1, 2, 3, 4])
  cluster.addTopic('t', [[1, 2, 3]])
})

function move(
  replicas: readonly number[] | null,
  more: { topic?: string; partition?: number; allowsOtherFactor?: boolean } = {},
) {
  const { topic = 't', partition = 0, allowsOtherFactor = true } = more
  const { responses } = cluster.request(AlterPartitionReassignments, {
    allowReplicationFactorChange: allowsOtherFactor,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, replicas }] }],
  })
  const [result] = responses[0]?.partitions ?? []
  return [errorName(result?.errorCode ?? -1), result?.errorMessage]
}

function inSync(...isr: number[]): string {
  const { leader, leaderEpoch, partitionEpoch } = cluster.partition('t')
  const topicId = cluster.image.topics.byName.get('t')?.id ?? ''
  const epochOf = (brokerId: number) => cluster.image.brokers.get(brokerId)?.epoch ?? -1
  const newIsrWithEpochs = isr.map((brokerId) => ({ brokerId, brokerEpoch: epochOf(brokerId) }))
  const { topics } = cluster.request(AlterPartition, {
    brokerId: leader,
    brokerEpoch: epochOf(leader),
    topics: [{ topicId, partitions: [{ partitionIndex: 0, leaderEpoch, partitionEpoch, newIsrWithEpochs }] }],
  })
  return errorName(topics[0]?.partitions[0]?.errorCode ?? -1)
}

function replicas(): string {
  const { replicas: all, addingReplicas, removingReplicas } = cluster.partition('t')
  return `${all.join()} adding ${addingReplicas.join()} removing ${removingReplicas.join()}`
}

function listed(topics: readonly { name: string; partitionIndexes: readonly number[] }[] | null) {
  const response = cluster.request(ListPartitionReassignments, { topics })
  return response.topics.map(({ name, partitions }) => [name, partitions.map(({ partitionIndex }) => partitionIndex)])
}

describe('A reassignment', () => {
  it('adds the new replicas beside the old ones, and is complete when they are in sync', () => {
    assert.deepEqual(move([4, 1, 2]), ['NONE', null])
    assert.equal(replicas(), '4,1,2,3 adding 4 removing 3')
    assert.equal(inSync(1, 2, 3, 4), 'NONE')
    assert.equal(replicas(), '4,1,2 adding  removing ')
    assert.equal(cluster.leadership('t'), 'leader 1 isr 1,2,4 elr ')
    cluster.checkReplay()
  })

  it('that takes the leader away tells it that another one leads', () => {
    move([2, 3, 4])
    assert.equal(inSync(1, 2, 3, 4), 'NEW_LEADER_ELECTED')
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2,3,4 elr ')
  })

  it('is listed while it is under way', () => {
    assert.deepEqual(listed(null), [])
    move([4, 1, 2])
    assert.deepEqual(listed(null), [['t', [0]]])
    assert.deepEqual(
      listed([
        { name: 't', partitionIndexes: [0, 7] },
        { name: 'u', partitionIndexes: [0] },
      ]),
      [['t', [0]]],
    )
    assert.deepEqual(listed([]), [])
  })

  it('is given up: the new replicas go again', () => {
    move([4, 1, 2])
    assert.deepEqual(move(null), ['NONE', null])
    assert.equal(replicas(), '1,2,3 adding  removing ')
  })

  it('that only reorders is complete at once', () => {
    assert.deepEqual(move([3, 2, 1]), ['NONE', null])
    assert.equal(replicas(), '3,2,1 adding  removing ')
  })

  it('to what there is changes nothing', () => {
    assert.deepEqual(move([1, 2, 3]), ['NONE', null])
    assert.deepEqual(cluster.records, [])
  })

  it('may be replaced by another one', () => {
    move([4, 1, 2])
    move([4, 1])
    assert.equal(replicas(), '4,1,2,3 adding 4 removing 2,3')
  })

  const refusals: Readonly<Record<string, readonly [() => unknown[], string, string | null]>> = {
    'of a topic that is not there': [
      () => move([1], { topic: 'u' }),
      'UNKNOWN_TOPIC_OR_PARTITION',
      'Unable to find a topic named u.',
    ],
    'of a partition that is not there': [
      () => move([1], { partition: 7 }),
      'UNKNOWN_TOPIC_OR_PARTITION',
      'Unable to find partition t:7.',
    ],
    'to a broker that is not there': [
      () => move([9]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes broker 9, but no such broker is registered.',
    ],
    'to nowhere': [
      () => move([]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes an empty replica list.',
    ],
    'to another factor where that is not wanted': [
      () => move([1, 2], { allowsOtherFactor: false }),
      'INVALID_REPLICATION_FACTOR',
      'The replication factor is changed from 3 to 2',
    ],
    'given up that is not under way': [() => move(null), 'NO_REASSIGNMENT_IN_PROGRESS', null],
  }
  for (const [what, [ask, error, message]] of Object.entries(refusals)) {
    it(`${what} is refused`, () => {
      assert.deepEqual(ask(), [error, message])
      assert.deepEqual(cluster.records, [])
    })
  }

  it('keeps the factor it will have at its end', () => {
    move([4, 1, 2])
    assert.deepEqual(move([4, 2, 3], { allowsOtherFactor: false }), ['NONE', null])
  })

  it('cannot be given up where only a new replica is in sync, unless data may be lost', () => {
    const loses: Readonly<Record<string, string>> = { 'unclean.leader.election.enable': 'true' }
    cluster.addTopic('u', [[1, 3]], { 'min.insync.replicas': '1' })
    cluster.addTopic('w', [[1, 3]], loses)
    for (const topic of ['u', 'w']) {
      move([2, 4], { topic })
      cluster.inSync(topic, 0, [1, 3, 2])
    }
    for (const brokerId of [1, 3]) cluster.heartbeat(brokerId, { wantFence: true })
    assert.equal(cluster.leadership('u'), 'leader 2 isr 2 elr ')
    assert.deepEqual(move(null, { topic: 'u' }), [
      'INVALID_REPLICA_ASSIGNMENT',
      'Unable to revert partition assignment for u:0 because it would require an unclean leader election.',
    ])
    assert.deepEqual(move(null, { topic: 'w' }), ['NONE', null])
    assert.deepEqual(cluster.partition('w').replicas, [1, 3])
  })

  it('needs to be allowed', () => {
    const context = allowing('Describe cluster:kafka-cluster')
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas: [1] }] }]
    const { errorCode, responses } = cluster.request(AlterPartitionReassignments, { topics }, { context })
    assert.equal(errorName(errorCode), 'CLUSTER_AUTHORIZATION_FAILED')
    assert.equal(responses.length, 1)
    assert.equal(cluster.request(ListPartitionReassignments, {}, { context }).errorCode, 0)
    assert.equal(
      errorName(cluster.request(ListPartitionReassignments, {}, { context: allowing() }).errorCode),
      'CLUSTER_AUTHORIZATION_FAILED',
    )
  })
})
