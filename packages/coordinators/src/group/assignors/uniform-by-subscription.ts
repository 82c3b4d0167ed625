/**
 * `uniform` where members subscribe to different topics: everybody keeps what it still subscribes to, what nobody has
 * goes to whoever has least, and then, topic by topic, those who have most give to those who have least, until nothing
 * moves any more. Balance goes before stickiness.
 */
import { assert, PriorityQueue } from '@gregor/base'
import { compareUuids } from '@gregor/metadata'
import type { Assignor, AssignorInput } from './assignor.ts'

/** Overlapping subscriptions can go on for long with ever smaller gains. */
const roundsMax = 16

const nobody = -1

/** A member, by its place among the subscribers of a topic when the topic’s turn came. */
interface Place {
  readonly member: number
  readonly order: number
  readonly load: number
}

export const assignUniformlyBySubscription: Assignor = (input) => {
  const balance = new Balance(input)
  const topicIds = balance.sortedTopicIds()
  for (const topicId of topicIds) balance.assignFree(topicId)
  for (let round = 0; round < roundsMax; round++) {
    const movedCount = topicIds.reduce((sum, topicId) => sum + balance.level(topicId), 0)
    if (movedCount === 0) break
  }
  return balance.assignment()
}

class Balance {
  readonly #input: AssignorInput
  /** Members by their index, in the order of the group. */
  readonly #subscribers = new Map<string, number[]>()
  /** By topic and partition: the index of the member that has it. */
  readonly #owners = new Map<string, Int32Array>()
  /** By member: how many partitions it has. */
  readonly #loads: Int32Array

  constructor(input: AssignorInput) {
    this.#input = input
    this.#loads = new Int32Array(input.members.length)
    for (const [member, { topicIds }] of input.members.entries()) {
      for (const topicId of topicIds) {
        const known = this.#subscribers.get(topicId)
        if (known === undefined) this.#subscribers.set(topicId, [member])
        else known.push(member)
      }
    }
    for (const topicId of this.#subscribers.keys()) {
      this.#owners.set(topicId, new Int32Array(input.partitionCount(topicId)).fill(nobody))
    }
    for (const [member, { topicIds, assignment }] of input.members.entries()) {
      for (const [topicId, partitions] of assignment) {
        if (!topicIds.has(topicId)) continue
        for (const partition of partitions) {
          // A topic only grows; but what was stored is not trusted to know that.
          if (partition < input.partitionCount(topicId)) this.#give(topicId, partition, member)
        }
      }
    }
  }

  /** Those with many partitions a subscriber first: they are the hardest to level. */
  sortedTopicIds(): readonly string[] {
    const share = (topicId: string) => this.#ownersOf(topicId).length / this.#subscribersOf(topicId).length
    return [...this.#subscribers.keys()].toSorted(
      (a, b) =>
        share(b) - share(a) || this.#subscribersOf(a).length - this.#subscribersOf(b).length || compareUuids(a, b),
    )
  }

  assignFree(topicId: string): void {
    const least = new PriorityQueue<Place>(leastLoaded)
    for (const place of this.#places(topicId)) least.push(place)
    for (const [partition, owner] of this.#ownersOf(topicId).entries()) {
      if (owner !== nobody) continue
      const place = least.pop()
      assert(place !== undefined, 'a topic in an assignment has a subscriber')
      this.#give(topicId, partition, place.member)
      least.push({ ...place, load: place.load + 1 })
    }
  }

  /** Returns how many partitions have moved. */
  level(topicId: string): number {
    if (this.#subscribersOf(topicId).length < 2) return 0
    const owned = this.#partitionsByOwner(topicId)
    const least = new PriorityQueue<Place>(leastLoaded)
    const most = new PriorityQueue<Place>(mostLoaded)
    for (const place of this.#places(topicId)) {
      least.push(place)
      if (owned.has(place.member)) most.push(place)
    }
    for (let movedCount = 0; ; movedCount++) {
      const [giver, taker] = [most.pop(), least.pop()]
      if (giver === undefined || taker === undefined || giver.load - taker.load <= 1) return movedCount
      const partition = owned.get(giver.member)?.pop()
      assert(partition !== undefined, 'who gives has something to give')
      this.#give(topicId, partition, taker.member)
      least.push({ ...taker, load: taker.load + 1 })
      if ((owned.get(giver.member)?.length ?? 0) > 0) most.push({ ...giver, load: giver.load - 1 })
    }
  }

  assignment(): ReturnType<Assignor> {
    const members = this.#input.members.map(({ memberId }) => ({ memberId, topics: new Map<string, Set<number>>() }))
    for (const [topicId, owners] of this.#owners) {
      for (const [partition, owner] of owners.entries()) {
        const topics = members[owner]?.topics
        if (topics?.has(topicId) === false) topics.set(topicId, new Set())
        topics?.get(topicId)?.add(partition)
      }
    }
    return new Map(members.map(({ memberId, topics }) => [memberId, topics]))
  }

  #give(topicId: string, partition: number, member: number): void {
    const owners = this.#ownersOf(topicId)
    const before = owners[partition] ?? nobody
    if (before !== nobody) this.#loads[before] = this.#loadOf(before) - 1
    owners[partition] = member
    this.#loads[member] = this.#loadOf(member) + 1
  }

  #places(topicId: string): readonly Place[] {
    return this.#subscribersOf(topicId)
      .map((member) => ({ member, load: this.#loadOf(member) }))
      .toSorted((a, b) => a.load - b.load || a.member - b.member)
      .map((place, order) => ({ ...place, order }))
  }

  #partitionsByOwner(topicId: string): ReadonlyMap<number, number[]> {
    const partitions = [...this.#ownersOf(topicId).keys()]
    return Map.groupBy(partitions, (partition) => this.#ownersOf(topicId)[partition] ?? nobody)
  }

  #loadOf(member: number): number {
    return this.#loads[member] ?? 0
  }

  #ownersOf(topicId: string): Int32Array {
    const owners = this.#owners.get(topicId)
    assert(owners !== undefined, 'a topic in an assignment is subscribed to')
    return owners
  }

  #subscribersOf(topicId: string): readonly number[] {
    return this.#subscribers.get(topicId) ?? []
  }
}

function leastLoaded(a: Place, b: Place): number {
  return a.load - b.load || a.order - b.order
}

function mostLoaded(a: Place, b: Place): number {
  return b.load - a.load || b.order - a.order
}
