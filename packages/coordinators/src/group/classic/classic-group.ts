/**
 * A classic group (KIP-62, 345, 394): who is in it, who waits, in which phase of a rebalance it is. Not logged but for
 * what a `GroupMetadata` record says when an assignment is complete, the group is empty or a static member was
 * replaced; a coordinator that takes over starts from there (`classic-stored`).
 *
 * States: Empty → PreparingRebalance → CompletingRebalance → Stable, and back to PreparingRebalance whenever somebody
 * comes, goes or changes. This file keeps the books; what is decided is in the files beside it.
 */
import { assert } from '@gregor/base'
import type { ClassicMember, Protocols } from './classic-member.ts'
import { subscribedTopicsOf } from './classic-subscription.ts'

export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export const consumerProtocolType = 'consumer'

const previousStates: Record<ClassicGroupState, readonly ClassicGroupState[]> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
}

/** What a group begins with, new or loaded. */
export interface ClassicGroupStart {
  readonly state: 'Empty' | 'Stable'
  readonly generationId: number
  readonly protocolType: string | undefined
  readonly protocolName: string | undefined
  readonly leaderId: string | undefined
  readonly stateChangedAtMs: number | undefined
}

export class ClassicGroup {
  readonly groupId: string
  generationId: number
  /** `undefined`: nobody ever joined. */
  protocolType: string | undefined
  protocolName: string | undefined
  leaderId: string | undefined
  /** What its members read; `undefined`: not known. */
  subscribedTopics: ReadonlySet<string> | undefined
  /** Members that came while the first rebalance waits: it may wait longer. */
  isNewMemberAdded = false
  /** When the rebalance under way began, monotonic. */
  rebalanceStartedAtMs = 0
  readonly pendingJoinIds = new Set<string>()
  readonly pendingSyncIds = new Set<string>()
  #state: ClassicGroupState
  #previousState: ClassicGroupState | undefined
  #stateChangedAtMs: number | undefined
  readonly #members = new Map<string, ClassicMember>()
  readonly #idByInstance = new Map<string, string>()
  /** How many members support each protocol. */
  readonly #supporters = new Map<string, number>()
  #joinWaitingCount = 0

  constructor(groupId: string, start: ClassicGroupStart) {
    this.groupId = groupId
    this.#state = start.state
    this.generationId = start.generationId
    this.protocolType = start.protocolType
    this.protocolName = start.protocolName
    this.leaderId = start.leaderId
    this.#stateChangedAtMs = start.stateChangedAtMs
  }

  static create(groupId: string, nowMs: number): ClassicGroup {
    return new ClassicGroup(groupId, {
      state: 'Empty',
      generationId: 0,
      protocolType: undefined,
      protocolName: undefined,
      leaderId: undefined,
      stateChangedAtMs: nowMs,
    })
  }

  get state(): ClassicGroupState {
    return this.#state
  }

  get previousState(): ClassicGroupState | undefined {
    return this.#previousState
  }

  /** Wall clock; `undefined` when it was written by a version that did not say. */
  get stateChangedAtMs(): number | undefined {
    return this.#stateChangedAtMs
  }

  get members(): MapIterator<ClassicMember> {
    return this.#members.values()
  }

  get size(): number {
    return this.#members.size
  }

  get joinWaitingCount(): number {
    return this.#joinWaitingCount
  }

  get haveAllJoined(): boolean {
    return this.#members.size === this.#joinWaitingCount && this.pendingJoinIds.size === 0
  }

  /** The longest of its members. */
  get rebalanceTimeoutMs(): number {
    return this.#members.values().reduce((longest, member) => Math.max(longest, member.rebalanceTimeoutMs), 0)
  }

  get isConsumerGroup(): boolean {
    return this.protocolType === consumerProtocolType
  }

  member(memberId: string): ClassicMember | undefined {
    return this.#members.get(memberId)
  }

  has(memberId: string): boolean {
    return this.#members.has(memberId)
  }

