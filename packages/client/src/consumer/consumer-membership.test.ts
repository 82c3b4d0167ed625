import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, type ConsumerGroupHeartbeat, type ProtocolError, type RequestInput } from '@gregor/protocol'
import { ConsumerMembership } from './consumer-membership.ts'

describe('ConsumerMembership', () => {
  it('joins with everything, then says only what has changed', () => {
    const member = newMember()
    assert.deepEqual(member.next(0), { do: 'find coordinator' })
    member.coordinatorFound()
    assert.deepEqual(heartbeatOf(member), {
      groupId: 'g',
      memberId: 'm',
      memberEpoch: 0,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: 2_000,
      subscribedTopicNames: ['events'],
      serverAssignor: 'uniform',
      topicPartitions: [],
    })
    assert.equal(member.identity.generationIdOrMemberEpoch, -1)
    answered(member, { memberEpoch: 1, assigned: [0, 1] })
    assert.deepEqual(member.next(0), { do: 'take', partitions: ids(0, 1) })
    assert.equal(member.identity.generationIdOrMemberEpoch, 1)
    // It says at once what it owns now.
    assert.deepEqual(heartbeatOf(member), reported(1, [0, 1]))
    answered(member, { memberEpoch: 1 })
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: 500 })
    assert.deepEqual(heartbeatOf(member, 500), reported(1, null))
  })

  it('gives up before it takes, and reports both', () => {
    const member = settled([0, 1])
    heartbeatOf(member, 500)
    answered(member, { memberEpoch: 1, assigned: [1, 2] }, 500)
    assert.deepEqual(member.next(500), { do: 'give up', partitions: ids(0), isLost: false })
    assert.deepEqual(member.owned, ids(0, 1))
    // It beats on while it does so, and has nothing new to say.
    assert.deepEqual(member.next(500), { do: 'wait', untilMs: 1_000 })
    assert.deepEqual(heartbeatOf(member, 1_000), reported(1, null))
    member.gaveUp()
    assert.deepEqual(member.next(1_000), { do: 'take', partitions: ids(2) })
    answered(member, { memberEpoch: 1 }, 1_000)
    assert.deepEqual(heartbeatOf(member, 1_000), reported(1, [1, 2]))
    answered(member, { memberEpoch: 2 }, 1_000)
    assert.equal(member.identity.generationIdOrMemberEpoch, 2)
  })

  it('says everything again after a heartbeat that was lost', () => {
    const member = settled([0])
    heartbeatOf(member, 500)
    member.lost(600)
    assert.deepEqual(member.next(600), { do: 'find coordinator' })
    member.coordinatorFound()
    assert.deepEqual(member.next(600), { do: 'wait', untilMs: 700 })
    const again = heartbeatOf(member, 700)
    assert.deepEqual(again.subscribedTopicNames, ['events'])
    assert.deepEqual(again.topicPartitions, [{ topicId: 'T', partitions: [0] }])
    assert.equal(again.memberEpoch, 1)
  })

  for (const error of ['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH', 'GROUP_ID_NOT_FOUND'] as const) {
    it(`loses all and joins again under its id after ${error}`, () => {
      const member = settled([0])
      heartbeatOf(member, 500)
      answered(member, { error }, 500)
      assert.deepEqual(member.next(500), { do: 'give up', partitions: ids(0), isLost: true })
      assert.deepEqual(member.next(500), { do: 'wait', untilMs: Infinity })
      member.gaveUp()
      assert.equal(heartbeatOf(member, 500).memberEpoch, 0)
    })
  }

  it('ignores an answer that is older than its fencing', () => {
    const member = settled([0])
    heartbeatOf(member, 500)
    member.refused('FENCED_MEMBER_EPOCH')
    answered(member, { memberEpoch: 1, assigned: [0, 1] }, 500)
    assert.equal(member.next(500).do, 'give up')
    member.gaveUp()
    assert.deepEqual(member.owned, [])
    assert.equal(heartbeatOf(member, 500).memberEpoch, 0)
  })

  it('beats at once where a commit was told of a newer epoch', () => {
    const member = settled([0])
    member.refused('STALE_MEMBER_EPOCH')
    assert.equal(heartbeatOf(member, 10).memberEpoch, 1)
  })

  const troubles: readonly (readonly [ProtocolError, string])[] = [
    ['COORDINATOR_LOAD_IN_PROGRESS', 'wait'],
    ['COORDINATOR_NOT_AVAILABLE', 'find coordinator'],
    ['NOT_COORDINATOR', 'find coordinator'],
    ['GROUP_AUTHORIZATION_FAILED', 'the end'],
    ['UNRELEASED_INSTANCE_ID', 'the end'],
    ['UNSUPPORTED_ASSIGNOR', 'the end'],
  ]
  for (const [error, then] of troubles) {
    it(`goes on with ${then} after ${error}`, () => {
      const member = settled([])
      heartbeatOf(member, 500)
      answered(member, { error }, 500)
      const next = member.next(500)
      assert.deepEqual(member.end, then === 'the end' ? { error } : undefined)
      if (then === 'wait') assert.deepEqual(next, { do: 'wait', untilMs: 600 })
      else assert.equal(next.do, then === 'the end' ? 'wait' : then)
    })
  }

  it('leaves for good with epoch -1, a static member for a while with -2, once it has given up', () => {
    for (const [instanceId, memberEpoch] of [
      [undefined, -1],
      ['static', -2],
    ] as const) {
      const member = settled([0], instanceId)
      member.leave()
      assert.deepEqual(member.next(0), { do: 'give up', partitions: ids(0), isLost: false })
      member.gaveUp()
      assert.equal(heartbeatOf(member).memberEpoch, memberEpoch)
      if (memberEpoch === -1) answered(member, { memberEpoch })
      else member.lost(0)
      assert.equal(member.end, 'left')
      assert.equal(member.identity.generationIdOrMemberEpoch, -1)
    }
  })

  it('says that it leaves where it decides so while a heartbeat is under way', () => {
    const member = settled([])
    heartbeatOf(member, 500)
    member.leave()
    answered(member, { memberEpoch: 1 }, 500)
    assert.equal(member.end, undefined)
    assert.equal(heartbeatOf(member, 500).memberEpoch, -1)
  })

  it('says goodbye for a static member where that is wished, and for none where not', () => {
    const fixed = settled([], 'static')
    fixed.leave('leave')
    assert.equal(heartbeatOf(fixed).memberEpoch, -1)
    const member = settled([])
    member.leave('remain')
    assert.equal(member.next(0).do, 'wait')
    assert.equal(member.end, 'left')
  })

  it('leaves at once when its owner is silent, and joins anew with nothing when he is back', () => {
    const member = settled([0])
    member.expire()
    assert.deepEqual(member.next(0), { do: 'give up', partitions: ids(0), isLost: true })
    assert.equal(heartbeatOf(member).memberEpoch, -1)
    answered(member, { memberEpoch: -1 })
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: Infinity })
    member.back()
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: Infinity })
    member.gaveUp()
    assert.equal(heartbeatOf(member).memberEpoch, 0)
    assert.equal(member.end, undefined)
  })

  it('leaves, too, when it is let in while its owner is silent', () => {
    const member = newMember()
    member.coordinatorFound()
    heartbeatOf(member)
    member.expire()
    answered(member, { memberEpoch: 1, assigned: [0] })
    assert.equal(heartbeatOf(member).memberEpoch, -1)
    assert.deepEqual(member.owned, [])
  })

  it('says at once what else it wants to read, and takes a pattern back with an empty one', () => {
    const member = settled([])
    member.subscribe({ topics: [], regex: 'event.*' })
    const first = heartbeatOf(member)
    assert.deepEqual([first.subscribedTopicNames, first.subscribedTopicRegex], [[], 'event.*'])
    answered(member, { memberEpoch: 1 })
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: 500 })
    member.subscribe({ topics: ['events'] })
    const second = heartbeatOf(member)
    assert.deepEqual([second.subscribedTopicNames, second.subscribedTopicRegex], [['events'], ''])
  })

  it('has nothing to leave before it is a member', () => {
    const member = newMember()
    member.coordinatorFound()
    member.leave()
    assert.deepEqual(member.next(0), { do: 'wait', untilMs: Infinity })
    assert.equal(member.end, 'left')
  })
})

