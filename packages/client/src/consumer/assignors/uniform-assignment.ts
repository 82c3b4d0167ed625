/**
 * Sticky assignment where all members want the same topics. Each gets a quota of partitions, as many get one more as
 * needed to place all. First everybody keeps what it has, up to that; then what is left is dealt out, with racks (KIP-881)
 * to members near to it as far as quotas allow, then to whoever has too few.
 */
import { assert } from '@gregor/base'
import type { TopicPartition } from '../partition-set.ts'
import { comparePartitions, compareText, type TopicTable } from './group-topics.ts'
import type { NearMembers } from './near-members.ts'
import { type OwnedPartitions, remove } from './owned-partitions.ts'

export interface StickyResult {
  readonly hands: Map<string, TopicPartition[]>
  /** What a member gets that another one has at the moment, with who gets it. `undefined`: it was not looked at. */
  readonly moving: ReadonlyMap<TopicPartition, string> | undefined
}

export function assignUniformly(given: {
  readonly table: TopicTable
  readonly near: NearMembers
  readonly owned: OwnedPartitions
}): StickyResult {
  const assignment = new UniformAssignment(given)
  assignment.keep()
  assignment.deal()
  return assignment
}

class UniformAssignment implements StickyResult {
  readonly hands: Map<string, TopicPartition[]>
  readonly moving = new Map<TopicPartition, string>()
  readonly #partitions: readonly TopicPartition[]
  readonly #near: NearMembers
  readonly #owned: OwnedPartitions
  readonly #quota: number
  readonly #largest: number
  /** How many members get one more than the quota, and how many have it. 0 where all get the quota. */
  readonly #largeWanted: number
  #large = 0
  /** Had by a member that does not keep it. */
  readonly #givenUp = new Map<TopicPartition, string>()
  /** Who has less than the quota, and who has just that and may get one more. */
  #poor: string[] = []
  #content: string[] = []

  constructor({ table, near, owned }: { table: TopicTable; near: NearMembers; owned: OwnedPartitions }) {
    this.#partitions = [...table.values()].flat().toSorted(comparePartitions)
    this.#near = near
    this.#owned = owned
    this.hands = new Map([...owned.hands.keys()].map((memberId) => [memberId, []]))
    this.#quota = Math.floor(this.#partitions.length / this.hands.size)
    this.#largest = Math.ceil(this.#partitions.length / this.hands.size)
    this.#largeWanted = this.#partitions.length % this.hands.size
  }

  /** Members keep what they have, near to them, up to what they are to get. */
  keep(): void {
    for (const [memberId, owned] of this.#owned.hands) {
      const near = owned.filter((partition) => !this.#near.isFar(memberId, partition))
      for (const partition of owned) if (this.#near.isFar(memberId, partition)) this.#givenUp.set(partition, memberId)
      const kept = near
        .filter((partition) => !this.#owned.contested.has(partition))
        .toSorted((a, b) => a.partition - b.partition || compareText(a.topic, b.topic))
      const count = this.#countToKeep(memberId, kept.length)
      this.hands.get(memberId)?.push(...kept.slice(0, count))
      for (const partition of kept.slice(count)) this.#givenUp.set(partition, memberId)
    }
  }

  deal(): void {
    const kept = new Set([...this.hands.values()].flat())
    const left = this.#near.inOrderOfNeed(this.#partitions.filter((partition) => !kept.has(partition)))
    this.#poor.sort(compareText)
    this.#content.sort(compareText)
    this.#dealInTurn(this.#near.matter ? this.#dealNear(left) : left)
  }

  #countToKeep(memberId: string, owned: number): number {
    if (owned < this.#quota) {
      this.#poor.push(memberId)
      return owned
    }
    if (owned >= this.#largest && this.#large < this.#largeWanted) {
      this.#countLarge()
      return this.#largest
    }
    if (this.#large < this.#largeWanted) this.#content.push(memberId)
    return this.#quota
  }

  /** One more member has more than the quota. */
  #countLarge(): void {
    this.#large++
    if (this.#large === this.#largeWanted) this.#content = []
  }

  /** @returns what could not be placed near. */
  #dealNear(left: readonly TopicPartition[]): readonly TopicPartition[] {
    let turn = 0
    return left.filter((partition) => {
      const index = this.#near.indexBeside(partition, this.#poor, turn)
      if (index >= 0) {
        turn = this.#giveToPoor(partition, index)
        return false
      }
      const other = this.#near.indexBeside(partition, this.#content, 0)
      if (other < 0) return true
      this.#giveToContent(partition, other)
      return false
    })
  }

  /** @returns whose turn is next. */
  #giveToPoor(partition: TopicPartition, index: number): number {
    const memberId = this.#poor[index] ?? ''
    const count = this.#give(memberId, partition)
    let next = index + 1
    if (count >= this.#quota) {
      remove(this.#poor, memberId)
      next = index
      if (count < this.#largest && this.#large < this.#largeWanted) this.#content.push(memberId)
    }
    return this.#poor.length === 0 ? 0 : next % this.#poor.length
  }

  #giveToContent(partition: TopicPartition, index: number): void {
    const memberId = this.#content[index] ?? ''
    if (this.#give(memberId, partition) !== this.#largest) return
    this.#content.splice(index, 1)
    this.#countLarge()
  }

  #dealInTurn(left: readonly TopicPartition[]): void {
    let turn = 0
    for (const partition of left) {
      if (turn >= this.#poor.length) turn = 0
      const isPoor = this.#poor.length > 0
      const memberId = isPoor ? this.#poor[turn] : this.#content.shift()
      assert(memberId !== undefined, 'quotas add up to all partitions')
      const count = this.#give(memberId, partition)
      if (!isPoor) continue
      if (count === this.#quota) {
        this.#poor.splice(turn, 1)
        this.#content.push(memberId)
      } else turn++
    }
  }

  /** @returns how many the member has now. */
  #give(memberId: string, partition: TopicPartition): number {
    const hand = this.hands.get(memberId) ?? []
    hand.push(partition)
    const before = this.#givenUp.get(partition)
    const isTaken = before !== undefined && before !== memberId
    if (isTaken || this.#owned.contested.has(partition)) this.moving.set(partition, memberId)
    return hand.length
  }
}
