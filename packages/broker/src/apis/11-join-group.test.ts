import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, FindCoordinator, Heartbeat, JoinGroup } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { joinAlone, joinRequest } from './group-member-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withGroups(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ properties })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return fixture
}

describe('JoinGroup', () => {
  it('asks a new member to come back with the id it is given, and then makes it the leader', async () => {
    await using fixture = await withGroups()
    const asked = await fixture.call(JoinGroup, joinRequest('g'))
    assert.equal(asked.errorCode, errorCode('MEMBER_ID_REQUIRED'))
    const joined = await fixture.call(JoinGroup, joinRequest('g', asked.memberId))
    assert.equal(joined.errorCode, 0)
    assert.equal(joined.leader, asked.memberId)
    assert.equal(joined.generationId, 1)
    assert.equal(joined.protocolName, 'range')
    assert.deepEqual(
      joined.members.map(({ memberId }) => memberId),
      [asked.memberId],
    )
  })

  it('admits members of old versions at once', async () => {
    await using fixture = await withGroups()
    for (const version of [0, 1, 2, 3]) {
      const joined = await fixture.call(JoinGroup, joinRequest(`old-${version}`), { version })
      assert.equal(joined.errorCode, 0, `version ${version}`)
    }
  })

  it('waits for the other members, and hands each of them the new generation', async () => {
    await using fixture = await withGroups()
    const first = await joinAlone(fixture, 'g')
    const asked = await fixture.call(JoinGroup, joinRequest('g'))
    const second = fixture.begin(JoinGroup, joinRequest('g', asked.memberId))
    await fixture.advance(50)
    const { memberId, generationId } = first
    const beat = await fixture.call(Heartbeat, { groupId: 'g', generationId, memberId })
    assert.equal(beat.errorCode, errorCode('REBALANCE_IN_PROGRESS'))
    const rejoined = await fixture.call(JoinGroup, joinRequest('g', memberId))
    assert.equal(rejoined.generationId, 2)
    assert.equal(rejoined.members.length, 2)
    assert.ok(Buffer.isBuffer(await fixture.run(second)))
  })

  it('is NOT_COORDINATOR while there is no topic of groups', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    const { errorCode: code } = await fixture.call(JoinGroup, joinRequest('g'))
    assert.equal(code, errorCode('NOT_COORDINATOR'))
  })

  it('keeps the group and its members’ sessions across a restart of the node', async () => {
    const first = await withGroups()
    const { memberId, generationId } = await joinAlone(first, 'g')
    await first.run(first.broker.stop())
    await using fixture = await BrokerFixture.start({ properties, environment: first.environment })
    await fixture.advance(100)
    const { errorCode: code } = await fixture.call(Heartbeat, { groupId: 'g', generationId, memberId })
    assert.equal(code, 0)
  })
})
