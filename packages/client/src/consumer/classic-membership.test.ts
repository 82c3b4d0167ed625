import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  errorCode,
  type ProtocolError,
} from '@gregor/protocol'
import { ClassicMembership, type ClassicProtocol } from './classic-membership.ts'
import { consumerProtocol } from './consumer-protocol.ts'
import type { GroupRequest, Instruction } from './membership.ts'

describe('ClassicMembership', () => {
  it('finds the coordinator, joins, is given an id, joins, syncs, takes its partitions and beats', () => {
    const member = newMember()
    assert.deepEqual(member.next(0), { do: 'find coordinator' })
    member.coordinatorFound()
    assert.equal(sentIn(member, 'JoinGroup').memberId, '')
    joined(member, { error: 'MEMBER_ID_REQUIRED', memberId: 'm-1' })
    assert.equal(sentIn(member, 'JoinGroup').memberId, 'm-1')
    joined(member, { memberId: 'm-1', generationId: 4, leader: 'other' })
    assert.deepEqual(sentIn(member, 'SyncGroup'), {
      groupId: 'g',
      generationId: 4,
      memberId: 'm-1',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
    })
    synced(member, { events: [0, 2] })
    assert.deepEqual(member.next(0), { do: 'take', partitions: events(0, 2) })
    assert.deepEqual(member.owned, events(0, 2))
    assert.deepEqual(member.identity, { memberId: 'm-1', instanceId: null, generationIdOrMemberEpoch: 4 })
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: 300 })
    assert.equal(sentIn(member, 'Heartbeat', 300).generationId, 4)
    beaten(member, 'NONE', 310)
    assert.deepEqual(member.next(310), { do: 'wait', untilMs: 610 })
  })

  it('assigns as the leader what the caller says', () => {
    const member = newMember()
    member.coordinatorFound()
    sentIn(member, 'JoinGroup')
    const metadata = encodeSubscription({ topics: ['events'], ownedPartitions: [{ topic: 'events', partitions: [1] }] })
    joined(member, {
      memberId: 'm-1',
      generationId: 1,
      leader: 'm-1',
      members: [{ memberId: 'm-1', groupInstanceId: 'static', metadata }],
    })
    assert.deepEqual(member.next(0), {
      do: 'assign',
      protocolName: 'range',
      members: [{ memberId: 'm-1', instanceId: 'static', metadata }],
    })
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: Infinity })
    const assignment = encodeAssignment({ assignedPartitions: [{ topic: 'events', partitions: [0, 1] }] }, 1)
    member.assigned(new Map([['m-1', assignment]]))
    assert.deepEqual(sentIn(member, 'SyncGroup').assignments, [{ memberId: 'm-1', assignment }])
  })

  it('gives everything up before it joins again, if it is eager', () => {
    const member = stable({ events: [0, 1] })
    assert.ok(sentIn(member, 'Heartbeat', 300))
    beaten(member, 'REBALANCE_IN_PROGRESS', 300)
    assert.deepEqual(member.next(300), { do: 'give up', partitions: events(0, 1), isLost: false })
    // It beats on while it does so.
    assert.deepEqual(member.next(300), { do: 'wait', untilMs: 600 })
    assert.ok(sentIn(member, 'Heartbeat', 600))
    beaten(member, 'REBALANCE_IN_PROGRESS', 600)
    member.gaveUp()
    const [protocol] = sentIn(member, 'JoinGroup', 600).protocols
    assert.deepEqual(decodeSubscription(Buffer.from(protocol?.metadata ?? [])).ownedPartitions, [])
  })

  it('keeps what it owns and gives up what is taken away, then joins again, if it is cooperative', () => {
    const member = stable({ events: [0, 1] }, { protocol: consumers('cooperative') })
    member.refused('REBALANCE_IN_PROGRESS')
    const [protocol] = sentIn(member, 'JoinGroup').protocols
    const said = decodeSubscription(Buffer.from(protocol?.metadata ?? []))
    assert.deepEqual(
      said.ownedPartitions.map(({ topic, partitions }) => [topic, partitions]),
      [['events', [0, 1]]],
    )
    assert.equal(said.generationId, 4)
    joined(member, { memberId: 'm-1', generationId: 5, leader: 'other' })
    sentIn(member, 'SyncGroup')
    synced(member, { events: [1, 2] })
    assert.deepEqual(member.next(0), { do: 'give up', partitions: events(0), isLost: false })
    assert.deepEqual(member.next(0), { do: 'take', partitions: events(2) })
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: 300 })
    member.gaveUp()
    assert.deepEqual(member.owned, events(1, 2))
    assert.equal(sentIn(member, 'JoinGroup').memberId, 'm-1')
  })

  // What an answer with an error leads to: the next instruction, and the member id that is left.
  const refusals: readonly (readonly [GroupRequest['api'], ProtocolError, Instruction['do'] | 'JoinGroup', string])[] =
    [
      ['JoinGroup', 'COORDINATOR_LOAD_IN_PROGRESS', 'wait', 'm-1'],
      ['JoinGroup', 'NOT_COORDINATOR', 'find coordinator', 'm-1'],
      ['JoinGroup', 'COORDINATOR_NOT_AVAILABLE', 'find coordinator', 'm-1'],
      ['JoinGroup', 'REBALANCE_IN_PROGRESS', 'JoinGroup', 'm-1'],
      ['JoinGroup', 'UNKNOWN_MEMBER_ID', 'JoinGroup', ''],
      ['JoinGroup', 'GROUP_MAX_SIZE_REACHED', 'wait', 'm-1'],
      ['SyncGroup', 'REBALANCE_IN_PROGRESS', 'JoinGroup', 'm-1'],
      ['SyncGroup', 'ILLEGAL_GENERATION', 'JoinGroup', 'm-1'],
      ['SyncGroup', 'UNKNOWN_MEMBER_ID', 'JoinGroup', ''],
      ['SyncGroup', 'NOT_COORDINATOR', 'find coordinator', 'm-1'],
      ['SyncGroup', 'FENCED_INSTANCE_ID', 'wait', 'm-1'],
      ['Heartbeat', 'ILLEGAL_GENERATION', 'give up', 'm-1'],
      ['Heartbeat', 'UNKNOWN_MEMBER_ID', 'give up', ''],
      ['Heartbeat', 'NOT_COORDINATOR', 'find coordinator', 'm-1'],
      ['Heartbeat', 'FENCED_INSTANCE_ID', 'give up', 'm-1'],
    ]
  for (const [api, error, then, memberId] of refusals) {
    it(`goes on with ${then} after ${api} was answered ${error}`, () => {
      const member = memberBefore(api)
      const nowMs = api === 'Heartbeat' ? 300 : 0
      sentIn(member, api, nowMs)
      if (api === 'JoinGroup') joined(member, { error })
      else if (api === 'SyncGroup') synced(member, {}, error)
      else beaten(member, error, nowMs)
      const next = member.next(nowMs)
      assert.equal(next.do === 'send' ? next.api : next.do, then)
      assert.equal(member.identity.memberId, memberId)
      const isEnd = error === 'GROUP_MAX_SIZE_REACHED' || error === 'FENCED_INSTANCE_ID'
      assert.deepEqual(member.end, isEnd ? { error } : undefined)
    })
  }

  it('says that partitions are lost when it was thrown out, and comes again with nothing', () => {
    const member = stable({ events: [0] })
    member.refused('UNKNOWN_MEMBER_ID')
    assert.deepEqual(member.next(0), { do: 'give up', partitions: events(0), isLost: true })
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: Infinity })
    member.gaveUp()
    assert.deepEqual(member.owned, [])
    assert.equal(sentIn(member, 'JoinGroup').memberId, '')
  })

  it('does not take an assignment of the generation before it was thrown out', () => {
    const member = memberBefore('SyncGroup')
    sentIn(member, 'SyncGroup')
    member.refused('ILLEGAL_GENERATION')
    synced(member, { events: [0] })
    assert.deepEqual(member.owned, [])
    assert.equal(sentIn(member, 'JoinGroup').memberId, 'm-1')
  })

  it('joins again where it cannot know whether its SyncGroup arrived', () => {
    const member = memberBefore('SyncGroup')
    sentIn(member, 'SyncGroup')
    member.lost(50)
    assert.deepEqual(member.next(50), { do: 'find coordinator' })
    member.coordinatorFound()
    assert.deepEqual(member.next(50), { do: 'wait', untilMs: 150 })
    assert.equal(sentIn(member, 'JoinGroup', 150).memberId, 'm-1')
  })

  it('leaves when it has given everything up, and a static member without a word', () => {
    const member = stable({ events: [0] })
    member.leave()
    assert.equal(member.next(0).do, 'give up')
    assert.equal(member.next(0).do, 'wait')
    member.gaveUp()
    assert.deepEqual(sentIn(member, 'LeaveGroup').members, [{ memberId: 'm-1', groupInstanceId: null }])
    member.answered({ api: 'LeaveGroup', response: { throttleTimeMs: 0, errorCode: 0, members: [] } }, 0)
    assert.equal(member.end, 'left')
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: Infinity })

    const fixed = stable({ events: [0] }, { instanceId: 'static' })
    fixed.leave()
    fixed.next(0)
    fixed.gaveUp()
    assert.equal(fixed.next(0).do, 'wait')
    assert.equal(fixed.end, 'left')
  })

  it('says goodbye for a static member where that is wished, and for none where not', () => {
    const fixed = stable({}, { instanceId: 'static' })
    fixed.leave('leave')
    assert.deepEqual(sentIn(fixed, 'LeaveGroup').members, [{ memberId: 'm-1', groupInstanceId: 'static' }])
    const member = stable({})
    member.leave('remain')
    assert.equal(member.next(0).do, 'wait')
    assert.equal(member.end, 'left')
  })

  it('leaves at once when its owner is silent, and joins anew with nothing when he is back', () => {
    const member = stable({ events: [0] })
    member.expire()
    assert.deepEqual(member.next(0), { do: 'give up', partitions: events(0), isLost: true })
    assert.ok(sentIn(member, 'LeaveGroup'))
    member.answered({ api: 'LeaveGroup', response: { throttleTimeMs: 0, errorCode: 0, members: [] } }, 0)
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: Infinity })
    member.back()
    // What it had is not given up yet.
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: Infinity })
    member.gaveUp()
    assert.equal(sentIn(member, 'JoinGroup').memberId, '')
    assert.equal(member.end, undefined)
  })

  it('leaves, too, when it is given a place while its owner is silent', () => {
    const member = memberBefore('JoinGroup')
    sentIn(member, 'JoinGroup')
    member.expire()
    joined(member, { memberId: 'm-1', generationId: 4, leader: 'other' })
    assert.deepEqual(sentIn(member, 'LeaveGroup').members, [{ memberId: 'm-1', groupInstanceId: null }])
    member.lost(0)
    member.coordinatorFound()
    assert.deepEqual(member.next(200), { do: 'wait', untilMs: Infinity })
  })

  it('joins again where what it wants has changed, also while it syncs, and says why', () => {
    const member = stable({})
    member.rejoin('new topics')
    assert.equal(sentIn(member, 'JoinGroup').reason, 'new topics')
    joined(member, { memberId: 'm-1', generationId: 5, leader: 'other' })
    sentIn(member, 'SyncGroup')
    member.rejoin('newer topics')
    synced(member, { events: [0] })
    assert.equal(member.next(0).do, 'take')
    assert.equal(member.next(0).do, 'give up')
    member.gaveUp()
    assert.equal(sentIn(member, 'JoinGroup').reason, 'newer topics')
  })

  it('keeps the bytes of its last assignment for groups of other kinds', () => {
    const member = memberBefore('SyncGroup')
    assert.equal(member.received, undefined)
    sentIn(member, 'SyncGroup')
    synced(member, { events: [0] })
    const assignment = encodeAssignment({ assignedPartitions: [{ topic: 'events', partitions: [0] }] }, 1)
    assert.deepEqual(member.received, { generationId: 4, protocolName: 'range', assignment })
  })

  it('has left, too, when its LeaveGroup was lost', () => {
    const member = stable({})
    member.leave()
    sentIn(member, 'LeaveGroup')
    member.lost(0)
    assert.equal(member.end, 'left')
  })
})

