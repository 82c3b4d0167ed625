import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import type { GroupEventOf, GroupReplies } from '@gregor/coordinators'
import type { Answer } from '@gregor/machine'
import { BatchBuilder, FindCoordinator, OffsetFetch, batchSizeAt, recordCountAt } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import type { Partition } from '../replication/partition.ts'
import { groupTopic } from './group-coordinators.ts'

const properties = { 'offsets.topic.num.partitions': '1', 'group.initial.rebalance.delay.ms': '0' }

/** A commit of partition 0, and what it was answered. */
class Commit implements Answer<GroupReplies['OffsetCommit']> {
  readonly event: GroupEventOf<'OffsetCommit'>
  outcome: 'waits' | 'written' | 'refused' = 'waits'

  constructor(groupId: string, committedOffset: number, metadata = '') {
    const context = { apiVersion: 9, clientId: 'c', clientHost: '/host' }
    const partition = {
      partitionIndex: 0,
      committedOffset,
      committedLeaderEpoch: -1,
      commitTimestamp: -1,
      committedMetadata: metadata,
    }
    const topics = [{ name: 't', topicId: ZERO_UUID, partitions: [partition] }]
    const none = { generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null, retentionTimeMs: -1 }
    this.event = { type: 'OffsetCommit', request: { groupId, ...none, topics }, context }
  }

  resolve(): void {
    this.outcome = 'written'
  }

  reject(): void {
    this.outcome = 'refused'
  }
}

async function withGroups(more: Readonly<Record<string, string>> = {}): Promise<{
  fixture: BrokerFixture
  partition: Partition
  hand: (...commits: readonly Commit[]) => void
}> {
  const fixture = await BrokerFixture.start({ properties: { ...properties, ...more } })
  await fixture.createTopic('t')
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  await fixture.advance(100)
  const { groups, replicas } = fixture.broker.services
  const partition = replicas.leader(groupTopic, 0)
  assert.ok(typeof partition !== 'string')
  const hand = (...commits: readonly Commit[]) => {
    for (const commit of commits) groups.hand<'OffsetCommit'>(commit.event.request.groupId, commit.event, commit)
  }
  return { fixture, partition, hand }
}

/** How many records each batch has. */
async function batches({ log }: Partition): Promise<readonly number[]> {
  const read = await log.read({ fetchOffset: 0, maxBytes: 1e6, upTo: log.logEndOffset, minOneBatch: true })
  assert.ok(read.error === 'NONE')
  const bytes = Buffer.concat(read.records)
  const counts: number[] = []
  for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) counts.push(recordCountAt(bytes, at))
  return counts
}

/** -1: none. */
async function committed(fixture: BrokerFixture, groupId: string): Promise<number> {
  const { groups } = await fixture.call(OffsetFetch, { groups: [{ groupId, topics: null }] })
  return groups[0]?.topics[0]?.partitions[0]?.committedOffset ?? -1
}

function outcomes(commits: readonly Commit[]): readonly string[] {
  return commits.map(({ outcome }) => outcome)
}

describe('The log of a coordinator', () => {
  it('gathers what is handed in until the appends are flushed: one batch, and the answers then', async () => {
    const { fixture, partition, hand } = await withGroups()
    await using _ = fixture
    const commits = [new Commit('a', 1), new Commit('b', 2), new Commit('a', 3)]
    hand(...commits)
    assert.deepEqual([await batches(partition), outcomes(commits)], [[], ['waits', 'waits', 'waits']])
    fixture.broker.services.appends.flush()
    assert.deepEqual([await batches(partition), outcomes(commits)], [[3], ['written', 'written', 'written']])
    assert.deepEqual([await committed(fixture, 'a'), await committed(fixture, 'b')], [3, 2])
  })

  it('writes what is gathered before anything that is not, and what was asked later sees it', async () => {
    const { fixture, partition, hand } = await withGroups()
    await using _ = fixture
    const commit = new Commit('a', 1)
    hand(commit)
    const { groups } = fixture.broker.services
    const later = new Commit('a', 2)
    await groups.submit<'OffsetCommit'>('a', later.event)
    assert.deepEqual([await batches(partition), commit.outcome], [[1, 1], 'written'])
    assert.equal(await committed(fixture, 'a'), 2)
  })

  it('has after a restart what was gathered', async () => {
    const { fixture, hand } = await withGroups()
    hand(new Commit('a', 1), new Commit('a', 7), new Commit('b', 2))
    fixture.broker.services.appends.flush()
    await fixture[Symbol.asyncDispose]()
    await using again = await BrokerFixture.start({ properties, environment: fixture.environment })
    await again.advance(100)
    assert.deepEqual([await committed(again, 'a'), await committed(again, 'b')], [7, 2])
  })

  it('begins another batch where one would be larger than the log takes', async () => {
    const { fixture, partition, hand } = await withGroups({ 'message.max.bytes': '8192' })
    await using _ = fixture
    const commits = Array.from({ length: 5 }, (_unused, index) => new Commit('a', index, 'm'.repeat(1_000)))
    hand(...commits)
    fixture.broker.services.appends.flush()
    assert.deepEqual([await batches(partition), outcomes(commits)], [[2, 2, 1], Array(5).fill('written')])
  })

  it('writes one that is too large to share a batch for itself, behind what was gathered before it', async () => {
    const { fixture, partition, hand } = await withGroups({
      'message.max.bytes': '4096',
      'offset.metadata.max.bytes': '100000',
    })
    await using _ = fixture
    const commits = [new Commit('a', 1), new Commit('a', 2, 'm'.repeat(9_000)), new Commit('a', 3)]
    hand(...commits)
    fixture.broker.services.appends.flush()
    assert.deepEqual(
      [await batches(partition), outcomes(commits)],
      [
        [1, 1, 1],
        ['written', 'written', 'written'],
      ],
    )
    assert.equal(await committed(fixture, 'a'), 3)
  })

  it('refuses all that was gathered where it cannot be written, and then knows what is in the log', async () => {
    const { fixture, partition, hand } = await withGroups()
    await using _ = fixture
    hand(new Commit('a', 1))
    fixture.broker.services.appends.flush()
    const commits = [new Commit('a', 2), new Commit('b', 2)]
    hand(...commits)
    fixture.environment.disk.faults.add({ operation: 'write', path: /__consumer_offsets-0/, code: 'ENOSPC' })
    fixture.broker.services.appends.flush()
    assert.deepEqual([await batches(partition), outcomes(commits)], [[1], ['refused', 'refused']])
    await fixture.advance(2_000)
    assert.deepEqual([await committed(fixture, 'a'), await committed(fixture, 'b')], [1, -1])
  })

  it('refuses what was gathered where somebody else has written meanwhile, and then knows both', async () => {
    const { fixture, partition, hand } = await withGroups()
    await using _ = fixture
    const commit = new Commit('a', 1)
    hand(commit)
    const foreign = new BatchBuilder().append(Buffer.from('k'), Buffer.from('v'), [], 1).build()
    partition.appendAsCoordinator(foreign, { nowMs: 1 })
    fixture.broker.services.appends.flush()
    assert.deepEqual([await batches(partition), commit.outcome], [[1], 'refused'])
  })

  it('forgets what is gathered where the coordinator goes', async () => {
    const { fixture, partition, hand } = await withGroups()
    await using _ = fixture
    const commit = new Commit('a', 1)
    hand(commit)
    fixture.broker.services.groups.close()
    assert.equal(commit.outcome, 'refused')
    fixture.broker.services.appends.flush()
    assert.deepEqual(await batches(partition), [])
  })
})
