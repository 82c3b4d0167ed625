/**
 * A small world for the tests of the group coordinator: a machine, a log that commits at once, timers on a clock that
 * stands still until it is moved, and clients that fill in what a request leaves open.
 */
import { assert } from '@gregor/base'
import { countingRandom } from '@gregor/machine'
import type { HostBatch } from '@gregor/machine'
import { errorName } from '@gregor/protocol'
import type { JoinGroupRequest, OffsetCommitRequest, SyncGroupRequest } from '@gregor/protocol'
import type { GroupCoordinatorConfig } from './group-config.ts'
import { GroupCoordinatorMachine } from './group-coordinator-machine.ts'
import type {
  AnswerEffect,
  GroupEvent,
  GroupReplies,
  JoinGroupReply,
  MachineEvent,
  ResolveRegexes,
  SyncGroupReply,
} from './group-event.ts'
import { decodeGroupBatches, encodeGroupBatch } from './group-log-record.ts'
import type { GroupLogRecord } from './group-log-record.ts'

export const testConfig: GroupCoordinatorConfig = {
  sessionTimeoutMsMin: 10,
  sessionTimeoutMsMax: 1_800_000,
  initialRebalanceDelayMs: 3000,
  classicGroupSizeMax: 1000,
  offsetMetadataLengthMax: 16,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  recordBytesMax: 1_000_000,
  consumer: {
    sizeMax: 1000,
    assignors: ['uniform', 'range'],
    migrationPolicy: { allowsUpgrade: true, allowsDowngrade: true },
    regexRefreshIntervalMs: 600_000,
    sessionTimeoutMs: { value: 45_000, min: 45_000, max: 60_000 },
    heartbeatIntervalMs: { value: 5000, min: 5000, max: 15_000 },
    assignmentIntervalMs: { value: 0, min: 0, max: 15_000 },
  },
}

export interface JoinOptions {
  readonly groupId?: string
  readonly memberId?: string
  readonly instanceId?: string
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly protocolType?: string
  /** Name to metadata. */
  readonly protocols?: Readonly<Record<string, string | Buffer>>
  readonly apiVersion?: number
  readonly clientId?: string
}

export interface SyncOptions {
  readonly memberId: string
  readonly generationId: number
  readonly groupId?: string
  readonly instanceId?: string
  readonly assignments?: Readonly<Record<string, string | Buffer>>
  readonly protocolType?: string
  readonly protocolName?: string
  readonly apiVersion?: number
}

export class GroupWorld {
  readonly config: GroupCoordinatorConfig
  readonly batches: HostBatch<GroupLogRecord>[] = []
  readonly answers = new Map<number, AnswerEffect['response']>()
  /** What it was asked to resolve and has not. */
  readonly resolutions: ResolveRegexes[] = []
  nowMs = 1_000_000
  machine: GroupCoordinatorMachine
  #timers = new Map<string, { dueMs: number; generation: number }>()
  #random = countingRandom()
  #nextWaiter = 1
  #nextOffset = 0

  constructor(config: Partial<GroupCoordinatorConfig> = {}) {
    this.config = { ...testConfig, ...config }
    this.machine = new GroupCoordinatorMachine(this.config)
    this.send({ type: 'Loaded' })
  }

  get records(): readonly GroupLogRecord[] {
    return this.batches.flatMap(({ records }) => records)
  }

