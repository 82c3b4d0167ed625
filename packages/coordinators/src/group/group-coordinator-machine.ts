/**
 * The coordinator of the groups in one partition of `__consumer_offsets`: a pure machine, run by `machine/host` over
 * that partition. This file routes; each kind of decision has a file of its own. States, transitions and invariants:
 * SPEC.md.
 */
import { unreachable } from '@gregor/base'
import { decide } from '@gregor/machine'
import type { Decision, Given, Machine } from '@gregor/machine'
import { emptyImage } from '@gregor/metadata'
import type { OffsetCommitRequest } from '@gregor/protocol'
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './classic-requests.ts'
import { consumerGroupHeartbeat, refuseHeartbeat } from './consumer/heartbeat.ts'
import { applyResolution } from './consumer/regexes.ts'
import { followMetadata } from './follow-metadata.ts'
import type { GroupCoordinatorConfig } from './group-config.ts'
import type { GroupEffect, GroupReply, MachineEvent } from './group-event.ts'
import { expire, load } from './group-expiry.ts'
import type { GroupHistoryEvent } from './group-history.ts'
import { describeConsumerGroups, describeGroups, listGroups } from './group-listing.ts'
import type { GroupLogRecord } from './group-log-record.ts'
import { applyRecord, newGroupState } from './group-state.ts'
import type { GroupState, LoggedGroupState } from './group-state.ts'
import { commitOffsets, commitOffsetsInTransaction, refuseCommit, refuseTxnCommit } from './offsets/offset-commit.ts'
import { fetchOffsets } from './offsets/offset-fetch.ts'
import { deleteGroups, deleteOffsets, deleteOffsetsOfTopics } from './offsets/offset-removal.ts'
import { refusal } from './refusal.ts'
import type { Turn } from './turn.ts'

type GroupDecision = Decision<GroupLogRecord, GroupReply, GroupEffect>

export class GroupCoordinatorMachine implements Machine<MachineEvent, GroupLogRecord, GroupReply, GroupEffect> {
  readonly #state: GroupState

  constructor(config: GroupCoordinatorConfig) {
    this.#state = newGroupState(config, emptyImage)
  }

  /** What happened in a group since this coordinator was loaded, oldest first: the last 100 events. */
  explain(groupId: string): readonly GroupHistoryEvent[] {
    return this.#state.histories.explain(groupId)
  }

  /** What replaying the log gives: for metrics, and to compare a machine with one that was rebuilt. */
  get logged(): Readonly<LoggedGroupState> {
    return this.#state
  }

  apply(record: GroupLogRecord, offset: number): void {
    applyRecord(this.#state, record, offset)
  }

  handle(event: MachineEvent, given: Given): GroupDecision {
    this.#state.unbornGroups.clear()
    const turn: Turn = { state: this.#state, given, records: [], effects: [] }
    const reply = replyTo(turn, event)
    const { records, effects } = turn
    // The most frequent of all, by far.
    if (event.type === 'OffsetCommit') return { records, effects, reply, tooLarge: new RefusedCommit(event.request) }
    return decide(reply, { records, effects, ...batchOf(event) })
  }
}

function replyTo(turn: Turn, event: MachineEvent): GroupReply {
  switch (event.type) {
    case 'JoinGroup':
      return void joinGroup(turn, event)
    case 'SyncGroup':
      return void syncGroup(turn, event)
    case 'Heartbeat':
      return heartbeat(turn, event)
    case 'LeaveGroup':
      return leaveGroup(turn, event)
    case 'DescribeGroups':
      return describeGroups(turn.state, event)
    case 'ListGroups':
      return listGroups(turn.state, event)
    case 'ConsumerGroupHeartbeat':
      return consumerGroupHeartbeat(turn, event)
    case 'ConsumerGroupDescribe':
      return describeConsumerGroups(turn.state, event)
    case 'DeleteGroups':
      return deleteGroups(turn, event)
    case 'OffsetCommit':
      return commitOffsets(turn, event)
    case 'OffsetFetch':
      return fetchOffsets(turn.state, event)
    case 'OffsetDelete':
      return deleteOffsets(turn, event.request)
    case 'TxnOffsetCommit':
      return commitOffsetsInTransaction(turn, event)
    case 'WriteTxnMarker':
      return void turn.records.push({ ...event, type: 'TransactionMarker' })
    case 'Loaded':
      return void load(turn)
    case 'MetadataChanged':
      followMetadata(turn.state, event)
      return void deleteOffsetsOfTopics(turn, event.deletedTopics)
    case 'RegexesResolved':
      return void applyResolution(turn, event)
    case 'ConfigChanged':
      turn.state.config = event.config
      return undefined
    case 'TimerFired': {
      const expiry = turn.state.timers.expire(event)
      return expiry === undefined ? undefined : void expire(turn, expiry)
    }
    default:
      return unreachable(event)
  }
}

/** What is said where a commit does not fit a batch: put together when it is asked for, as it hardly ever is. */
class RefusedCommit {
  readonly action = 'refuse'
  readonly #request: OffsetCommitRequest

  constructor(request: OffsetCommitRequest) {
    this.#request = request
  }

  get reply(): GroupReply {
    return refuseCommit(this.#request, 'UNKNOWN_SERVER_ERROR')
  }
}

/** How the records of an event are written, and what is said where they do not fit a batch. */
function batchOf(event: MachineEvent): Pick<GroupDecision, 'producer' | 'tooLarge'> {
  switch (event.type) {
    case 'TxnOffsetCommit': {
      const { producerId, producerEpoch } = event.request
      const { guard } = event
      const reply = refuseTxnCommit(event.request, 'UNKNOWN_SERVER_ERROR')
      const producer = { producerId, producerEpoch, ...(guard === undefined ? {} : { guard }) }
      return { producer, tooLarge: { action: 'refuse', reply } }
    }
    case 'ConsumerGroupHeartbeat': {
      const reply = refuseHeartbeat(refusal('UNKNOWN_SERVER_ERROR', 'The change is larger than the log takes.'))
      return { tooLarge: { action: 'refuse', reply } }
    }
    case 'DeleteGroups':
    case 'OffsetDelete':
    case 'MetadataChanged':
    case 'TimerFired':
      // Tombstones: each says what is so anyway.
      return { tooLarge: { action: 'split' } }
    default:
      return {}
  }
}
