/**
 * A member of a classic consumer group: joins, syncs, assigns where it is the leader, beats, gives up and takes
 * partitions, leaves. Eager members give up everything before they join again; cooperative ones (KIP-429) keep what
 * they own, give up what was taken away, and then join once more. Static members (KIP-345) do not leave.
 *
 * Invariant: after a request whose answer is missing the member is where it was, or joins again; it never assumes.
 */
import { assert, unreachable } from '@gregor/base'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
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
  MemberIdentity,
  Membership,
  MembershipEnd,
  SubscribedMember,
} from './membership.ts'
import { type TopicPartition, byTopic, flattened, sortedPartitions, without } from './partition-set.ts'

export interface ClassicMembershipOptions {
  readonly groupId: string
  readonly instanceId?: string | undefined
  readonly topics: readonly string[]
  /** Names of assignors, the preferred first. All of them must be of `rebalanceProtocol`. */
  readonly assignors: readonly string[]
  readonly rebalanceProtocol: 'eager' | 'cooperative'
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** Before a refused or lost request is sent again. */
  readonly retryBackoffMs: number
}

/**
 * `unjoined` wants to join; `assigning` waits for the caller, `syncing` wants to send or sent its SyncGroup; `leaving`
 * gives up first.
 */
type State = 'unjoined' | 'assigning' | 'syncing' | 'stable' | 'leaving' | 'ended'

const protocolType = 'consumer'

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
  #notBeforeMs = 0
  #heartbeatAtMs = 0

  constructor(options: ClassicMembershipOptions) {
    assert(options.assignors.length > 0, 'a member has an assignor')
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
        return this.#finish('left')
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
    if (api === 'LeaveGroup') return this.#finish('left')
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

  /** As the leader: what each member is to read. */
  assigned(assignments: ReadonlyMap<string, readonly TopicPartition[]>): void {
    if (this.#state !== 'assigning') return
    this.#assignments = [...assignments].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment({ assignedPartitions: [...byTopic(partitions)] }, 1),
    }))
    this.#state = 'syncing'
  }

  leave(): void {
    if (this.#state === 'ended' || this.#state === 'leaving') return
    this.#state = 'leaving'
    this.#startGivingUp(this.#owned, false)
  }

  // -------------------------------------------------------------------------------------------------- what to send

  #nextRequest(nowMs: number): Instruction {
    switch (this.#state) {
      case 'leaving':
        if (this.#givingUp !== undefined) return this.#beatOrWait(nowMs)
        return this.#leaveRequest()
      case 'unjoined':
        return this.#givingUp === undefined ? this.#joinRequest() : this.#beatOrWait(nowMs)
      case 'assigning':
        if (this.#hasSaidAssign) return { do: 'wait', untilMs: Infinity }
        this.#hasSaidAssign = true
        return { do: 'assign', protocolName: this.#joined?.protocolName ?? '', members: membersIn(this.#joined) }
      case 'syncing':
        return this.#syncRequest()
      case 'stable':
        if (this.#givingUp === undefined && this.#mustJoinAgain) {
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
    const { groupId, instanceId, topics, assignors, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const metadata = encodeSubscription({
      topics: [...topics],
      ownedPartitions: byTopic(this.#owned).map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })),
      generationId: this.#generationId,
    })
    return this.#send({
      api: 'JoinGroup',
      request: {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId: instanceId ?? null,
        protocolType,
        protocols: assignors.map((name) => ({ name, metadata })),
      },
    })
  }

  #syncRequest(): Instruction {
    return this.#send({
      api: 'SyncGroup',
      request: {
        ...this.#memberFields(),
        protocolType,
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
    const { groupId, instanceId } = this.#options
    const isKnown = this.#memberId !== '' && this.#generationId !== -1
    // A static member comes back, or its session ends.
    if (instanceId !== undefined || !isKnown) {
      this.#finish('left')
      return { do: 'wait', untilMs: Infinity }
    }
    return this.#send({ api: 'LeaveGroup', request: { groupId, members: [{ memberId: this.#memberId }] } })
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
    const target =
      response.assignment.length === 0 ? [] : flattened(decodeAssignment(response.assignment).assignedPartitions)
    const surplus = without(this.#owned, target)
    const added = without(target, this.#owned)
    this.#owned = sortedPartitions([...this.#owned, ...added])
    this.#taking = added
    if (surplus.length === 0) return
    // An eager member gave up everything before it joined.
    this.#mustJoinAgain = this.#options.rebalanceProtocol === 'cooperative'
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
    if (this.#options.rebalanceProtocol === 'eager') this.#startGivingUp(this.#owned, false)
  }

  /** Others may own what this member owned. */
  #fence(error: ProtocolError): void {
    if (error === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
    this.#generationId = -1
    this.#startGivingUp(this.#owned, true)
    if (this.#state !== 'leaving') this.#state = 'unjoined'
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

function membersIn(joined: JoinGroupResponse | undefined): readonly SubscribedMember[] {
  return (joined?.members ?? []).map(({ memberId, groupInstanceId, metadata }) => {
    const { topics, ownedPartitions } = decodeSubscription(metadata)
    return { memberId, instanceId: groupInstanceId, topics, owned: flattened(ownedPartitions) }
  })
}
