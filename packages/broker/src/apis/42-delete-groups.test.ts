import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteGroups, errorCode, FindCoordinator, LeaveGroup } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { joinAlone } from './group-member-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withGroups(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ properties })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return fixture
}

describe('DeleteGroups', () => {
  it('deletes a group once it is empty', async () => {
    await using fixture = await withGroups()
    const { memberId } = await joinAlone(fixture, 'g')
    const before = await fixture.call(DeleteGroups, { groupsNames: ['g'] })
    assert.equal(before.results[0]?.errorCode, errorCode('NON_EMPTY_GROUP'))
    const left = await fixture.call(LeaveGroup, { groupId: 'g', members: [{ memberId, groupInstanceId: null }] })
    assert.deepEqual([left.errorCode, left.members[0]?.errorCode], [0, 0])
    const after = await fixture.call(DeleteGroups, { groupsNames: ['g', 'nobody'] })
    assert.deepEqual(
      after.results.map(({ errorCode: code }) => code),
      [0, errorCode('GROUP_ID_NOT_FOUND')],
    )
  })
})
