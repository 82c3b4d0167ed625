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
import type { GroupAnswer, Instruction, MemberIdentity, Membership, MembershipEnd } from './membership.ts'
import { type TopicPartition, byTopic, flattened, partitionKey, sortedPartitions, without } from './partition-set.ts'

export interface ConsumerMembershipOptions {
  readonly groupId: string
  /** A random UUID, kept as long as the program runs (KIP-1082). */
  readonly memberId: string
  readonly instanceId?: string | undefined
  readonly rackId?: string | undefined
  readonly topics: readonly string[]
  /** An assignor of the server. Left out: the server’s choice. */
  readonly serverAssignor?: string | undefined
  readonly rebalanceTimeoutMs: number
  /** Before a refused or lost request is sent again. */
  readonly retryBackoffMs: number
}

/** `joining` has epoch 0; `leaving` gives up first. */
type State = 'joining' | 'member' | 'leaving' | 'ended'

type HeartbeatRequest = RequestInput<typeof ConsumerGroupHeartbeat>

const leaveEpoch = -1
const leaveForAWhileEpoch = -2

export class ConsumerMembership implements Membership {
  readonly #options: ConsumerMembershipOptions
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
    if (inFlight.isLeave) return this.#finish('left')
    if (error === 'NONE') this.#accepted(response, inFlight.owned, nowMs)
    else this.#troubled(error, nowMs)
  }

  lost(nowMs: number): void {
    const wasLeave = this.#inFlight?.isLeave === true
    this.#inFlight = undefined
    // Left or not: its session ends soon.
    if (wasLeave) return this.#finish('left')
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

  leave(): void {
    if (this.#state === 'ended' || this.#state === 'leaving') return
    this.#state = 'leaving'
    this.#target = undefined
    this.#startGivingUp(this.#owned, false)
  }

  // -------------------------------------------------------------------------------------------------- what to send

  #nextHeartbeat(nowMs: number): Instruction {
    if (this.#state === 'joining') {
      // Whoever was fenced begins with nothing.
      if (this.#givingUp !== undefined) return { do: 'wait', untilMs: Infinity }
      return this.#send({ ...this.#everything(), memberEpoch: 0, topicPartitions: [] })
    }
    if (this.#state === 'leaving' && this.#givingUp === undefined) return this.#leaveRequest()
    const hasNews = this.#reported !== undefined && this.#reported !== keyOf(this.#owned)
    if (nowMs < this.#heartbeatAtMs && !hasNews) return { do: 'wait', untilMs: this.#heartbeatAtMs }
    if (this.#reported === undefined) return this.#send({ ...this.#everything(), topicPartitions: this.#ownedTopics() })
    return this.#send({ ...this.#identityFields(), topicPartitions: hasNews ? this.#ownedTopics() : null })
  }

  #send(request: HeartbeatRequest): Instruction {
    const isLeave = request.memberEpoch === leaveEpoch || request.memberEpoch === leaveForAWhileEpoch
    this.#inFlight = { owned: keyOf(this.#owned), isLeave }
    return { do: 'send', api: 'ConsumerGroupHeartbeat', request }
  }

  #leaveRequest(): Instruction {
    if (this.#memberEpoch === 0) {
      this.#finish('left')
      return { do: 'wait', untilMs: Infinity }
    }
    const memberEpoch = this.#options.instanceId === undefined ? leaveEpoch : leaveForAWhileEpoch
    return this.#send({ ...this.#identityFields(), memberEpoch })
  }

  #identityFields(): Pick<HeartbeatRequest, 'groupId' | 'memberId' | 'memberEpoch' | 'instanceId'> {
    const { groupId, memberId, instanceId } = this.#options
    return { groupId, memberId, memberEpoch: this.#memberEpoch, instanceId: instanceId ?? null }
  }

  #everything(): HeartbeatRequest {
    const { rackId, rebalanceTimeoutMs, topics, serverAssignor } = this.#options
    return {
      ...this.#identityFields(),
      rackId: rackId ?? null,
      rebalanceTimeoutMs,
      subscribedTopicNames: [...topics],
      serverAssignor: serverAssignor ?? null,
    }
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

  #troubled(error: ProtocolError, nowMs: number): void {
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
        return this.#finish({ error })
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
    if (this.#state !== 'leaving') this.#state = 'joining'
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
