/**
 * A member of a group, of any kind and in either protocol: does what its membership says, at the group’s coordinator, in the
 * background, whatever else its owner is doing; so heartbeats never depend on how long a record takes. Consumers are one
 * use; whoever shares something else out gives a `ClassicMembership` a protocol of its own.
 */
import { asError, background } from '@gregor/base'
import {
  ConsumerGroupHeartbeat,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  type ProtocolError,
  SyncGroup,
} from '@gregor/protocol'
import type { Cluster, SendOptions } from '../cluster/cluster.ts'
import { KafkaError, isRetriable } from '../errors.ts'
import { type Backoff, backoffPauseMs } from '../retrying.ts'
import { ClassicMembership, type ReceivedAssignment } from './classic-membership.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import type { GroupAnswer, GroupRequest, JoinedMember, LeaveChoice, MemberIdentity, Membership } from './membership.ts'
import type { TopicPartition } from './partition-set.ts'

/** What a member does for its owner. Partitions are named by topic in the classic, by topic id in the consumer protocol. */
export interface GroupHandler {
  /** Classic leaders: what each member gets, as bytes. What it throws ends the membership. */
  assign?(protocolName: string, members: readonly JoinedMember[]): Promise<ReadonlyMap<string, Buffer>>
  /** After each SyncGroup, before anything of it is given up or taken. */
  received?(assignment: ReceivedAssignment): void
  /**
   * Stop, and commit unless `isLost`; resolves when that is done. The member goes on meanwhile. It may be called again, for
   * the same and more, where they are lost before that.
   */
  giveUp(partitions: readonly TopicPartition[], given: { readonly isLost: boolean }): Promise<void>
  /** Begin. */
  take(partitions: readonly TopicPartition[]): void
  /** It is no member any more, and never will be: `undefined` where it left. */
  ended(error: Error | undefined): void
}

export interface GroupMemberOptions {
  readonly cluster: Cluster
  readonly environment: ConsumerEnvironment
  readonly groupId: string
  readonly membership: Membership
  readonly handler: GroupHandler
  readonly timing: GroupTiming
}

export interface GroupTiming extends Backoff {
  /** For what is answered at once. */
  readonly requestTimeoutMs: number
  /** JoinGroup and SyncGroup wait for other members: up to that, and a little more. */
  readonly rebalanceTimeoutMs: number
}

/** How much later than it should an answer of a rebalance may come. */
const graceMs = 5_000

export class GroupMember {
  readonly #options: GroupMemberOptions
  /** A JoinGroup waits for the other members: they may be on the same cluster object. */
  readonly #lane: string
  readonly #ended = Promise.withResolvers<void>()
  readonly #closing = new AbortController()
  /** Ends a JoinGroup that waits for others, when this member leaves. */
  #join: AbortController | undefined
  #coordinatorId: number | undefined
  #isFinding = false
  #findFailures = 0
  #giveUps = 0
  #hasFailed = false
  #isStarted = false
  #received: ReceivedAssignment | undefined
  #wake: (() => void) | undefined

  constructor(options: GroupMemberOptions) {
    this.#options = options
    this.#lane = `group-${options.environment.random.uint32()}`
  }

  /** Joins. Idempotent. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    background('group member', this.#run(), (_, error) => this.#fail(asError(error)))
  }

  get identity(): MemberIdentity {
    return this.#options.membership.identity
  }

  get owned(): readonly TopicPartition[] {
    return this.#options.membership.owned
  }

  /** Its membership was told something: looks again what there is to do. */
  wake(): void {
    this.#wake?.()
  }

  /** The coordinator answered something else, such as a commit, with that error. */
  refused(error: ProtocolError): void {
    this.#options.membership.refused(error)
    this.wake()
  }

  rejoin(reason: string): void {
    this.#options.membership.rejoin(reason)
    this.wake()
  }

  /** The owner is silent for too long: leaves, loses everything, until `back`. */
  expire(): void {
    this.#options.membership.expire()
    this.wake()
  }

  back(): void {
    this.#options.membership.back()
    this.wake()
  }

