import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FindCoordinator, ListGroups } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { joinAlone } from './group-member-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withGroups(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ properties })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return fixture
}

describe('ListGroups', () => {
  it('lists the groups of all coordinators, by state and type', async () => {
    await using fixture = await withGroups()
    for (const groupId of ['a', 'b', 'c', 'd']) await joinAlone(fixture, groupId)
    const { groups } = await fixture.call(ListGroups, { statesFilter: [], typesFilter: [] })
    assert.deepEqual(groups.map(({ groupId }) => groupId).toSorted(), ['a', 'b', 'c', 'd'])
    const empty = await fixture.call(ListGroups, { statesFilter: ['Empty'], typesFilter: [] })
    assert.deepEqual(empty.groups, [])
  })
})
