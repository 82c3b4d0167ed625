import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TopicHashes } from './consumer/topic-hash.ts'
import { ConsumerWorld } from './consumer-fixture.ts'
import { testConfig } from './group-fixture.ts'
import { GroupCoordinatorMachine } from './group-coordinator-machine.ts'
import type { GroupLogRecord, StoredGroupRecord } from './group-log-record.ts'

const topicId = 'AAECAwQFBgcICQoLDA0ODw'

function machineWith(...records: GroupLogRecord[]): GroupCoordinatorMachine {
  const machine = new GroupCoordinatorMachine(testConfig)
  for (const [offset, record] of records.entries()) machine.apply(record, offset)
  return machine
}

function committed(machine: GroupCoordinatorMachine): readonly number[] {
  return [...machine.logged.offsets.entries()].map(([, , , { offset }]) => offset)
}

describe('A record', () => {
  const key = { group: 'g', topic: 't', partition: 0 }

  it('of Kafka 0.8 is an offset like others', () => {
    const legacy: StoredGroupRecord = {
      type: 'LegacyOffsetCommit',
      key,
      value: { offset: 7, metadata: 'm', commitTimestamp: 1 },
    }
    const [[, , , offset] = []] = [...machineWith(legacy).logged.offsets.entries()]
    assert.deepEqual(offset, {
      recordOffset: 0,
      offset: 7,
      leaderEpoch: -1,
      metadata: 'm',
      commitTimestampMs: 1,
      expireTimestampMs: -1,
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    })
    assert.deepEqual(committed(machineWith(legacy, { ...legacy, value: null })), [])
  })

  it('of Kafka 0.8 in a transaction waits for its end', () => {
    const producer = { producerId: 7, producerEpoch: 0 }
    const value = { offset: 7, metadata: 'm', commitTimestamp: 1 }
    assert.deepEqual(committed(machineWith({ type: 'LegacyOffsetCommit', key, value, producer })), [])
    assert.deepEqual(committed(machineWith({ type: 'LegacyOffsetCommit', key, value: null, producer })), [])
  })

  it('of a kind of group that is not served changes nothing', () => {
    const others: readonly StoredGroupRecord[] = [
      { type: 'ShareGroupMetadata', key: { groupId: 's' }, value: null },
      { type: 'StreamsGroupTopology', key: { groupId: 's' }, value: null },
    ]
    const { logged } = machineWith(...others)
    assert.deepEqual([logged.storedClassicGroups.size, logged.consumerGroups.size], [0, 0])
  })

  it('that deletes what is not there deletes nothing', () => {
    const member = { groupId: 'g', memberId: 'm' }
    const tombstones: readonly StoredGroupRecord[] = [
      { type: 'ConsumerGroupCurrentMemberAssignment', key: member, value: null },
      { type: 'ConsumerGroupMetadata', key: { groupId: 'g' }, value: null },
      { type: 'OffsetCommit', key, value: null },
      { type: 'GroupMetadata', key: { group: 'g' }, value: null },
    ]
    assert.equal(machineWith(...tombstones).logged.consumerGroups.size, 0)
    const epoch: StoredGroupRecord = {
      type: 'ConsumerGroupMetadata',
      key: { groupId: 'g' },
      value: { epoch: 3, metadataHash: 0n },
    }
    const group = machineWith(
      epoch,
      { type: 'ConsumerGroupCurrentMemberAssignment', key: member, value: null },
      { type: 'ConsumerGroupMemberMetadata', key: member, value: null },
    ).logged.consumerGroups.get('g')
    assert.deepEqual([group?.groupEpoch, group?.size], [3, 0])
  })

  it('of a consumer group of 4.2 has the member’s epoch for its partitions', () => {
    const current = (memberEpoch: number, assignmentEpochs: number[] | null): StoredGroupRecord => ({
      type: 'ConsumerGroupCurrentMemberAssignment',
      key: { groupId: 'g', memberId: `m${memberEpoch}` },
      value: {
        memberEpoch,
        previousMemberEpoch: 1,
        state: 77,
        assignedPartitions: [{ topicId, partitions: [0], assignmentEpochs }],
        partitionsPendingRevocation: [],
      },
    })
    const group = machineWith(current(4, null), current(-2, []), current(9, [5])).logged.consumerGroups.get('g')
    assert.deepEqual(
      ['m4', 'm-2', 'm9'].map((memberId) => group?.member(memberId)?.assigned.get(topicId)?.get(0)),
      [4, 0, 5],
    )
    assert.equal(group?.member('m4')?.state, 'Unknown')
  })
})

describe('A consumer group with the topic metadata of 4.0', () => {
  it('forgets it when it looks at its topics again', () => {
    const world = new ConsumerWorld({ t: 1 })
    world.beat({ epoch: 0, topics: ['t'] })
    const legacy: StoredGroupRecord = {
      type: 'ConsumerGroupPartitionMetadata',
      key: { groupId: 'g' },
      value: { topics: [] },
    }
    world.batches.push({ records: [legacy] })
    world.restart()
    world.beat({ epoch: 2 })
    assert.deepEqual(world.records.at(-1), { ...legacy, value: null })
    world.beat({ epoch: 2 })
    assert.deepEqual(world.records.at(-1), { ...legacy, value: null })
    assert.equal(
      new TopicHashes().ofTopics(world.image, ['t']),
      world.machine.logged.consumerGroups.get('g')?.metadataHash,
    )
  })
})

describe('A coordinator that knows no topics yet', () => {
  it('does not take partitions away', () => {
    const world = new ConsumerWorld({ t: 1 })
    world.beat({ epoch: 0, topics: ['t'] })
    const { batches } = world
    const fresh = new ConsumerWorld()
    fresh.batches.push(...batches)
    fresh.machine = fresh.rebuilt()
    fresh.send({ type: 'Loaded' })
    assert.equal(fresh.beat({ epoch: 2 }).error, 'COORDINATOR_LOAD_IN_PROGRESS')
    const joining = fresh.join({ apiVersion: 3 })
    assert.equal(fresh.joined(joining)?.error, 'COORDINATOR_LOAD_IN_PROGRESS')
  })
})

describe('An empty consumer group', () => {
  it('is not deleted for a classic member that thinks it belongs to it', () => {
    const world = new ConsumerWorld({ t: 1 })
    world.beat({ epoch: 0, topics: ['t'] })
    world.beat({ epoch: -1 })
    assert.equal(world.joined(world.join({ memberId: 'x' }))?.error, 'UNKNOWN_MEMBER_ID')
    assert.equal(world.describe().groupState, 'Empty')
  })
})