function consumers(rebalanceProtocol: 'eager' | 'cooperative'): ClassicProtocol {
  return consumerProtocol({ topics: () => ['events'], assignors: ['range'], rebalanceProtocol })
}

function newMember(options: Partial<ConstructorParameters<typeof ClassicMembership>[0]> = {}): ClassicMembership {
  return new ClassicMembership({
    groupId: 'g',
    protocol: consumers('eager'),
    sessionTimeoutMs: 1_000,
    rebalanceTimeoutMs: 2_000,
    heartbeatIntervalMs: 300,
    retryBackoffMs: 100,
    ...options,
  })
}

/** A member whose next request is of that API. */
function memberBefore(
  api: GroupRequest['api'],
  options: Partial<ConstructorParameters<typeof ClassicMembership>[0]> = {},
): ClassicMembership {
  if (api === 'Heartbeat') return stable({ events: [0] }, options)
  const member = newMember(options)
  member.coordinatorFound()
  sentIn(member, 'JoinGroup')
  joined(member, { error: 'MEMBER_ID_REQUIRED', memberId: 'm-1' })
  if (api === 'JoinGroup') return member
  sentIn(member, 'JoinGroup')
  joined(member, { memberId: 'm-1', generationId: 4, leader: 'other' })
  return member
}

function stable(
  assignment: Record<string, number[]>,
  options: Partial<ConstructorParameters<typeof ClassicMembership>[0]> = {},
): ClassicMembership {
  const member = memberBefore('SyncGroup', options)
  sentIn(member, 'SyncGroup')
  synced(member, assignment)
  if (Object.keys(assignment).length > 0) assert.equal(member.next(0).do, 'take')
  return member
}

