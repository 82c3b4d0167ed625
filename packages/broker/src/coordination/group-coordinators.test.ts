import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import {
  DeleteTopics,
  errorCode,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  ListGroups,
  OffsetCommit,
  OffsetFetch,
} from '@gregor/protocol'
import { joinAlone, joinRequest } from '../apis/group-member-fixture.ts'
import { BrokerFixture } from '../broker-fixture.ts'
import { groupTopic } from './group-coordinators.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withGroups(more: Readonly<Record<string, string>> = {}): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ properties: { ...properties, ...more } })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return fixture
}

describe('The group coordinators of a node', () => {
  it('are gone with their partition: whoever waits is told so, and whoever comes', async () => {
    await using fixture = await withGroups({ 'group.initial.rebalance.delay.ms': '60000' })
    const { memberId } = await fixture.call(JoinGroup, joinRequest('g'))
    const waiting = fixture.call(JoinGroup, joinRequest('g', memberId))
    await fixture.advance(100)
    await fixture.call(DeleteTopics, { topics: [{ name: groupTopic, topicId: ZERO_UUID }], timeoutMs: 1_000 })
    assert.equal((await waiting).errorCode, errorCode('NOT_COORDINATOR'))
    const beat = await fixture.call(Heartbeat, { groupId: 'g', generationId: 0, memberId })
    assert.equal(beat.errorCode, errorCode('NOT_COORDINATOR'))
  })

  it('begin anew with a topic of the same name', async () => {
    await using fixture = await withGroups()
    await joinAlone(fixture, 'g')
    await fixture.call(DeleteTopics, { topics: [{ name: groupTopic, topicId: ZERO_UUID }], timeoutMs: 1_000 })
    await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    assert.deepEqual((await fixture.call(ListGroups, {})).groups, [])
    assert.equal((await joinAlone(fixture, 'g')).generationId, 1)
  })

  it('answer a commit once it is on the disk, where the topic syncs first, and have it after a power cut', async () => {
    const first = await withGroups({ 'log.flush.interval.messages': '1' })
    const topicId = await first.createTopic('t')
    const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: null }]
    const commit = await first.call(OffsetCommit, { groupId: 'g', memberId: '', topics: [{ topicId, partitions }] })
    assert.equal(commit.topics[0]?.partitions[0]?.errorCode, 0)
    first.environment.disk.crash('nothing')
    await using second = await BrokerFixture.start({ properties, environment: first.environment })
    await second.advance(100)
    const fetched = await second.call(OffsetFetch, { groups: [{ groupId: 'g', topics: null }] })
    assert.equal(fetched.groups[0]?.topics[0]?.partitions[0]?.committedOffset, 5)
  })
})
