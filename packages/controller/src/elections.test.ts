import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { ElectLeaders, errorName } from '@gregor/protocol'
import { allowing, Cluster, idOf } from './cluster-fixture.ts'
import type { RequestContext } from './controller-options.ts'

const [preferred, unclean] = [0, 1]
let cluster: Cluster

beforeEach(() => {
  cluster = Cluster.withBrokers([1, 2, 3])
  cluster.addTopic('t', [
    [1, 2],
    [2, 1],
  ])
})

function elect(
  electionType: number,
  topics: Readonly<Record<string, readonly number[]>> | null,
  context?: RequestContext,
) {
  const topicPartitions =
    topics === null ? null : Object.entries(topics).map(([topic, partitions]) => ({ topic, partitions }))
  const response = cluster.request(
    ElectLeaders,
    { electionType, topicPartitions },
    context === undefined ? {} : { context },
  )
  const results = response.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode, errorMessage }) => [
      `${topic}-${partitionId}`,
      errorName(errorCode),
      errorMessage,
    ]),
  )
  return response.errorCode === 0 ? results : [[errorName(response.errorCode)], ...results]
}

/** Broker 1 goes and comes back: 2 leads. */
function restart(): void {
  cluster.heartbeat(1, { wantFence: true })
  cluster.heartbeat(1)
}

/** Nobody in sync is up any more, and what broker 2 had may be lost. */
function lose(topic: string): void {
  cluster.addTopic(topic, [[2, 3]])
  cluster.heartbeat(3, { wantFence: true })
  cluster.heartbeat(2, { wantFence: true })
  cluster.nowMs += 10_000
  cluster.register(2, { incarnationId: idOf(900) })
  cluster.heartbeat(3)
}

describe('A preferred election', () => {
  it('moves leadership to the first replica once it is in sync', () => {
    restart()
    assert.deepEqual(elect(preferred, { t: [0] }), [
      ['t-0', 'PREFERRED_LEADER_NOT_AVAILABLE', 'The preferred leader is not alive or not in sync.'],
    ])
    cluster.inSync('t', 0, [1, 2])
    assert.deepEqual(elect(preferred, { t: [0] }), [['t-0', 'NONE', null]])
    assert.equal(cluster.partition('t').leader, 1)
    cluster.checkReplay()
  })

  it('is not needed where the first replica leads', () => {
    assert.deepEqual(elect(preferred, { t: [0] }), [
      ['t-0', 'ELECTION_NOT_NEEDED', 'The partition already has the leader asked for.'],
    ])
  })

  it('of all partitions answers for those that needed one', () => {
    restart()
    cluster.inSync('t', 0, [1, 2])
    assert.deepEqual(elect(preferred, null), [['t-0', 'NONE', null]])
  })

  it('of what is not there is refused', () => {
    assert.deepEqual(elect(preferred, { u: [0], t: [7] }), [
      ['u-0', 'UNKNOWN_TOPIC_OR_PARTITION', 'No such topic as u'],
      ['t-7', 'UNKNOWN_TOPIC_OR_PARTITION', 'No such partition as t-7'],
    ])
  })
})

describe('An unclean election', () => {
  it('is not needed where there is a leader', () => {
    assert.deepEqual(elect(unclean, { t: [0] }), [
      ['t-0', 'ELECTION_NOT_NEEDED', 'The partition already has the leader asked for.'],
    ])
  })

  it('finds a leader among those that are up, who then recovers', () => {
    lose('u')
    assert.equal(cluster.leadership('u'), 'leader -1 isr  elr  last 2')
    assert.deepEqual(elect(unclean, { u: [0] }), [['u-0', 'NONE', null]])
    assert.equal(cluster.leadership('u'), 'leader 3 isr 3 elr ')
    assert.equal(cluster.partition('u').leaderRecoveryState, 1)
  })

  it('finds nobody where nobody is up', () => {
    lose('u')
    cluster.heartbeat(3, { wantFence: true })
    assert.deepEqual(elect(unclean, { u: [0] }), [
      ['u-0', 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 'No replica that could lead the partition is alive.'],
    ])
  })
})

describe('An election', () => {
  it('of a kind nobody knows is refused as a whole', () => {
    assert.deepEqual(elect(7, { t: [0] }), [['INVALID_REQUEST'], ['t-0', 'INVALID_REQUEST', 'Unknown election type 7']])
    assert.deepEqual(elect(7, null), [['INVALID_REQUEST']])
  })

  it('needs to be allowed', () => {
    assert.deepEqual(elect(preferred, { t: [0] }, allowing()), [
      ['CLUSTER_AUTHORIZATION_FAILED'],
      ['t-0', 'CLUSTER_AUTHORIZATION_FAILED', 'The principal may not do this with the cluster.'],
    ])
  })

  it('of version 0 is a preferred one', () => {
    const { replicaElectionResults } = cluster.request(
      ElectLeaders,
      { topicPartitions: [{ topic: 't', partitions: [0] }] },
      { version: 0 },
    )
    assert.equal(errorName(replicaElectionResults[0]?.partitionResult[0]?.errorCode ?? 0), 'ELECTION_NOT_NEEDED')
  })
})

describe('By itself the controller', () => {
  it('moves leadership back to the preferred replicas', () => {
    restart()
    cluster.inSync('t', 0, [1, 2])
    cluster.tick('ElectPreferred')
    assert.equal(cluster.partition('t').leader, 1)
    assert.deepEqual(cluster.effects, [{ type: 'SetTimer', key: 'ElectPreferred', delayMs: 300_000, generation: 1 }])
    cluster.tick('ElectPreferred')
    assert.deepEqual(cluster.records, [])
  })

  it('loses no data that it is not allowed to lose', () => {
    lose('u')
    cluster.tick('ElectUnclean')
    assert.deepEqual(cluster.records, [])
  })

  it('finds a leader uncleanly where the topic allows it', () => {
    lose('u')
    cluster.setTopicConfig('u', 'unclean.leader.election.enable', 'true')
    cluster.tick('ElectUnclean')
    assert.equal(cluster.partition('u').leader, 3)
  })

  it('moves at most 1,000 leaderships in a turn, and goes on at once', () => {
    cluster.addTopic(
      'big',
      Array.from({ length: 1_500 }, () => [2, 3]),
    )
    cluster.heartbeat(2, { wantFence: true })
    cluster.heartbeat(2)
    for (let partitionId = 0; partitionId < 1_500; partitionId++) cluster.inSync('big', partitionId, [2, 3])
    cluster.inSync('t', 1, [2, 1])
    cluster.tick('ElectPreferred')
    assert.equal(cluster.records.length, 1_000)
    assert.deepEqual(
      cluster.effects.map((effect) => 'delayMs' in effect && effect.delayMs),
      [0],
    )
    cluster.tick('ElectPreferred')
    assert.equal(cluster.records.length, 501)
  })

  it('balances nothing where it is told not to', () => {
    cluster = Cluster.active({ properties: { 'auto.leader.rebalance.enable': 'false' } })
    assert.equal(
      cluster.effects.some((effect) => effect.key === 'ElectPreferred'),
      false,
    )
  })
})