function sentIn<Name extends GroupRequest['api']>(member: ClassicMembership, api: Name, nowMs = 0): RequestOf<Name> {
  const next = member.next(nowMs)
  assert.ok(next.do === 'send' && next.api === api, `${api} is due, not ${JSON.stringify(next)}`)
  return next.request as RequestOf<Name>
}

type RequestOf<Name extends GroupRequest['api']> = Extract<GroupRequest, { api: Name }>['request']

interface Joined {
  readonly error?: ProtocolError
  readonly memberId?: string
  readonly generationId?: number
  readonly leader?: string
  readonly members?: { memberId: string; groupInstanceId: string | null; metadata: Buffer }[]
}

function joined(member: ClassicMembership, given: Joined): void {
  const { error = 'NONE', memberId = '', generationId = -1, leader = '', members = [] } = given
  const response = {
    throttleTimeMs: 0,
    errorCode: errorCode(error),
    generationId,
    protocolType: 'consumer',
    protocolName: 'range',
    leader,
    skipAssignment: false,
    memberId,
    members,
  }
  member.answered({ api: 'JoinGroup', response }, 0)
}

function synced(member: ClassicMembership, assigned: Record<string, number[]>, error: ProtocolError = 'NONE'): void {
  const assignedPartitions = Object.entries(assigned).map(([topic, partitions]) => ({ topic, partitions }))
  const assignment = assignedPartitions.length === 0 ? Buffer.alloc(0) : encodeAssignment({ assignedPartitions }, 1)
  const response = {
    throttleTimeMs: 0,
    errorCode: errorCode(error),
    protocolType: null,
    protocolName: null,
    assignment,
  }
  member.answered({ api: 'SyncGroup', response }, 0)
}

function beaten(member: ClassicMembership, error: ProtocolError, nowMs: number): void {
  member.answered({ api: 'Heartbeat', response: { throttleTimeMs: 0, errorCode: errorCode(error) } }, nowMs)
}

function events(...partitions: number[]): { topic: string; partition: number }[] {
  return partitions.map((partition) => ({ topic: 'events', partition }))
}