function newMember(instanceId?: string): ConsumerMembership {
  return new ConsumerMembership({
    groupId: 'g',
    memberId: 'm',
    instanceId,
    subscription: { topics: ['events'] },
    serverAssignor: 'uniform',
    rebalanceTimeoutMs: 2_000,
    retryBackoffMs: 100,
  })
}

/** In epoch 1, owning these, having said so at 0. */
function settled(partitions: number[], instanceId?: string): ConsumerMembership {
  const member = newMember(instanceId)
  member.coordinatorFound()
  heartbeatOf(member)
  answered(member, { memberEpoch: 1, assigned: partitions })
  if (partitions.length > 0) {
    assert.equal(member.next(0).do, 'take')
    heartbeatOf(member)
    answered(member, { memberEpoch: 1 })
  }
  return member
}

function heartbeatOf(member: ConsumerMembership, nowMs = 0): RequestInput<typeof ConsumerGroupHeartbeat> {
  const next = member.next(nowMs)
  assert.ok(next.do === 'send' && next.api === 'ConsumerGroupHeartbeat', `${JSON.stringify(next)} is no heartbeat`)
  return next.request
}

function answered(
  member: ConsumerMembership,
  given: { error?: ProtocolError; memberEpoch?: number; assigned?: number[] },
  nowMs = 0,
): void {
  const { error = 'NONE', memberEpoch = 0, assigned } = given
  const response = {
    throttleTimeMs: 0,
    errorCode: errorCode(error),
    errorMessage: null,
    memberId: 'm',
    memberEpoch,
    heartbeatIntervalMs: 500,
    assignment: assigned === undefined ? null : { topicPartitions: [{ topicId: 'T', partitions: assigned }] },
  }
  member.answered({ api: 'ConsumerGroupHeartbeat', response }, nowMs)
}

function reported(memberEpoch: number, partitions: number[] | null): RequestInput<typeof ConsumerGroupHeartbeat> {
  const topicPartitions = partitions === null ? null : [{ topicId: 'T', partitions }]
  return { groupId: 'g', memberId: 'm', memberEpoch, instanceId: null, topicPartitions }
}

function ids(...partitions: number[]): { topic: string; partition: number }[] {
  return partitions.map((partition) => ({ topic: 'T', partition }))
}
