import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { retell } from '@gregor/machine'
import type { TranscriptLine } from '@gregor/machine'
import { errorName } from '@gregor/protocol'
import { imageWith, topicIdOf } from './consumer-fixture.ts'
import type { GroupEffect, GroupReply, MachineEvent } from './group-event.ts'
import { contextOf, testConfig } from './group-fixture.ts'
import { GroupCoordinatorMachine } from './group-coordinator-machine.ts'
import type { GroupLogRecord } from './group-log-record.ts'

/** What the lines of these dialogues mean. */
function eventFrom(line: TranscriptLine): MachineEvent {
  const {
    memberId = '',
    generationId = -1,
    waiter = 0,
    epoch = 0,
    owned,
    says,
  } = line as TranscriptLine & {
    memberId?: string
    generationId?: number
    waiter?: number
    epoch?: number
    owned?: readonly number[]
    says?: string
  }
  switch (line.type) {
    case 'Join': {
      const protocols = [{ name: 'range', metadata: Buffer.from(says ?? '') }]
      const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000 }
      const more = { groupInstanceId: null, protocolType: 'consumer', reason: null }
      const request = { groupId: 'g', memberId, protocols, ...timeouts, ...more }
      return { type: 'JoinGroup', request, context: contextOf(9), waiter }
    }
    case 'Sync': {
      const assignments = Object.entries((line['parts'] ?? {}) as Record<string, string>).map(([one, part]) => {
        return { memberId: one, assignment: Buffer.from(part) }
      })
      const protocol = { protocolType: 'consumer', protocolName: 'range' }
      const request = { groupId: 'g', memberId, generationId, groupInstanceId: null, assignments, ...protocol }
      return { type: 'SyncGroup', request, context: contextOf(5), waiter }
    }
    case 'Heartbeat':
      return { type: 'Heartbeat', request: { groupId: 'g', memberId, generationId, groupInstanceId: null } }
    case 'Topics':
      return { type: 'MetadataChanged', image: imageWith({ t: Number(line['t']) }), deletedTopics: [] }
    case 'Beat': {
      const isJoining = epoch === 0
      const request = {
        groupId: 'g',
        memberId,
        memberEpoch: epoch,
        instanceId: null,
        rackId: null,
        rebalanceTimeoutMs: isJoining ? 60_000 : -1,
        subscribedTopicNames: isJoining ? ['t'] : null,
        subscribedTopicRegex: null,
        serverAssignor: null,
        topicPartitions: isJoining
          ? []
          : owned === undefined
            ? null
            : [{ topicId: topicIdOf('t'), partitions: [...owned] }],
      }
      return { type: 'ConsumerGroupHeartbeat', request, context: contextOf(1), mayDescribe: () => true }
    }
    default:
      // Events that are written out as they are.
      return line as unknown as MachineEvent
  }
}

type Written = GroupLogRecord | GroupReply | GroupEffect

function write(value: Written): string {
  const written = value as Exclude<Written, undefined>
  if ('key' in written && 'value' in written) return recordText(written)
  if ('type' in written) return effectText(written as GroupEffect)
  if ('memberEpoch' in written) {
    const parts = written.assignment?.topicPartitions?.flatMap(({ partitions }) => partitions)
    const given = parts === undefined ? 'as before' : `[${parts.join(' ')}]`
    return `${errorName(written.errorCode)} epoch=${written.memberEpoch} ${given}`
  }
  return 'errorCode' in written ? errorName(written.errorCode ?? 0) : JSON.stringify(written)
}

function recordText({ type, key, value }: Extract<GroupLogRecord, { key: unknown }>): string {
  const whose = 'memberId' in key ? `${type} ${key.memberId}` : type
  if (value === null) return `${whose} deleted`
  switch (type) {
    case 'GroupMetadata': {
      const { generation, leader, members } = value as Extract<GroupLogRecord, { type: 'GroupMetadata' }>['value'] &
        object
      return `${type} generation=${generation} leader=${leader} ${members.map(({ assignment }) => assignment.toString()).join(' ')}`
    }
    case 'ConsumerGroupMetadata':
      return `${type} epoch=${(value as { epoch: number }).epoch}`
    case 'ConsumerGroupTargetAssignmentMetadata':
      return `${type} epoch=${(value as { assignmentEpoch: number }).assignmentEpoch}`
    case 'ConsumerGroupTargetAssignmentMember':
      return `${whose} [${partitionsIn((value as { topicPartitions: Listed }).topicPartitions)}]`
    case 'ConsumerGroupCurrentMemberAssignment': {
      const { memberEpoch, state, assignedPartitions, partitionsPendingRevocation } = value as Extract<
        GroupLogRecord,
        { type: 'ConsumerGroupCurrentMemberAssignment' }
      >['value'] &
        object
      const gives =
        partitionsPendingRevocation.length === 0 ? '' : ` gives up [${partitionsIn(partitionsPendingRevocation)}]`
      return `${whose} epoch=${memberEpoch} state=${state} [${partitionsIn(assignedPartitions)}]${gives}`
    }
    default:
      return whose
  }
}

