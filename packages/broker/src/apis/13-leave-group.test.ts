import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, FindCoordinator, Heartbeat, LeaveGroup } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { joinAlone } from './group-member-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withGroups(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ properties })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return fixture
}

describe('LeaveGroup', () => {
  it('takes a member out of its group, named alone in the old versions and in a list in the new ones', async () => {
    await using fixture = await withGroups()
    for (const version of [0, 2, 3, 5]) {
      const { groupId, memberId, generationId } = await joinAlone(fixture, `g-${version}`)
      const request = version < 3 ? { groupId, memberId } : { groupId, members: [{ memberId, groupInstanceId: null }] }
      const left = await fixture.call(LeaveGroup, request, { version })
      assert.equal(left.errorCode, 0, `version ${version}`)
      const beat = await fixture.call(Heartbeat, { groupId, generationId, memberId })
      assert.equal(beat.errorCode, errorCode('UNKNOWN_MEMBER_ID'), `version ${version}`)
    }
  })

  it('says of each member in the list whether it was there', async () => {
    await using fixture = await withGroups()
    await joinAlone(fixture, 'g')
    const members = [{ memberId: 'nobody', groupInstanceId: null }]
    const left = await fixture.call(LeaveGroup, { groupId: 'g', members })
    assert.equal(left.members[0]?.errorCode, errorCode('UNKNOWN_MEMBER_ID'))
  })
})
