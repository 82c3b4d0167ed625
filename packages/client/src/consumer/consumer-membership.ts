/**
 * A member of a consumer group (KIP-848): one request, ConsumerGroupHeartbeat, joins, reports what it owns, brings what
 * it is to own, and leaves. It says only what has changed since the last answer, and everything after a request that
 * got none.
 *
 * Invariant: nothing is taken while something is to be given up, and what is given up is reported at once.
 */
import { assert } from '@gregor/base'
import {
  errorName,
  type ConsumerGroupHeartbeat,
  type ConsumerGroupHeartbeatResponse,
  type ProtocolError,
  type RequestInput,
} from '@gregor/protocol'
import type { GroupAnswer, Instruction, LeaveChoice, MemberIdentity, Membership, MembershipEnd } from './membership.ts'
import { type TopicPartition, byTopic, flattened, partitionKey, sortedPartitions, without } from './partition-set.ts'

export interface ConsumerMembershipOptions {
  readonly groupId: string
  /** A random UUID, kept as long as the program runs (KIP-1082). */
  readonly memberId: string
  readonly instanceId?: string | undefined
  readonly rackId?: string | undefined
  readonly subscription: GroupSubscription
  /** An assignor of the server. Left out: the server’s choice. */
  readonly serverAssignor?: string | undefined
  readonly rebalanceTimeoutMs: number
  /** Before a refused or lost request is sent again. */
  readonly retryBackoffMs: number
}

/** What a member wants to read: topics by name, by a pattern that the coordinator matches (RE2 syntax), or both. */
export interface GroupSubscription {
  readonly topics: readonly string[]
  readonly regex?: string | undefined
}

/** `joining` has epoch 0; `away` has left or is about to, until its owner is back; `leaving` gives up first. */
type State = 'joining' | 'member' | 'away' | 'leaving' | 'ended'

type HeartbeatRequest = RequestInput<typeof ConsumerGroupHeartbeat>

const leaveEpoch = -1
const leaveForAWhileEpoch = -2

export class ConsumerMembership implements Membership {
  readonly #options: ConsumerMembershipOptions
  #subscription: GroupSubscription
  /** What the coordinator knows, or will know with the answer. */
  #saidSubscription: GroupSubscription | undefined
  #leaveChoice: LeaveChoice = 'default'
  #state: State = 'joining'
  #end: MembershipEnd | undefined
  #memberEpoch = 0
  #owned: readonly TopicPartition[] = []
  #target: readonly TopicPartition[] | undefined
  #givingUp: { readonly partitions: readonly TopicPartition[]; readonly isLost: boolean } | undefined
  #hasSaidGiveUp = false
  #taking: readonly TopicPartition[] = []
  /** What the coordinator knows this member to own. `undefined`: nothing may be taken for granted. */
  #reported: string | undefined
  #inFlight: { readonly owned: string; readonly isLeave: boolean } | undefined
  #needsCoordinator = true
  #notBeforeMs = 0
  #heartbeatAtMs = 0

  constructor(options: ConsumerMembershipOptions) {
    this.#options = options
    this.#subscription = options.subscription
  }