type Listed = readonly { readonly partitions: readonly number[] }[]

function partitionsIn(topics: Listed): string {
  return topics.flatMap(({ partitions }) => partitions).join(' ')
}

function effectText(effect: GroupEffect): string {
  switch (effect.type) {
    case 'SetTimer':
      return `${effect.key} in ${effect.delayMs} ms, generation ${effect.generation}`
    case 'CancelTimer':
      return `${effect.key} cancelled`
    case 'AnswerJoinGroup': {
      const { errorCode, generationId, leader, memberId, members } = effect.response
      return `${effect.waiter}: ${errorName(errorCode)} ${memberId} generation=${generationId} leader=${leader} members=${members.length}`
    }
    case 'AnswerSyncGroup':
      return `${effect.waiter}: ${errorName(effect.response.errorCode)} ${effect.response.assignment.toString()}`
    case 'ResolveRegexes':
      return effect.regexes.join(' ')
  }
}

function told(text: string): string {
  return retell(text, { machine: new GroupCoordinatorMachine(testConfig), eventFrom, write })
}

describe('A dialogue with a group coordinator', () => {
  it('of a classic consumer that joins, is assigned, and is not heard from again', () => {
    const a = 'client-00000000-0000-4000-8000-000000000000'
    const text = `
# A new member is given an id, and comes again with it.
@ 1000
> Join waiter=1
+ GroupMetadata generation=0 leader=null 
! classic-session:1:g:${a} in 10000 ms, generation 1
! 1: MEMBER_ID_REQUIRED ${a} generation=-1 leader= members=0
> Join waiter=2 memberId=${a}
! classic-session:1:g:${a} in 300000 ms, generation 2
! classic-join:g in 3000 ms, generation 3
# Nobody else comes.
@ 4000
> TimerFired key="classic-join:g" generation=3
! 2: NONE ${a} generation=1 leader=${a} members=1
! classic-session:1:g:${a} in 10000 ms, generation 4
! classic-sync:g in 60000 ms, generation 5
> Sync waiter=3 memberId=${a} generationId=1 parts={"${a}":"everything"}
+ GroupMetadata generation=1 leader=${a} everything
! classic-sync:g cancelled
! 3: NONE everything
! classic-session:1:g:${a} in 10000 ms, generation 6
> Heartbeat memberId=${a} generationId=1
< NONE
! classic-session:1:g:${a} in 10000 ms, generation 7
# The session that was renewed means nothing any more; the new one does.
@ 14000
> TimerFired key="classic-session:1:g:${a}" generation=6
> TimerFired key="classic-session:1:g:${a}" generation=7
+ GroupMetadata generation=2 leader=null 
> Heartbeat memberId=${a} generationId=1
< UNKNOWN_MEMBER_ID`
    assert.equal(trimmed(told(text)), trimmed(text))
  })

  it('of two consumers that share what the first had', () => {
    const text = `
> Topics t=2
> Beat memberId=a
+ ConsumerGroupMemberMetadata a
+ ConsumerGroupMetadata epoch=2
+ ConsumerGroupTargetAssignmentMember a [0 1]
+ ConsumerGroupTargetAssignmentMetadata epoch=2
+ ConsumerGroupCurrentMemberAssignment a epoch=2 state=0 [0 1]
< NONE epoch=2 [0 1]
! consumer-session:1:g:a in 45000 ms, generation 1
# The second waits for what the first has to give up.
> Beat memberId=b
+ ConsumerGroupMemberMetadata b
+ ConsumerGroupMetadata epoch=3
+ ConsumerGroupTargetAssignmentMember a [0]
+ ConsumerGroupTargetAssignmentMember b [1]
+ ConsumerGroupTargetAssignmentMetadata epoch=3
+ ConsumerGroupCurrentMemberAssignment b epoch=3 state=2 []
< NONE epoch=3 []
! consumer-session:1:g:b in 45000 ms, generation 2
> Beat memberId=a epoch=2
+ ConsumerGroupCurrentMemberAssignment a epoch=2 state=1 [0] gives up [1]
< NONE epoch=2 [0]
! consumer-rebalance:1:g:a in 60000 ms, generation 3
! consumer-session:1:g:a in 45000 ms, generation 4
> Beat memberId=b epoch=3
+ ConsumerGroupCurrentMemberAssignment b epoch=3 state=2 []
< NONE epoch=3 as before
! consumer-session:1:g:b in 45000 ms, generation 5
# The first says that it has given it up.
> Beat memberId=a epoch=2 owned=[0]
+ ConsumerGroupCurrentMemberAssignment a epoch=3 state=0 [0]
< NONE epoch=3 as before
! consumer-rebalance:1:g:a cancelled
! consumer-session:1:g:a in 45000 ms, generation 6
> Beat memberId=b epoch=3
+ ConsumerGroupCurrentMemberAssignment b epoch=3 state=0 [1]
< NONE epoch=3 [1]
! consumer-session:1:g:b in 45000 ms, generation 7`
    assert.equal(trimmed(told(text)), trimmed(text))
  })
})

/** Without blanks at the ends of lines, which editors take away. */
function trimmed(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
