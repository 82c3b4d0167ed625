import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeGroups, errorCode, FindCoordinator } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { joinAlone } from './group-member-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withGroups(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ properties })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return fixture
}

describe('DescribeGroups', () => {
  it('describes groups with their members', async () => {
    await using fixture = await withGroups()
    const { memberId } = await joinAlone(fixture, 'g')
    const { groups } = await fixture.call(DescribeGroups, {
      groups: ['g', 'nobody'],
      includeAuthorizedOperations: true,
    })
    assert.deepEqual(
      groups.map(({ groupId, groupState, errorCode: code }) => [groupId, groupState, code]),
      [
        ['g', 'Stable', 0],
        ['nobody', 'Dead', errorCode('GROUP_ID_NOT_FOUND')],
      ],
    )
    assert.equal(groups[0]?.members[0]?.memberId, memberId)
    assert.equal(groups[0]?.members[0]?.clientHost, '/10.0.0.9')
    assert.ok((groups[0]?.authorizedOperations ?? -1) > 0)
  })
})
