import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import type { MetadataResponse } from '@gregor/protocol'
import { KnownCluster } from './known-cluster.ts'

const firstId = 'AAAAAAAAAAAAAAAAAAAAAg'
const secondId = 'AAAAAAAAAAAAAAAAAAAAAw'

type Topic = MetadataResponse['topics'][number]
type Partition = Topic['partitions'][number]

function partition(partitionIndex: number, leaderId: number, leaderEpoch: number, errorCode = 0): Partition {
  return {
    partitionIndex,
    leaderId,
    leaderEpoch,
    errorCode,
    replicaNodes: [1, 2],
    isrNodes: [1, 2],
    offlineReplicas: [],
  }
}

function topic(name: string | null, partitions: readonly Partition[], change: Partial<Topic> = {}): Topic {
  const rest = { errorCode: 0, topicId: firstId, isInternal: false, topicAuthorizedOperations: 0 }
  return { name, partitions: [...partitions], ...rest, ...change }
}

function answer(topics: readonly Topic[], change: Partial<MetadataResponse> = {}): MetadataResponse {
  return {
    throttleTimeMs: 0,
    brokers: [
      { nodeId: 1, host: 'a', port: 1, rack: 'r' },
      { nodeId: 2, host: 'b', port: 2, rack: null },
    ],
    clusterId: 'c',
    controllerId: 2,
    topics: [...topics],
    clusterAuthorizedOperations: 0,
    errorCode: 0,
    ...change,
  }
}

function leaderOf(known: KnownCluster, name: string): readonly [number | undefined, number | undefined] {
  const first = known.topic(name)?.partitions[0]
  return [first?.leaderId, first?.leaderEpoch]
}

describe('an answer', () => {
  it('tells of nodes, cluster, controller and topics, partitions in order', () => {
    const known = new KnownCluster()
    assert.equal(known.answered(answer([topic('t', [partition(1, 2, 0), partition(0, 1, 0)])]), false), true)
    assert.deepEqual([...known.nodes.keys()], [1, 2])
    assert.deepEqual(known.nodes.get(1), { nodeId: 1, host: 'a', port: 1, rack: 'r' })
    assert.equal(known.clusterId, 'c')
    assert.equal(known.controllerId, 2)
    assert.deepEqual(
      known.topic('t')?.partitions.map((one) => [one.partition, one.leaderId]),
      [
        [0, 1],
        [1, 2],
      ],
    )
    assert.equal(known.topicName(firstId), 't')
    assert.equal(known.version, 1)
  })

  it('that says the same changes nothing', () => {
    const known = new KnownCluster()
    known.answered(answer([topic('t', [partition(0, 1, 0)])]), false)
    assert.equal(known.answered(answer([topic('t', [partition(0, 1, 0)])]), false), false)
    assert.equal(known.version, 1)
  })

  it('that is older than what is known is not believed, partition by partition', () => {
    const known = new KnownCluster()
    known.answered(answer([topic('t', [partition(0, 1, 5), partition(1, 1, 1)])]), false)
    known.answered(answer([topic('t', [partition(0, 2, 4), partition(1, 2, 2)])]), false)
    assert.deepEqual(
      known.topic('t')?.partitions.map((one) => one.leaderId),
      [1, 2],
    )
  })

  it('of the same epoch is believed: replicas change without a new leader', () => {
    const known = new KnownCluster()
    known.answered(answer([topic('t', [partition(0, 1, 5)])]), false)
    const fewer = { ...partition(0, 1, 5), isrNodes: [1] }
    assert.equal(known.answered(answer([topic('t', [fewer])]), false), true)
    assert.deepEqual(known.topic('t')?.partitions[0]?.inSyncReplicas, [1])
  })

  it('of a topic that was created anew is believed whatever its epochs', () => {
    const known = new KnownCluster()
    known.answered(answer([topic('t', [partition(0, 1, 5)])]), false)
    known.answered(answer([topic('t', [partition(0, 2, 0)], { topicId: secondId })]), false)
    assert.deepEqual(leaderOf(known, 't'), [2, 0])
    assert.equal(known.topicName(firstId), undefined)
    assert.equal(known.topicName(secondId), 't')
  })

  it('of a cluster without epochs and ids is believed as it comes', () => {
    const known = new KnownCluster()
    const old = { topicId: ZERO_UUID }
    known.answered(answer([topic('t', [partition(0, 1, -1)], old)]), false)
    known.answered(answer([topic('t', [partition(0, 2, -1)], old)]), false)
    assert.deepEqual(leaderOf(known, 't'), [2, -1])
    assert.equal(known.topicName(ZERO_UUID), undefined)
  })

  it('about some topics leaves the others, about all of them it does not', () => {
    const known = new KnownCluster()
    known.answered(
      answer([topic('a', [partition(0, 1, 0)]), topic('b', [], { topicId: secondId, errorCode: 3 })]),
      false,
    )
    known.answered(answer([]), false)
    assert.deepEqual(
      known.topics.map(({ name }) => name),
      ['a'],
    )
    assert.equal(known.topic('b')?.error, 'UNKNOWN_TOPIC_OR_PARTITION')
    assert.equal(known.answered(answer([]), true), true)
    assert.equal(known.topic('a'), undefined)
    assert.equal(known.topicName(firstId), undefined)
  })

  it('that names a topic by its id only is understood where the id is known', () => {
    const known = new KnownCluster()
    known.answered(answer([topic('t', [partition(0, 1, 0)])]), false)
    known.answered(answer([topic(null, [partition(0, 2, 1)]), topic(null, [], { topicId: secondId })]), false)
    assert.deepEqual(leaderOf(known, 't'), [2, 1])
  })

  it('knows a controller of id -1 as none', () => {
    const known = new KnownCluster()
    known.answered(answer([], { controllerId: -1, clusterId: null }), false)
    assert.equal(known.controllerId, undefined)
    assert.equal(known.clusterId, undefined)
  })
})