  /** Gives everything up, leaves, and resolves when that is done or `timeoutMs` is over. */
  async leave(given: { readonly how?: LeaveChoice; readonly timeoutMs: number }): Promise<void> {
    if (!this.#isStarted) return
    this.#options.membership.leave(given.how)
    this.#join?.abort()
    this.wake()
    const timer = this.#options.environment.clock.schedule(given.timeoutMs, () => this.#ended.resolve())
    await this.#ended.promise
    timer.cancel()
    this.#closing.abort()
    this.#options.cluster.closeLane(this.#lane)
    this.wake()
  }

  async #run(): Promise<void> {
    const { membership, handler } = this.#options
    while (!this.#closing.signal.aborted && !this.#hasFailed) {
      const step = membership.next(this.#nowMs())
      switch (step.do) {
        case 'send':
          background(step.api, this.#exchange(step), (_, error) => this.#fail(asError(error)))
          break
        case 'find coordinator':
          if (this.#isFinding) await this.#waitUntil(Infinity)
          else background('find coordinator', this.#findCoordinator(), (_, error) => this.#fail(asError(error)))
          break
        case 'assign':
          background('assign', this.#assign(step.protocolName, step.members), (_, error) => this.#fail(asError(error)))
          break
        case 'give up':
          background('give up', this.#giveUp(step.partitions, step.isLost), (_, error) => this.#fail(asError(error)))
          break
        case 'take':
          handler.take(step.partitions)
          break
        default:
          if (membership.end !== undefined) return this.#finish()
          await this.#waitUntil(step.untilMs)
      }
    }
    this.#ended.resolve()
  }

  #finish(): void {
    const { membership, handler, groupId } = this.#options
    const end = membership.end
    const isLeft = end === undefined || end === 'left'
    handler.ended(
      isLeft ? undefined : new KafkaError({ code: end.error, about: `group ${groupId}`, message: end.message }),
    )
    this.#ended.resolve()
  }

  /** What cannot be mended by trying again: the owner has to know. */
  #fail(error: Error): void {
    if (this.#hasFailed || this.#closing.signal.aborted) return
    this.#hasFailed = true
    this.#options.handler.ended(error)
    this.#ended.resolve()
    this.wake()
  }

  async #giveUp(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> {
    const { membership, handler } = this.#options
    const mine = ++this.#giveUps
    await handler.giveUp(partitions, { isLost })
    // A later one names the same, and more.
    if (mine === this.#giveUps) membership.gaveUp()
    this.wake()
  }

  async #assign(protocolName: string, members: readonly JoinedMember[]): Promise<void> {
    const { membership, handler } = this.#options
    const assignments = (await handler.assign?.(protocolName, members)) ?? new Map<string, Buffer>()
    if (membership instanceof ClassicMembership) membership.assigned(assignments)
    this.wake()
  }

  async #findCoordinator(): Promise<void> {
    const { cluster, groupId, membership, timing, environment } = this.#options
    this.#isFinding = true
    try {
      if (this.#coordinatorId !== undefined) cluster.forgetCoordinator('group', groupId)
      this.#coordinatorId = undefined
      this.#coordinatorId = await cluster.coordinator('group', groupId, this.#send(timing.requestTimeoutMs))
      this.#findFailures = 0
      membership.coordinatorFound()
    } catch (error) {
      if (this.#closing.signal.aborted) return
      if (!isRetriable(error)) throw error
      cluster.forgetCoordinator('group', groupId)
      this.#findFailures++
      environment.logger.debug('the coordinator of the group is not known', { group: groupId, reason: String(error) })
      await this.#pause(backoffPauseMs(timing, this.#findFailures, environment.random))
    } finally {
      this.#isFinding = false
      this.wake()
    }
  }

  async #exchange(request: GroupRequest): Promise<void> {
    const { membership, handler, environment, groupId } = this.#options
    try {
      const answer = await this.#answerTo(request)
      membership.answered(answer, this.#nowMs())
      if (membership instanceof ClassicMembership && membership.received !== this.#received) {
        this.#received = membership.received
        if (membership.received !== undefined) handler.received?.(membership.received)
      }
    } catch (error) {
      const isEnded = this.#closing.signal.aborted || this.#join?.signal.aborted === true
      if (!isEnded && !isRetriable(error)) throw error
      environment.logger.debug('no answer from the coordinator', {
        group: groupId,
        api: request.api,
        reason: String(error),
      })
      membership.lost(this.#nowMs())
    } finally {
      this.#join = undefined
      this.wake()
    }
  }

  async #answerTo(given: GroupRequest): Promise<GroupAnswer> {
    const { cluster, timing } = this.#options
    const nodeId = this.#coordinatorId ?? -1
    const atOnce = this.#send(timing.requestTimeoutMs)
    switch (given.api) {
      case 'JoinGroup': {
        this.#join = new AbortController()
        const signal = AbortSignal.any([this.#join.signal, this.#closing.signal])
        const options = { ...this.#patient(), signal }
        const { response } = await cluster.send(nodeId, JoinGroup, given.request, options)
        return { api: given.api, response }
      }
      case 'SyncGroup': {
        const { response } = await cluster.send(nodeId, SyncGroup, given.request, this.#patient())
        return { api: given.api, response }
      }
      case 'Heartbeat': {
        const { response } = await cluster.send(nodeId, Heartbeat, given.request, { ...atOnce, lane: this.#lane })
        return { api: given.api, response }
      }
      case 'LeaveGroup': {
        // Not behind a JoinGroup that still waits on the node.
        const { response } = await cluster.send(
          nodeId,
          LeaveGroup,
          (version) => leaveFor(given.request, version),
          atOnce,
        )
        return { api: given.api, response }
      }
      default: {
        const options = { ...atOnce, lane: this.#lane }
        const { response } = await cluster.send(nodeId, ConsumerGroupHeartbeat, given.request, options)
        return { api: given.api, response }
      }
    }
  }

  #patient(): SendOptions {
    const { requestTimeoutMs, rebalanceTimeoutMs } = this.#options.timing
    return { ...this.#send(Math.max(requestTimeoutMs, rebalanceTimeoutMs + graceMs)), lane: this.#lane }
  }

  #send(timeoutMs: number): SendOptions {
    return { timeoutMs, signal: this.#closing.signal }
  }

  #nowMs(): number {
    return this.#options.environment.clock.monotonicMs()
  }

  async #waitUntil(untilMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const { clock } = this.#options.environment
    const timer = untilMs === Infinity ? undefined : clock.schedule(Math.max(1, untilMs - this.#nowMs()), resolve)
    await promise
    timer?.cancel()
    this.#wake = undefined
  }

  async #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#options.environment.clock.schedule(delayMs, resolve)
    this.#closing.signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    timer.cancel()
  }
}

/** Before version 3 one member leaves, who is named outside of the list. */
function leaveFor(
  request: Extract<GroupRequest, { api: 'LeaveGroup' }>['request'],
  version: number,
): Extract<GroupRequest, { api: 'LeaveGroup' }>['request'] {
  if (version >= 3) return request
  return { groupId: request.groupId, memberId: request.members?.[0]?.memberId ?? '' }
}
