import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { AlterPartition, errorName } from '@gregor/protocol'
import { Cluster, idOf } from './cluster-fixture.ts'
import type { RequestInput } from '@gregor/protocol'

type Partition = RequestInput<typeof AlterPartition>['topics'][number]['partitions'][number]

let cluster: Cluster
let topicId: string

beforeEach(() => {
  cluster = Cluster.withBrokers([1, 2, 3])
  topicId = cluster.addTopic('t', [[1, 2, 3]])
})

function epochOf(brokerId: number): number {
  return cluster.image.brokers.get(brokerId)?.epoch ?? -1
}

interface Wanted extends Omit<Partial<Partition>, 'newIsr'> {
  readonly isr: readonly (number | readonly [brokerId: number, brokerEpoch: number])[]
  readonly from?: number
  readonly topic?: string
  readonly brokerEpoch?: number
}

function alter({ isr, from = 1, topic = topicId, brokerEpoch = epochOf(from), ...more }: Wanted) {
  const { leaderEpoch, partitionEpoch } = cluster.partition('t')
  const newIsrWithEpochs = isr.map((member) => {
    const [brokerId, epoch] = typeof member === 'number' ? [member, epochOf(member)] : member
    return { brokerId, brokerEpoch: epoch }
  })
  const partition = { partitionIndex: 0, leaderEpoch, partitionEpoch, newIsrWithEpochs, ...more }
  const response = cluster.request(AlterPartition, {
    brokerId: from,
    brokerEpoch,
    topics: [{ topicId: topic, partitions: [partition] }],
  })
  const [result] = response.topics[0]?.partitions ?? []
  return { error: errorName(result?.errorCode ?? response.errorCode), result }
}

describe('AlterPartition', () => {
  it('shrinks and expands the ISR; the partition epoch moves, the leader epoch does not', () => {
    const { error, result } = alter({ isr: [1, 2] })
    assert.equal(error, 'NONE')
    assert.deepEqual(result, {
      partitionIndex: 0,
      errorCode: 0,
      leaderId: 1,
      leaderEpoch: 0,
      isr: [1, 2],
      leaderRecoveryState: 0,
      partitionEpoch: 1,
    })
    assert.equal(alter({ isr: [1, 2, 3] }).result?.partitionEpoch, 2)
    assert.equal(cluster.leadership('t'), 'leader 1 isr 1,2,3 elr ')
    cluster.checkReplay()
  })

  it('answers with what there is when nothing changes', () => {
    assert.deepEqual(alter({ isr: [1, 2, 3] }).result?.partitionEpoch, 0)
    assert.deepEqual(cluster.records, [])
  })

  it('takes the ISR without epochs from old versions', () => {
    const partition = { partitionIndex: 0, leaderEpoch: 0, partitionEpoch: 0, newIsr: [1] }
    const request = { brokerId: 1, brokerEpoch: epochOf(1), topics: [{ topicId, partitions: [partition] }] }
    const { topics } = cluster.request(AlterPartition, request, { version: 2 })
    assert.deepEqual(topics[0]?.partitions[0]?.isr, [1])
  })

  const errors: Readonly<Record<string, readonly [Wanted, string]>> = {
    'from a broker of another epoch': [{ isr: [1], brokerEpoch: 0 }, 'STALE_BROKER_EPOCH'],
    'of a topic that is not there': [{ isr: [1], topic: idOf(9) }, 'UNKNOWN_TOPIC_ID'],
    'of a partition that is not there': [{ isr: [1], partitionIndex: 7 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    'in a leader epoch from our future': [{ isr: [1], leaderEpoch: 1 }, 'NOT_CONTROLLER'],
    'in a partition epoch from our future': [{ isr: [1], partitionEpoch: 1 }, 'NOT_CONTROLLER'],
    'in a leader epoch that is over': [{ isr: [1], leaderEpoch: -1 }, 'FENCED_LEADER_EPOCH'],
    'in a partition epoch that is over': [{ isr: [1], partitionEpoch: -1 }, 'INVALID_UPDATE_VERSION'],
    'from a broker that does not lead': [{ isr: [2], from: 2 }, 'INVALID_REQUEST'],
    'without the leader': [{ isr: [2, 3] }, 'INVALID_REQUEST'],
    'with a member twice': [{ isr: [1, 1] }, 'INVALID_REQUEST'],
    'with a member that has no replica': [{ isr: [1, 9] }, 'INVALID_REQUEST'],
    'with a leader that starts to recover': [{ isr: [1], leaderRecoveryState: 1 }, 'INVALID_REQUEST'],
    'with a recovering leader and others': [{ isr: [1, 2], leaderRecoveryState: 1 }, 'INVALID_REQUEST'],
    'with a member that has restarted meanwhile': [{ isr: [1, [2, 0]] }, 'INELIGIBLE_REPLICA'],
    'with a member whose epoch is not known': [{ isr: [1, [2, -1]] }, 'NONE'],
  }
  for (const [what, [wanted, expected]] of Object.entries(errors)) {
    it(`${what} is answered with ${expected}`, () => {
      assert.equal(alter(wanted).error, expected)
      if (expected !== 'NONE') assert.deepEqual(cluster.records, [])
    })
  }

  it('lets nobody in who is fenced or about to go', () => {
    cluster.heartbeat(2, { wantFence: true })
    assert.equal(alter({ isr: [1, 2, 3] }).error, 'INELIGIBLE_REPLICA')
    cluster.addTopic('u', [[3]])
    cluster.heartbeat(3, { wantShutDown: true })
    assert.equal(alter({ isr: [1, 3] }).error, 'INELIGIBLE_REPLICA')
  })
})

describe('A leader that was elected uncleanly', () => {
  beforeEach(() => {
    topicId = cluster.addTopic('v', [[1, 2]], { 'unclean.leader.election.enable': 'true' })
    cluster.heartbeat(2, { wantFence: true })
    cluster.heartbeat(1, { wantFence: true })
    cluster.nowMs += 10_000
    cluster.register(1, { incarnationId: idOf(900) })
    cluster.heartbeat(2)
  })

  it('recovers, is in sync alone, and then lets others in', () => {
    const { leader, isr, leaderRecoveryState, leaderEpoch, partitionEpoch } = cluster.partition('v')
    assert.deepEqual({ leader, isr, leaderRecoveryState }, { leader: 2, isr: [2], leaderRecoveryState: 1 })
    assert.equal(alter({ isr: [2], from: 2, leaderEpoch, partitionEpoch }).error, 'NONE')
    assert.equal(cluster.partition('v').leaderRecoveryState, 0)
  })
})