describe('a hint', () => {
  it('moves a leader to a higher epoch, never to a lower or the same', () => {
    const known = new KnownCluster()
    known.answered(answer([topic('t', [partition(0, 1, 5, 5)])]), false)
    const hint = { topic: 't', partition: 0, leaderId: 2 }
    assert.equal(known.hinted([{ ...hint, leaderEpoch: 5 }], []), false)
    assert.equal(known.hinted([{ ...hint, leaderEpoch: 6 }], []), true)
    assert.deepEqual(leaderOf(known, 't'), [2, 6])
    assert.equal(known.topic('t')?.partitions[0]?.error, 'NONE')
  })

  it('brings the node with it, and counts only where that is known', () => {
    const known = new KnownCluster()
    known.answered(answer([topic('t', [partition(0, 1, 5)])]), false)
    const hint = { topic: 't', partition: 0, leaderId: 3, leaderEpoch: 6 }
    assert.equal(known.hinted([hint], []), false)
    const endpoint = { nodeId: 3, host: 'c', port: 3, rack: null }
    assert.equal(known.hinted([hint], [endpoint]), true)
    assert.deepEqual(leaderOf(known, 't'), [3, 6])
    assert.deepEqual(known.nodes.get(3), endpoint)
    assert.equal(known.hinted([], [endpoint]), false)
  })

  it('of what nobody asked about is nothing', () => {
    const known = new KnownCluster()
    known.answered(answer([topic('t', [partition(0, 1, 5)])]), false)
    assert.equal(known.hinted([{ topic: 'u', partition: 0, leaderId: 1, leaderEpoch: 9 }], []), false)
    assert.equal(known.hinted([{ topic: 't', partition: 7, leaderId: 1, leaderEpoch: 9 }], []), false)
    assert.equal(known.hinted([{ topic: 't', partition: 0, leaderId: -1, leaderEpoch: 9 }], []), false)
  })
})
