/**
 * How the leader of a classic group shares partitions out among the members: the interface of `range`, `roundrobin`,
 * `sticky`, `cooperative-sticky` and of your own. An assignor belongs to one consumer, as it may remember what that
 * consumer was given; give an `AssignorFactory` where several are made.
 */
import type { TopicPartition } from '../partition-set.ts'

export interface Assignor {
  /** What members offer in JoinGroup. All members of a group have to share one. */
  readonly name: string
  /**
   * True: what a member keeps is never taken from it, and what moves is given out in a second rebalance, when its owner
   * has given it up (KIP-429). False: each member gives up everything before it joins again.
   */
  readonly supportsCooperative: boolean
  /** What this member tells the leader besides its topics; `null` or not there: nothing. Called before each JoinGroup. */
  subscriptionUserData?(topics: readonly string[]): Buffer | null
  /**
   * Decides, on the leader only. Deterministic: of the arguments alone, whatever their order where Java's is, too.
   * @returns for each member, by id, what it gets. Members that are left out get nothing.
   */
  assign(topics: AssignableTopics, members: readonly AssignableMember[]): ReadonlyMap<string, MemberAssignment>
  /** Told on every member, after each SyncGroup, before anything of it is read. */
  onAssignment?(assignment: MemberAssignment, generationId: number): void
}

/** Makes one for a consumer. */
export type AssignorFactory = () => Assignor

/** What the leader knows of the topics of its group. */
export interface AssignableTopics {
  /** 0 where the topic is not known: it is left out. */
  partitionCount(topic: string): number
  /** Of all replicas, offline ones too, as far as they are known, without doubles. Empty: none known. */
  racks(topic: string, partition: number): readonly string[]
}

/** A member as its JoinGroup describes it (`decodeSubscription`). */
export interface AssignableMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly topics: readonly string[]
  /** What it still has, in the order in which it said so. Empty before version 1 of the subscription. */
  readonly owned: readonly TopicPartition[]
  /** Of the generation in which it got them; -1: it did not say. */
  readonly generationId: number
  readonly rack: string | null
  readonly userData: Buffer | null
}

export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[]
  readonly userData: Buffer | null
}
