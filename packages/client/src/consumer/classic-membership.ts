/**
 * A member of a classic group: joins, syncs, assigns where it is the leader, beats, gives up and takes partitions, leaves.
 * Eager members give up everything before they join again; cooperative ones (KIP-429) keep what they own, give up what
 * was taken away, and then join once more. Static members (KIP-345) do not leave. What is shared out, and how it is
 * written, is the `ClassicProtocol`’s: consumers have `consumerProtocol`, and anything else may be a group, too.
 *
 * Invariant: after a request whose answer is missing the member is where it was, or joins again; it never assumes.
 */
import { assert, unreachable } from '@gregor/base'
import {
  errorName,
  type HeartbeatResponse,
  type JoinGroupResponse,
  type ProtocolError,
  type SyncGroupResponse,
} from '@gregor/protocol'
import type {
  GroupAnswer,
  GroupRequest,
  Instruction,
  JoinedMember,
  LeaveChoice,
  MemberIdentity,
  Membership,
  MembershipEnd,
} from './membership.ts'
import { type TopicPartition, sortedPartitions, without } from './partition-set.ts'

/** What a classic group is about: names, and bytes that only its members understand. */
export interface ClassicProtocol {
  /** `consumer`, `connect`, … */
  readonly type: string
  /** Eager: everything is given up before the member joins again. */
  readonly rebalanceProtocol: 'eager' | 'cooperative'
  /** What JoinGroup offers, the preferred first: what members share, and what this one tells the leader. */
  offers(given: {
    readonly owned: readonly TopicPartition[]
    /** -1: it is in none. */
    readonly generationId: number
  }): readonly { readonly name: string; readonly metadata: Buffer }[]
  /** What is owned with an assignment. Groups that share out something else say that in terms of partitions. */
  partitionsOf(assignment: Buffer): readonly TopicPartition[]
}

export interface ClassicMembershipOptions {
  readonly groupId: string
  readonly instanceId?: string | undefined
  readonly protocol: ClassicProtocol
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** Before a refused or lost request is sent again. */
  readonly retryBackoffMs: number
}

/**
 * `unjoined` wants to join; `assigning` waits for the caller, `syncing` wants to send or sent its SyncGroup; `away` has
 * left or is about to, until its owner is back; `leaving` gives up first.
 */
type State = 'unjoined' | 'assigning' | 'syncing' | 'stable' | 'away' | 'leaving' | 'ended'

/** What the leader was given by SyncGroup, last. */
export interface ReceivedAssignment {
  readonly generationId: number
  readonly protocolName: string
  readonly assignment: Buffer
}

export class ClassicMembership implements Membership {
  readonly #options: ClassicMembershipOptions
  #state: State = 'unjoined'
  #end: MembershipEnd | undefined
  #memberId = ''
  #generationId = -1
  #owned: readonly TopicPartition[] = []
  #givingUp: { readonly partitions: readonly TopicPartition[]; readonly isLost: boolean } | undefined
  #hasSaidGiveUp = false
  #taking: readonly TopicPartition[] = []
  #joined: JoinGroupResponse | undefined
  #assignments: readonly { memberId: string; assignment: Buffer }[] = []
  #hasSaidAssign = false
  #inFlight: GroupRequest['api'] | undefined
  #needsCoordinator = true
  /** Cooperative: what was taken away is given up, now it has to be said. */
  #mustJoinAgain = false
  /** What it says has changed since it joined. */
  #hasNews = false
  #reason: string | null = null
  #leaveChoice: LeaveChoice = 'default'
  #received: ReceivedAssignment | undefined
  #notBeforeMs = 0
  #heartbeatAtMs = 0

  constructor(options: ClassicMembershipOptions) {
    this.#options = options
  }

  get identity(): MemberIdentity {
    return {
      memberId: this.#memberId,
      instanceId: this.#options.instanceId ?? null,
      generationIdOrMemberEpoch: this.#generationId,
    }
  }

  get owned(): readonly TopicPartition[] {
    return this.#owned
  }

  get end(): MembershipEnd | undefined {
    return this.#end
  }