  staticMemberId(instanceId: string): string | undefined {
    return this.#idByInstance.get(instanceId)
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  transitionTo(state: ClassicGroupState, nowMs: number): void {
    assert(previousStates[state].includes(this.#state), `a classic group does not go from ${this.#state} to ${state}`)
    this.#previousState = this.#state
    this.#state = state
    this.#stateChangedAtMs = nowMs
  }

  add(member: ClassicMember): void {
    const { memberId, instanceId, protocolType } = member
    assert(!this.#members.has(memberId), `member ${memberId} is added once`)
    if (instanceId !== undefined) {
      assert(!this.#idByInstance.has(instanceId), `instance ${instanceId} has one member`)
      this.#idByInstance.set(instanceId, memberId)
    }
    if (this.#members.size === 0) this.protocolType = protocolType
    assert(this.protocolType === protocolType, 'members of a group have one protocol type')
    this.leaderId ??= memberId
    this.#members.set(memberId, member)
    this.#support(member.protocols, 1)
    if (member.join !== undefined) this.#joinWaitingCount++
    this.pendingJoinIds.delete(memberId)
  }

  /** A member, or one that has only been given its id. The next in line becomes the leader where that one was. */
  remove(memberId: string): void {
    const member = this.#members.get(memberId)
    this.#members.delete(memberId)
    if (member !== undefined) {
      this.#support(member.protocols, -1)
      if (member.join !== undefined) this.#joinWaitingCount--
      if (member.instanceId !== undefined) this.#idByInstance.delete(member.instanceId)
    }
    if (this.isLeader(memberId)) this.leaderId = this.#members.keys().next().value
    this.pendingJoinIds.delete(memberId)
    this.pendingSyncIds.delete(memberId)
  }

  /** The same member under another id, waiting for nothing. */
  replaceStatic(member: ClassicMember, memberId: string): ClassicMember {
    const { instanceId } = member
    assert(instanceId !== undefined, 'a static member has an instance id')
    const replaced = { ...member, memberId, join: undefined, sync: undefined, isNew: false }
    this.setWaitingJoin(member, undefined)
    this.#members.delete(member.memberId)
    this.#members.set(memberId, replaced)
    this.#idByInstance.set(instanceId, memberId)
    if (this.pendingSyncIds.delete(member.memberId)) this.pendingSyncIds.add(memberId)
    if (this.isLeader(member.memberId)) this.leaderId = memberId
    return replaced
  }

  setProtocols(member: ClassicMember, protocols: Protocols): void {
    this.#support(member.protocols, -1)
    member.protocols = protocols
    this.#support(protocols, 1)
  }

  setWaitingJoin(member: ClassicMember, join: ClassicMember['join']): void {
    this.#joinWaitingCount += Number(join !== undefined) - Number(member.join !== undefined)
    member.join = join
  }

  /** Whether somebody with these could be a member: of the group's type, with a protocol that all members support. */
  supports(protocolType: string, protocols: JoinProtocols): boolean {
    if (this.#state === 'Empty') return protocolType !== '' && protocols.length > 0
    return this.protocolType === protocolType && protocols.some(({ name }) => this.#isSupportedByAll(name))
  }

  /** Of the protocols that all support, the one that most members like best. */
  selectProtocol(): string {
    const votes = new Map<string, number>()
    for (const { memberId, protocols } of this.#members.values()) {
      const choice = protocols.find(({ name }) => this.#isSupportedByAll(name))?.name
      assert(choice !== undefined, `member ${memberId} supports a protocol that all support`)
      votes.set(choice, (votes.get(choice) ?? 0) + 1)
    }
    const [winner] = [...votes].toSorted(([, a], [, b]) => b - a)
    assert(winner !== undefined, 'a group without members selects no protocol')
    return winner[0]
  }

  /** To the next generation: with its members, or empty. */
  beginGeneration(nowMs: number): void {
    this.generationId++
    this.protocolName = this.size === 0 ? undefined : this.selectProtocol()
    this.subscribedTopics = subscribedTopicsOf(this)
    this.transitionTo(this.size === 0 ? 'Empty' : 'CompletingRebalance', nowMs)
    this.pendingSyncIds.clear()
  }

  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics?.has(topic) ?? this.isConsumerGroup
  }

  #isSupportedByAll(protocolName: string): boolean {
    return (this.#supporters.get(protocolName) ?? 0) === this.#members.size
  }

  #support(protocols: Protocols, by: 1 | -1): void {
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      this.#supporters.set(name, (this.#supporters.get(name) ?? 0) + by)
    }
  }
}

type JoinProtocols = readonly { readonly name: string }[]
