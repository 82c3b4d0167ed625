import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FindCoordinator, JoinGroup, SyncGroup } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { joinRequest } from './group-member-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withGroups(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ properties })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return fixture
}

describe('SyncGroup', () => {
  it('gives a member what the leader assigned to it', async () => {
    await using fixture = await withGroups()
    const asked = await fixture.call(JoinGroup, joinRequest('g'))
    const { memberId, generationId } = await fixture.call(JoinGroup, joinRequest('g', asked.memberId))
    const assignments = [{ memberId, assignment: Buffer.from('mine') }]
    const synced = await fixture.call(SyncGroup, {
      groupId: 'g',
      generationId,
      memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments,
    })
    assert.equal(synced.errorCode, 0)
    assert.equal(String(synced.assignment), 'mine')
  })
})