  get timerKeys(): readonly string[] {
    return [...this.#timers.keys()]
  }

  send<Event extends GroupEvent>(event: Event): GroupReplies[Event['type']] {
    // The map of replies says what each event is answered with.
    return this.#handle(event) as GroupReplies[Event['type']]
  }

  /** Lets so much time pass, and every timer that comes up on the way do its work. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const [next] = [...this.#timers].toSorted(([, a], [, b]) => a.dueMs - b.dueMs)
      if (next === undefined || next[1].dueMs > untilMs) break
      const [key, { dueMs, generation }] = next
      this.#timers.delete(key)
      this.nowMs = Math.max(this.nowMs, dueMs)
      this.#handle({ type: 'TimerFired', key, generation })
    }
    this.nowMs = untilMs
  }

  /** A new coordinator over the same log, read back from its bytes. */
  restart(): void {
    this.machine = this.rebuilt()
    this.#timers.clear()
    this.answers.clear()
    this.send({ type: 'Loaded' })
  }

  rebuilt(): GroupCoordinatorMachine {
    const machine = new GroupCoordinatorMachine(this.config)
    let offset = 0
    for (const batch of this.batches) {
      for (const { record } of decodeGroupBatches(encodeGroupBatch(batch, this.nowMs))) machine.apply(record, offset++)
    }
    return machine
  }

  /** Returns the waiter: see `joined`. */
  join(options: JoinOptions = {}): number {
    const { apiVersion = 9, clientId = 'client', ...rest } = options
    const waiter = this.#nextWaiter++
    const context = { apiVersion, clientId, clientHost: '/127.0.0.1' }
    this.send({ type: 'JoinGroup', request: joinRequest(rest), context, waiter })
    return waiter
  }

  sync(options: SyncOptions): number {
    const { apiVersion = 5, ...rest } = options
    const waiter = this.#nextWaiter++
    const context = { apiVersion, clientId: 'client', clientHost: '/127.0.0.1' }
    this.send({ type: 'SyncGroup', request: syncRequest(rest), context, waiter })
    return waiter
  }

  /** The answer to a JoinGroup; `undefined` while it waits. */
  joined(waiter: number): (JoinGroupReply & { error: string }) | undefined {
    const answer = this.answers.get(waiter)
    if (answer === undefined) return undefined
    assert('members' in answer, 'an answer to JoinGroup has members')
    return { ...answer, error: errorName(answer.errorCode) }
  }

  /** The answer to a SyncGroup; `undefined` while it waits. */
  synced(waiter: number): (SyncGroupReply & { error: string }) | undefined {
    const answer = this.answers.get(waiter)
    if (answer === undefined) return undefined
    assert('assignment' in answer, 'an answer to SyncGroup has an assignment')
    return { ...answer, error: errorName(answer.errorCode) }
  }

  heartbeat(memberId: string, generationId: number, more: { groupId?: string; instanceId?: string } = {}): string {
    const { groupId = 'g', instanceId = null } = more
    const request = { groupId, generationId, memberId, groupInstanceId: instanceId }
    return errorName(this.send({ type: 'Heartbeat', request }).errorCode)
  }

  leave(...members: readonly { memberId?: string; instanceId?: string }[]): readonly string[] {
    const leaving = members.map(({ memberId = '', instanceId = null }) => {
      return { memberId, groupInstanceId: instanceId, reason: null }
    })
    const request = { groupId: 'g', memberId: '', members: leaving }
    const reply = this.send({ type: 'LeaveGroup', request, context: contextOf(5) })
    return (reply.members ?? []).map(({ errorCode }) => errorName(errorCode))
  }

  state(groupId = 'g'): string {
    const [group] = this.send({ type: 'DescribeGroups', groupIds: [groupId], context: contextOf(6) })
    assert(group !== undefined, 'a group that is described')
    return group.groupState
  }

  commit(options: CommitOptions): string {
    const { apiVersion = 9, ...rest } = options
    const event = { type: 'OffsetCommit', request: commitRequest(rest), context: contextOf(apiVersion) } as const
    const codes = this.send(event).topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
    return codes.map(errorName).join(' ')
  }

  /** `offset` or the name of an error, by partition; -1 where nothing is committed. */
  committed(topic: string, partitions: readonly number[], more: FetchOptions = {}): readonly (number | string)[] {
    const { groupId = 'g', requireStable = false, topicId = noTopicId } = more
    const topics = [{ name: topic, topicId, partitionIndexes: [...partitions] }]
    const group = { groupId, memberId: null, memberEpoch: -1, topics }
    const reply = this.send({ type: 'OffsetFetch', group, requireStable })
    return reply.topics.flatMap((one) =>
      one.partitions.map(({ errorCode, committedOffset }) =>
        errorCode === 0 ? committedOffset : errorName(errorCode),
      ),
    )
  }

  #handle(event: MachineEvent): unknown {
    const given = {
      nowMs: this.nowMs,
      monotonicMs: this.nowMs,
      random: this.#random,
      epoch: 1,
      nextOffset: this.#nextOffset,
    }
    const { records, reply, effects, producer } = this.machine.handle(event, given)
    if (records.length > 0) this.batches.push({ records, ...(producer === undefined ? {} : { producer }) })
    for (const record of records) this.machine.apply(record, this.#nextOffset++)
    for (const effect of effects) {
      if (effect.type === 'SetTimer') {
        this.#timers.set(effect.key, { dueMs: this.nowMs + effect.delayMs, generation: effect.generation })
      } else if (effect.type === 'CancelTimer') {
        this.#timers.delete(effect.key)
      } else if (effect.type === 'ResolveRegexes') {
        this.resolutions.push(effect)
      } else {
        assert(!this.answers.has(effect.waiter), `waiter ${effect.waiter} is answered once`)
        this.answers.set(effect.waiter, effect.response)
      }
    }
    return reply
  }
}

export interface CommitOptions {
  readonly groupId?: string
  readonly topic?: string
  readonly topicId?: string
  /** Partition to offset. */
  readonly offsets: Readonly<Record<number, number>>
  readonly memberId?: string
  readonly instanceId?: string
  readonly generationId?: number
  readonly metadata?: string | null
  readonly retentionTimeMs?: number
  readonly apiVersion?: number
}

export interface FetchOptions {
  readonly groupId?: string
  readonly requireStable?: boolean
  readonly topicId?: string
}

export const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

export function contextOf(apiVersion: number): { apiVersion: number; clientId: string; clientHost: string } {
  return { apiVersion, clientId: 'client', clientHost: '/127.0.0.1' }
}

function joinRequest(options: JoinOptions): JoinGroupRequest {
  const { protocols = { range: 'm' } } = options
  return {
    groupId: options.groupId ?? 'g',
    sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 60_000,
    memberId: options.memberId ?? '',
    groupInstanceId: options.instanceId ?? null,
    protocolType: options.protocolType ?? 'consumer',
    protocols: Object.entries(protocols).map(([name, metadata]) => ({ name, metadata: Buffer.from(metadata) })),
    reason: null,
  }
}

function syncRequest(options: Omit<SyncOptions, 'apiVersion'>): SyncGroupRequest {
  return {
    groupId: options.groupId ?? 'g',
    generationId: options.generationId,
    memberId: options.memberId,
    groupInstanceId: options.instanceId ?? null,
    protocolType: options.protocolType ?? 'consumer',
    protocolName: options.protocolName ?? 'range',
    assignments: Object.entries(options.assignments ?? {}).map(([memberId, assignment]) => {
      return { memberId, assignment: Buffer.from(assignment) }
    }),
  }
}

function commitRequest(options: Omit<CommitOptions, 'apiVersion'>): OffsetCommitRequest {
  const { metadata = '' } = options
  return {
    groupId: options.groupId ?? 'g',
    generationIdOrMemberEpoch: options.generationId ?? -1,
    memberId: options.memberId ?? '',
    groupInstanceId: options.instanceId ?? null,
    retentionTimeMs: options.retentionTimeMs ?? -1,
    topics: [
      {
        name: options.topic ?? 't',
        topicId: options.topicId ?? noTopicId,
        partitions: Object.entries(options.offsets).map(([partition, committedOffset]) => ({
          partitionIndex: Number(partition),
          committedOffset,
          committedLeaderEpoch: -1,
          commitTimestamp: -1,
          committedMetadata: metadata,
        })),
      },
    ],
  }
}
