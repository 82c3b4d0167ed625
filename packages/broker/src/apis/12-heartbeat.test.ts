import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, FindCoordinator, Heartbeat } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { joinAlone } from './group-member-fixture.ts'

const properties = { 'offsets.topic.num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' }

async function withGroups(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ properties })
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  return fixture
}

describe('Heartbeat', () => {
  it('keeps a member, and refuses strangers and other generations', async () => {
    await using fixture = await withGroups()
    const { groupId, memberId, generationId } = await joinAlone(fixture, 'g')
    const codes = [
      { groupId, generationId, memberId },
      { groupId, generationId: generationId + 1, memberId },
      { groupId, generationId, memberId: 'stranger' },
      { groupId: 'nobody', generationId, memberId },
    ].map(async (request) => (await fixture.call(Heartbeat, request)).errorCode)
    assert.deepEqual(await Promise.all(codes), [
      0,
      errorCode('ILLEGAL_GENERATION'),
      errorCode('UNKNOWN_MEMBER_ID'),
      errorCode('UNKNOWN_MEMBER_ID'),
    ])
  })

  it('loses a member that was silent for its session timeout', async () => {
    await using fixture = await withGroups()
    const { groupId, memberId, generationId } = await joinAlone(fixture, 'g')
    await fixture.advance(9_000)
    assert.equal((await fixture.call(Heartbeat, { groupId, generationId, memberId })).errorCode, 0)
    await fixture.advance(11_000)
    const { errorCode: code } = await fixture.call(Heartbeat, { groupId, generationId, memberId })
    assert.equal(code, errorCode('UNKNOWN_MEMBER_ID'))
  })
})