  /** What SyncGroup brought last, of whatever kind of group; another object each time. */
  get received(): ReceivedAssignment | undefined {
    return this.#received
  }

  next(nowMs: number): Instruction {
    if (this.#givingUp !== undefined && !this.#hasSaidGiveUp) {
      this.#hasSaidGiveUp = true
      return { do: 'give up', ...this.#givingUp }
    }
    if (this.#taking.length > 0) {
      const partitions = this.#taking
      this.#taking = []
      return { do: 'take', partitions }
    }
    if (this.#inFlight !== undefined || this.#state === 'ended') return { do: 'wait', untilMs: Infinity }
    if (this.#needsCoordinator) return { do: 'find coordinator' }
    if (nowMs < this.#notBeforeMs) return { do: 'wait', untilMs: this.#notBeforeMs }
    return this.#nextRequest(nowMs)
  }

  answered(answer: GroupAnswer, nowMs: number): void {
    assert(this.#inFlight === answer.api, `an answer to ${this.#inFlight} was due, this is one to ${answer.api}`)
    this.#inFlight = undefined
    switch (answer.api) {
      case 'JoinGroup':
        return this.#joinAnswered(answer.response, nowMs)
      case 'SyncGroup':
        return this.#syncAnswered(answer.response, nowMs)
      case 'Heartbeat':
        return this.#heartbeatAnswered(answer.response, nowMs)
      case 'LeaveGroup':
        return this.#saidGoodbye()
      case 'ConsumerGroupHeartbeat':
        throw new TypeError('a classic member sends no ConsumerGroupHeartbeat')
      default:
        return unreachable(answer)
    }
  }

  lost(nowMs: number): void {
    const api = this.#inFlight
    this.#inFlight = undefined
    // Left or not: its session ends soon.
    if (api === 'LeaveGroup') return this.#saidGoodbye()
    this.#retry(nowMs, 'COORDINATOR_NOT_AVAILABLE')
    // Whether this member is in the new generation is not known: joining tells.
    if (api === 'SyncGroup') this.#state = 'unjoined'
  }

  coordinatorFound(): void {
    this.#needsCoordinator = false
  }

  refused(error: ProtocolError): void {
    if (this.#state === 'ended') return
    switch (error) {
      case 'REBALANCE_IN_PROGRESS':
        if (this.#state === 'stable') this.#joinAgain()
        return
      case 'ILLEGAL_GENERATION':
      case 'UNKNOWN_MEMBER_ID':
        return this.#fence(error)
      case 'FENCED_INSTANCE_ID':
        return this.#finish({ error })
      case 'NOT_COORDINATOR':
      case 'COORDINATOR_NOT_AVAILABLE':
        this.#needsCoordinator = true
        return
      default:
    }
  }

  gaveUp(): void {
    if (this.#givingUp === undefined) return
    this.#owned = without(this.#owned, this.#givingUp.partitions)
    this.#givingUp = undefined
    this.#hasSaidGiveUp = false
  }

  /** As the leader: what each member gets. Members that are left out get nothing. */
  assigned(assignments: ReadonlyMap<string, Buffer>): void {
    if (this.#state !== 'assigning') return
    this.#assignments = [...assignments].map(([memberId, assignment]) => ({ memberId, assignment }))
    this.#state = 'syncing'
  }

  rejoin(reason: string): void {
    this.#reason = reason
    if (this.#state === 'stable') this.#joinAgain()
    else this.#hasNews = true
  }

  leave(how: LeaveChoice = 'default'): void {
    if (this.#state === 'ended' || this.#state === 'leaving') return
    this.#state = 'leaving'
    this.#leaveChoice = how
    if (this.#givingUp?.isLost !== true) this.#startGivingUp(this.#owned, false)
  }

  expire(): void {
    if (this.#state === 'ended' || this.#state === 'leaving' || this.#state === 'away') return
    this.#state = 'away'
    this.#startGivingUp(this.#owned, true)
  }

  back(): void {
    if (this.#state === 'away') this.#state = 'unjoined'
  }

  // -------------------------------------------------------------------------------------------------- what to send

  #nextRequest(nowMs: number): Instruction {
    switch (this.#state) {
      case 'leaving':
        if (this.#givingUp !== undefined) return this.#beatOrWait(nowMs)
        return this.#leaveRequest()
      case 'away':
        return this.#isToSayGoodbye() ? this.#goodbye() : { do: 'wait', untilMs: Infinity }
      case 'unjoined':
        return this.#givingUp === undefined ? this.#joinRequest() : this.#beatOrWait(nowMs)
      case 'assigning':
        if (this.#hasSaidAssign) return { do: 'wait', untilMs: Infinity }
        this.#hasSaidAssign = true
        return { do: 'assign', protocolName: this.#joined?.protocolName ?? '', members: membersIn(this.#joined) }
      case 'syncing':
        return this.#syncRequest()
      case 'stable':
        if (this.#givingUp === undefined && (this.#mustJoinAgain || this.#hasNews)) {
          this.#joinAgain()
          return this.next(nowMs)
        }
        return this.#beatOrWait(nowMs)
      case 'ended':
        return { do: 'wait', untilMs: Infinity }
      default:
        return unreachable(this.#state)
    }
  }

  #send(request: GroupRequest): Instruction {
    this.#inFlight = request.api
    return { do: 'send', ...request }
  }

  #joinRequest(): Instruction {
    const { groupId, instanceId, protocol, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const offers = protocol.offers({ owned: this.#owned, generationId: this.#generationId })
    const reason = this.#reason
    this.#hasNews = false
    this.#reason = null
    return this.#send({
      api: 'JoinGroup',
      request: {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId: instanceId ?? null,
        protocolType: protocol.type,
        protocols: offers.map(({ name, metadata }) => ({ name, metadata })),
        reason,
      },
    })
  }

  #syncRequest(): Instruction {
    return this.#send({
      api: 'SyncGroup',
      request: {
        ...this.#memberFields(),
        protocolType: this.#options.protocol.type,
        protocolName: this.#joined?.protocolName ?? null,
        assignments: [...this.#assignments],
      },
    })
  }

  /** While it waits to give something up, too: the session goes on. */
  #beatOrWait(nowMs: number): Instruction {
    if (this.#generationId === -1) return { do: 'wait', untilMs: Infinity }
    if (nowMs < this.#heartbeatAtMs) return { do: 'wait', untilMs: this.#heartbeatAtMs }
    return this.#send({ api: 'Heartbeat', request: this.#memberFields() })
  }

  #leaveRequest(): Instruction {
    const isStatic = this.#options.instanceId !== undefined
    // A static member comes back, or its session ends.
    const isSilent = this.#leaveChoice === 'remain' || (isStatic && this.#leaveChoice !== 'leave')
    if (isSilent || this.#memberId === '') {
      this.#finish('left')
      return { do: 'wait', untilMs: Infinity }
    }
    return this.#goodbye()
  }

  #isToSayGoodbye(): boolean {
    return this.#options.instanceId === undefined && this.#memberId !== ''
  }

  #goodbye(): Instruction {
    const { groupId, instanceId } = this.#options
    const member = { memberId: this.#memberId, groupInstanceId: instanceId ?? null }
    this.#generationId = -1
    return this.#send({ api: 'LeaveGroup', request: { groupId, members: [member] } })
  }

  /** Heard or not. */
  #saidGoodbye(): void {
    this.#memberId = ''
    if (this.#state === 'leaving') this.#finish('left')
  }

  #memberFields(): { groupId: string; generationId: number; memberId: string; groupInstanceId: string | null } {
    const { groupId, instanceId } = this.#options
    return {
      groupId,
      generationId: this.#generationId,
      memberId: this.#memberId,
      groupInstanceId: instanceId ?? null,
    }
  }

  // ---------------------------------------------------------------------------------------------- what answers mean

  #joinAnswered(response: JoinGroupResponse, nowMs: number): void {
    const error = errorName(response.errorCode)
    switch (error) {
      case 'NONE':
        this.#memberId = response.memberId
        this.#generationId = response.generationId
        // It leaves, or was fenced by another answer meanwhile, and joins again with nothing.
        if (this.#state !== 'unjoined' || this.#givingUp !== undefined) return
        this.#joined = response
        this.#mustJoinAgain = false
        this.#assignments = []
        this.#hasSaidAssign = false
        this.#heartbeatAtMs = nowMs + this.#options.heartbeatIntervalMs
        this.#state = response.leader === response.memberId && !response.skipAssignment ? 'assigning' : 'syncing'
        return
      case 'MEMBER_ID_REQUIRED':
        this.#memberId = response.memberId
        return
      default:
        return this.#troubled(error, nowMs)
    }
  }

  #syncAnswered(response: SyncGroupResponse, nowMs: number): void {
    const error = errorName(response.errorCode)
    if (error !== 'NONE') return this.#troubled(error, nowMs)
    if (this.#state !== 'syncing') return
    this.#state = 'stable'
    this.#heartbeatAtMs = nowMs + this.#options.heartbeatIntervalMs
    const { protocol } = this.#options
    const { assignment } = response
    const target = assignment.length === 0 ? [] : sortedPartitions(protocol.partitionsOf(assignment))
    this.#received = {
      generationId: this.#generationId,
      protocolName: this.#joined?.protocolName ?? '',
      assignment,
    }
    const surplus = without(this.#owned, target)
    const added = without(target, this.#owned)
    this.#owned = sortedPartitions([...this.#owned, ...added])
    this.#taking = added
    if (surplus.length === 0) return
    // An eager member gave up everything before it joined.
    this.#mustJoinAgain = protocol.rebalanceProtocol === 'cooperative'
    this.#startGivingUp(surplus, false)
  }

  #heartbeatAnswered(response: HeartbeatResponse, nowMs: number): void {
    const error = errorName(response.errorCode)
    this.#heartbeatAtMs = nowMs + this.#options.heartbeatIntervalMs
    if (error === 'NONE') return
    if (error === 'REBALANCE_IN_PROGRESS') return this.refused(error)
    this.#troubled(error, nowMs)
  }

  #troubled(error: ProtocolError, nowMs: number): void {
    switch (error) {
      case 'COORDINATOR_LOAD_IN_PROGRESS':
      case 'COORDINATOR_NOT_AVAILABLE':
      case 'NOT_COORDINATOR':
        this.#retry(nowMs, error)
        break
      case 'REBALANCE_IN_PROGRESS':
        this.#notBeforeMs = nowMs
        break
      case 'ILLEGAL_GENERATION':
      case 'UNKNOWN_MEMBER_ID':
        return this.#fence(error)
      default:
        return this.#finish({ error })
    }
    if (this.#state === 'syncing') this.#state = 'unjoined'
  }

  #retry(nowMs: number, error: ProtocolError): void {
    this.#needsCoordinator ||= error !== 'COORDINATOR_LOAD_IN_PROGRESS'
    this.#notBeforeMs = nowMs + this.#options.retryBackoffMs
  }

  #joinAgain(): void {
    this.#state = 'unjoined'
    this.#mustJoinAgain = false
    if (this.#options.protocol.rebalanceProtocol === 'eager') this.#startGivingUp(this.#owned, false)
  }

  /** Others may own what this member owned. */
  #fence(error: ProtocolError): void {
    if (error === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
    this.#generationId = -1
    this.#startGivingUp(this.#owned, true)
    if (this.#state !== 'leaving' && this.#state !== 'away') this.#state = 'unjoined'
  }

  #finish(end: MembershipEnd): void {
    this.#generationId = -1
    this.#end = end
    this.#state = 'ended'
    this.#startGivingUp(this.#owned, true)
  }

  /** What was to be given up before is given up with it. */
  #startGivingUp(partitions: readonly TopicPartition[], isLost: boolean): void {
    this.#taking = without(this.#taking, partitions)
    if (partitions.length === 0) return
    this.#givingUp = { partitions, isLost }
    this.#hasSaidGiveUp = false
  }
}

function membersIn(joined: JoinGroupResponse | undefined): readonly JoinedMember[] {
  return (joined?.members ?? []).map(({ memberId, groupInstanceId, metadata }) => ({
    memberId,
    instanceId: groupInstanceId,
    metadata,
  }))
}
