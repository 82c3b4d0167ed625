/** For tests of group APIs: a group of one classic member on a broker, joined and synced. */
import { encodeSubscription, JoinGroup, SyncGroup } from '@gregor/protocol'
import type { BrokerFixture } from '../broker-fixture.ts'

export interface JoinedMember {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
}

export function joinRequest(groupId: string, memberId = '') {
  const metadata = encodeSubscription({ topics: ['t'], userData: null, ownedPartitions: [] }, 1)
  return {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    memberId,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata }],
  }
}

export async function joinAlone(fixture: BrokerFixture, groupId: string): Promise<JoinedMember> {
  const asked = await fixture.call(JoinGroup, joinRequest(groupId))
  const joined = await fixture.call(JoinGroup, joinRequest(groupId, asked.memberId))
  const { memberId, generationId } = joined
  await fixture.call(SyncGroup, {
    groupId,
    generationId,
    memberId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment: Buffer.from('mine') }],
  })
  return { groupId, memberId, generationId }
}