  get identity(): MemberIdentity {
    const { memberId, instanceId } = this.#options
    const isMember = this.#memberEpoch > 0 && this.#state !== 'ended'
    return {
      memberId,
      instanceId: instanceId ?? null,
      generationIdOrMemberEpoch: isMember ? this.#memberEpoch : -1,
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
    this.#reconcile()
    if (this.#givingUp !== undefined && !this.#hasSaidGiveUp) return this.next(nowMs)
    if (this.#taking.length > 0) {
      const partitions = this.#taking
      this.#taking = []
      return { do: 'take', partitions }
    }
    if (this.#inFlight !== undefined || this.#state === 'ended') return { do: 'wait', untilMs: Infinity }
    if (this.#needsCoordinator) return { do: 'find coordinator' }
    if (nowMs < this.#notBeforeMs) return { do: 'wait', untilMs: this.#notBeforeMs }
    return this.#nextHeartbeat(nowMs)
  }

  answered(answer: GroupAnswer, nowMs: number): void {
    const inFlight = this.#inFlight
    assert(inFlight !== undefined && answer.api === 'ConsumerGroupHeartbeat', `an answer to ${answer.api} was not due`)
    this.#inFlight = undefined
    const { response } = answer
    const error = errorName(response.errorCode)
    // Left or refused: there is nothing more to say.
    if (inFlight.isLeave) return this.#saidGoodbye()
    if (error === 'NONE') this.#accepted(response, inFlight.owned, nowMs)
    else this.#troubled(error, response.errorMessage, nowMs)
  }

  lost(nowMs: number): void {
    const wasLeave = this.#inFlight?.isLeave === true
    this.#inFlight = undefined
    // Left or not: its session ends soon.
    if (wasLeave) return this.#saidGoodbye()
    this.#retry(nowMs, true)
  }

  coordinatorFound(): void {
    this.#needsCoordinator = false
  }

  refused(error: ProtocolError): void {
    if (this.#state === 'ended') return
    if (error === 'UNKNOWN_MEMBER_ID' || error === 'FENCED_MEMBER_EPOCH' || error === 'GROUP_ID_NOT_FOUND')
      this.#fence()
    if (error === 'STALE_MEMBER_EPOCH') this.#heartbeatAtMs = 0
    if (error === 'NOT_COORDINATOR' || error === 'COORDINATOR_NOT_AVAILABLE') this.#needsCoordinator = true
  }

  gaveUp(): void {
    if (this.#givingUp === undefined) return
    this.#owned = without(this.#owned, this.#givingUp.partitions)
    this.#givingUp = undefined
    this.#hasSaidGiveUp = false
  }

  /** Wants to read something else from now on. */
  subscribe(subscription: GroupSubscription): void {
    this.#subscription = subscription
  }

  rejoin(): void {
    // The coordinator knows the topics, and when to share out anew.
    this.#heartbeatAtMs = 0
  }

  leave(how: LeaveChoice = 'default'): void {
    if (this.#state === 'ended' || this.#state === 'leaving') return
    this.#state = 'leaving'
    this.#leaveChoice = how
    this.#target = undefined
    if (this.#givingUp?.isLost !== true) this.#startGivingUp(this.#owned, false)
  }

  expire(): void {
    if (this.#state === 'ended' || this.#state === 'leaving' || this.#state === 'away') return
    this.#state = 'away'
    this.#target = undefined
    this.#startGivingUp(this.#owned, true)
  }

  back(): void {
    if (this.#state === 'away') this.#state = 'joining'
  }

  // -------------------------------------------------------------------------------------------------- what to send

  #nextHeartbeat(nowMs: number): Instruction {
    if (this.#state === 'away') {
      return this.#memberEpoch > 0 ? this.#goodbye() : { do: 'wait', untilMs: Infinity }
    }
    if (this.#state === 'joining') {
      // Whoever was fenced begins with nothing.
      if (this.#givingUp !== undefined) return { do: 'wait', untilMs: Infinity }
      return this.#send({ ...this.#everything(), memberEpoch: 0, topicPartitions: [] })
    }
    if (this.#state === 'leaving' && this.#givingUp === undefined) return this.#leaveRequest()
    const ownsOther = this.#reported !== undefined && this.#reported !== keyOf(this.#owned)
    const wantsOther = this.#saidSubscription !== this.#subscription
    if (nowMs < this.#heartbeatAtMs && !ownsOther && !wantsOther) return { do: 'wait', untilMs: this.#heartbeatAtMs }
    if (this.#reported === undefined) return this.#send({ ...this.#everything(), topicPartitions: this.#ownedTopics() })
    return this.#send({
      ...this.#identityFields(),
      ...(wantsOther ? this.#subscriptionFields() : {}),
      topicPartitions: ownsOther ? this.#ownedTopics() : null,
    })
  }

  #send(request: HeartbeatRequest): Instruction {
    const isLeave = request.memberEpoch === leaveEpoch || request.memberEpoch === leaveForAWhileEpoch
    this.#inFlight = { owned: keyOf(this.#owned), isLeave }
    return { do: 'send', api: 'ConsumerGroupHeartbeat', request }
  }

  #leaveRequest(): Instruction {
    if (this.#memberEpoch === 0 || this.#leaveChoice === 'remain') {
      this.#finish('left')
      return { do: 'wait', untilMs: Infinity }
    }
    return this.#goodbye()
  }

  #goodbye(): Instruction {
    const comesBack = this.#options.instanceId !== undefined && this.#leaveChoice !== 'leave'
    const request = { ...this.#identityFields(), memberEpoch: comesBack ? leaveForAWhileEpoch : leaveEpoch }
    this.#memberEpoch = 0
    this.#reported = undefined
    return this.#send(request)
  }

  /** Heard or not. */
  #saidGoodbye(): void {
    if (this.#state === 'leaving') this.#finish('left')
  }

  #identityFields(): Pick<HeartbeatRequest, 'groupId' | 'memberId' | 'memberEpoch' | 'instanceId'> {
    const { groupId, memberId, instanceId } = this.#options
    return { groupId, memberId, memberEpoch: this.#memberEpoch, instanceId: instanceId ?? null }
  }

  #everything(): HeartbeatRequest {
    const { rackId, rebalanceTimeoutMs, serverAssignor } = this.#options
    return {
      ...this.#identityFields(),
      rackId: rackId ?? null,
      rebalanceTimeoutMs,
      ...this.#subscriptionFields(),
      serverAssignor: serverAssignor ?? null,
    }
  }

  /** An empty pattern takes back the one said before. */
  #subscriptionFields(): Pick<HeartbeatRequest, 'subscribedTopicNames' | 'subscribedTopicRegex'> {
    const { topics, regex } = this.#subscription
    const hadRegex = this.#saidSubscription?.regex !== undefined
    this.#saidSubscription = this.#subscription
    const says = { subscribedTopicNames: [...topics] }
    if (regex === undefined && !hadRegex) return says
    return { ...says, subscribedTopicRegex: regex ?? '' }
  }

  #ownedTopics(): { topicId: string; partitions: number[] }[] {
    return byTopic(this.#owned).map(({ topic, partitions }) => ({ topicId: topic, partitions: [...partitions] }))
  }

  // ---------------------------------------------------------------------------------------------- what answers mean

  #accepted(response: ConsumerGroupHeartbeatResponse, reported: string, nowMs: number): void {
    // Fenced by another answer meanwhile: this one is of the life before.
    if (this.#state === 'joining' && this.#givingUp !== undefined) return
    this.#memberEpoch = response.memberEpoch
    this.#reported = reported
    this.#heartbeatAtMs = nowMs + response.heartbeatIntervalMs
    if (this.#state === 'joining') this.#state = 'member'
    if (this.#state !== 'member' || response.assignment === null) return
    this.#target = flattened(
      response.assignment.topicPartitions.map(({ topicId, partitions }) => ({ topic: topicId, partitions })),
    )
  }

  /** Towards the target, one step: first what goes, and only when that is reported what comes. */
  #reconcile(): void {
    if (this.#state !== 'member' || this.#target === undefined || this.#givingUp !== undefined) return
    const surplus = without(this.#owned, this.#target)
    if (surplus.length > 0) return this.#startGivingUp(surplus, false)
    const added = without(this.#target, this.#owned)
    this.#owned = sortedPartitions([...this.#owned, ...added])
    this.#taking = [...this.#taking, ...added]
    this.#target = undefined
  }

  #troubled(error: ProtocolError, message: string | null, nowMs: number): void {
    switch (error) {
      case 'UNKNOWN_MEMBER_ID':
      case 'FENCED_MEMBER_EPOCH':
      // The group is gone with all its members: it is made anew by who joins.
      case 'GROUP_ID_NOT_FOUND':
        return this.#fence()
      case 'COORDINATOR_LOAD_IN_PROGRESS':
        return this.#retry(nowMs, false)
      case 'COORDINATOR_NOT_AVAILABLE':
      case 'NOT_COORDINATOR':
        return this.#retry(nowMs, true)
      default:
        return this.#finish(message === null ? { error } : { error, message })
    }
  }

  #retry(nowMs: number, needsCoordinator: boolean): void {
    this.#needsCoordinator ||= needsCoordinator
    this.#reported = undefined
    this.#heartbeatAtMs = 0
    this.#notBeforeMs = nowMs + this.#options.retryBackoffMs
  }

  /** Others may own what this member owned; it joins again under its id. */
  #fence(): void {
    this.#memberEpoch = 0
    this.#reported = undefined
    this.#target = undefined
    if (this.#state !== 'leaving' && this.#state !== 'away') this.#state = 'joining'
    this.#startGivingUp(this.#owned, true)
  }

  #finish(end: MembershipEnd): void {
    this.#end = end
    this.#state = 'ended'
    this.#target = undefined
    this.#startGivingUp(this.#owned, true)
  }

  #startGivingUp(partitions: readonly TopicPartition[], isLost: boolean): void {
    this.#taking = without(this.#taking, partitions)
    if (partitions.length === 0) return
    this.#givingUp = { partitions, isLost }
    this.#hasSaidGiveUp = false
  }
}

function keyOf(partitions: readonly TopicPartition[]): string {
  return partitions.map(partitionKey).join(' ')
}
