/**
 * A consumer group (KIP-848), all of it logged: `consumer-apply` changes it, one record at a time; nothing else does.
 * What it counts along (who subscribes to what, who owns which partition) follows from its members.
 *
 * Epochs: `groupEpoch` grows whenever the group must be assigned anew, `assignmentEpoch` says for which of them the
 * target was computed, and each member follows in its own time.
 */
import { isReconciledTo, regexOf } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { noAssignment } from './partition-epochs.ts'
import type { Assignment, PartitionEpochs } from './partition-epochs.ts'

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>
  /** The offset of the metadata it was resolved with. */
  readonly version: number
  readonly atMs: number
}

/** Members that subscribe to a topic by its name, expressions that resolve to it. */
export interface Subscribers {
  readonly byName: number
  readonly byRegex: number
}

const noSubscribers: Subscribers = { byName: 0, byRegex: 0 }

export class ConsumerGroup {
  readonly groupId: string
  groupEpoch = 1
  assignmentEpoch = 1
  /** Wall clock; 0: not known. */
  assignedAtMs = 0
  metadataHash = 0n
  /** It has a record of what came before the hash, which goes with the next change. */
  hasLegacyTopicMetadata = false
  readonly target = new Map<string, Assignment>()
  readonly regexes = new Map<string, ResolvedRegex>()
  readonly #members = new Map<string, ConsumerMember>()
  readonly #idByInstance = new Map<string, string>()
  /** How many members subscribe by each expression. */
  readonly #regexSubscribers = new Map<string, number>()
  readonly #topicSubscribers = new Map<string, Subscribers>()
  /** By topic id and partition: the member epoch of its owner. */
  readonly #ownerEpochs = new Map<string, Map<number, number>>()
  #classicCount = 0

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get members(): MapIterator<ConsumerMember> {
    return this.#members.values()
  }

  get size(): number {
    return this.#members.size
  }

  /** Members that speak the classic protocol. */
  get classicCount(): number {
    return this.#classicCount
  }

  get state(): ConsumerGroupState {
    if (this.#members.size === 0) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    return this.members.every((member) => isReconciledTo(member, this.assignmentEpoch)) ? 'Stable' : 'Reconciling'
  }

  member(memberId: string): ConsumerMember | undefined {
    return this.#members.get(memberId)
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.#idByInstance.get(instanceId)
    return memberId === undefined ? undefined : this.#members.get(memberId)
  }

  targetOf(memberId: string): Assignment {
    return this.target.get(memberId) ?? noAssignment
  }

  get topicSubscribers(): ReadonlyMap<string, Subscribers> {
    return this.#topicSubscribers
  }

  get regexSubscribers(): ReadonlyMap<string, number> {
    return this.#regexSubscribers
  }

  isSubscribedTo(topic: string): boolean {
    return this.#topicSubscribers.has(topic)
  }

  /** Whether somebody owns it, or has not yet given it up. */
  isOwned(topicId: string, partition: number): boolean {
    return this.#ownerEpochs.get(topicId)?.has(partition) ?? false
  }

  setMember(member: ConsumerMember): void {
    this.#forget(this.#members.get(member.memberId))
    this.#members.set(member.memberId, member)
    if (member.instanceId !== null) this.#idByInstance.set(member.instanceId, member.memberId)
    for (const topic of member.topicNames) this.#countTopic(topic, { byName: 1, byRegex: 0 })
    this.#countRegex(regexOf(member), 1)
    this.#own(member.assigned, member.memberEpoch)
    this.#own(member.pendingRevocation, member.memberEpoch)
    if (member.classic !== null) this.#classicCount++
  }

  removeMember(memberId: string): void {
    const member = this.#members.get(memberId)
    if (member === undefined) return
    this.#forget(member)
    this.#members.delete(memberId)
    const { instanceId } = member
    if (instanceId !== null && this.#idByInstance.get(instanceId) === memberId) this.#idByInstance.delete(instanceId)
  }

  setRegex(regex: string, resolved: ResolvedRegex | undefined): void {
    for (const topic of this.regexes.get(regex)?.topics ?? []) this.#countTopic(topic, { byName: 0, byRegex: -1 })
    if (resolved === undefined) {
      this.regexes.delete(regex)
      return
    }
    this.regexes.set(regex, resolved)
    for (const topic of resolved.topics) this.#countTopic(topic, { byName: 0, byRegex: 1 })
  }

  #forget(member: ConsumerMember | undefined): void {
    if (member === undefined) return
    for (const topic of member.topicNames) this.#countTopic(topic, { byName: -1, byRegex: 0 })
    this.#countRegex(regexOf(member), -1)
    this.#disown(member.assigned, member.memberEpoch)
    this.#disown(member.pendingRevocation, member.memberEpoch)
    if (member.classic !== null) this.#classicCount--
  }

  #countTopic(topic: string, by: Subscribers): void {
    const count = this.#topicSubscribers.get(topic) ?? noSubscribers
    const next = { byName: count.byName + by.byName, byRegex: count.byRegex + by.byRegex }
    if (next.byName === 0 && next.byRegex === 0) this.#topicSubscribers.delete(topic)
    else this.#topicSubscribers.set(topic, next)
  }

  #countRegex(regex: string | undefined, by: 1 | -1): void {
    if (regex === undefined) return
    const count = (this.#regexSubscribers.get(regex) ?? 0) + by
    if (count === 0) this.#regexSubscribers.delete(regex)
    else this.#regexSubscribers.set(regex, count)
  }

  /** A static member and its successor share partitions for a moment: the later epoch stands. */
  #own(partitions: PartitionEpochs, epoch: number): void {
    for (const [topicId, some] of partitions) {
      let epochs = this.#ownerEpochs.get(topicId)
      if (epochs === undefined) this.#ownerEpochs.set(topicId, (epochs = new Map<number, number>()))
      for (const partition of some.keys()) epochs.set(partition, Math.max(epoch, epochs.get(partition) ?? epoch))
    }
  }

  #disown(partitions: PartitionEpochs, epoch: number): void {
    for (const [topicId, some] of partitions) {
      const epochs = this.#ownerEpochs.get(topicId)
      if (epochs === undefined) continue
      for (const partition of some.keys()) if (epochs.get(partition) === epoch) epochs.delete(partition)
      if (epochs.size === 0) this.#ownerEpochs.delete(topicId)
    }
  }
}
