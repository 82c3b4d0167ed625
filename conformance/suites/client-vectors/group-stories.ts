/**
 * Groups as they might live: a leader of some assignor through several rounds, with topics that grow, vanish and come,
 * members that come, leave, miss rounds, claim what is another's, are of older versions or send garbage. Each round goes
 * on from what our assignor gave in the one before.
 */

import {
  assignorFactory,
  type AssignableMember,
  type AssignableTopics,
  type Assignor,
  type AssignorName,
  type TopicPartition,
} from '@gregor/client'
import { decodeSubscription, encodeSubscription } from '@gregor/protocol'

import type { Seeded } from './seeded.ts'

export interface Round {
  readonly generationId: number
  readonly topics: readonly { readonly name: string; readonly racks: readonly (readonly string[])[] }[]
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    /** Base64, as in JoinGroup. */
    readonly subscription: string
  }[]
}

export interface Story {
  readonly ask: 'assign'
  readonly name: AssignorName
  readonly rounds: readonly Round[]
}

/** By member; partitions as `topic-partition`, in order. */
export type RoundAnswer = Readonly<
  Record<string, { readonly partitions: readonly string[]; readonly userData: string | null }>
>

interface Member {
  readonly memberId: string
  readonly instanceId: string | null
  readonly version: number
  topics: readonly string[]
  rack: string | null
  owned: readonly TopicPartition[]
  generationId: number
  userData: Buffer | null
}

const names = [
  'orders',
  'a',
  'b',
  'payments.v2',
  'Zürich',
  't-10',
  't-9',
  't-100',
  'AaAa',
  'BBBB',
  'AaBB',
  'log_events',
]
const racks = ['a', 'b', 'c', 'd']

export interface Told {
  readonly story: Story
  readonly answers: readonly RoundAnswer[]
}

export function tellStory(random: Seeded, name: AssignorName): Told {
  const assignor = assignorFactory(name)?.()
  if (assignor === undefined) throw new TypeError(name)
  const group = new Group(random, assignor)
  const rounds: Round[] = []
  const answers: RoundAnswer[] = []
  for (let count = 1 + random.below(5); count > 0; count--) {
    group.change()
    const round = group.round()
    rounds.push(round)
    answers.push(group.assign(round))
  }
  return { story: { ask: 'assign', name, rounds }, answers }
}

class Group {
  readonly #random: Seeded
  readonly #assignor: Assignor
  readonly #rackChance: number
  readonly #isUniform: boolean
  readonly #largest: number
  readonly #topics = new Map<string, string[][]>()
  #members: Member[] = []
  #generationId = 0

  constructor(random: Seeded, assignor: Assignor) {
    this.#random = random
    this.#assignor = assignor
    this.#rackChance = random.one([0, 0, 0.5, 0.9, 1])
    this.#isUniform = random.chance(0.5)
    this.#largest = random.one([3, 5, 8, 40])
  }

  change(): void {
    const random = this.#random
    this.#generationId += 1 + random.below(2)
    for (const name of random.some(names, 0.3)) this.#changeTopic(name)
    if (random.chance(0.3)) this.#members = [...random.some(this.#members, 0.7)]
    const joining = this.#members.length === 0 ? 1 + random.below(this.#largest) : random.below(3)
    for (let count = joining; count > 0; count--) this.#members.push(this.#newMember())
    this.#subscribe()
  }

  round(): Round {
    return {
      generationId: this.#generationId,
      topics: [...this.#topics].map(([name, partitions]) => ({ name, racks: [...partitions] })),
      members: this.#members.map((member) => this.#joining(member)),
    }
  }

  /** What our assignor gives, told to the members, too. */
  assign({ members, topics, generationId }: Round): RoundAnswer {
    const byName = new Map(topics.map(({ name, racks: partitions }) => [name, partitions]))
    const lookup: AssignableTopics = {
      partitionCount: (topic) => byName.get(topic)?.length ?? 0,
      racks: (topic, partition) => byName.get(topic)?.[partition] ?? [],
    }
    const given = this.#assignor.assign(lookup, members.map(assignable))
    const answer: Record<string, RoundAnswer[string]> = {}
    for (const [memberId, assignment] of given) {
      const assignor = assignorFactory(this.#assignor.name)?.()
      assignor?.onAssignment?.(assignment, generationId)
      const userData = assignor?.subscriptionUserData?.([]) ?? null
      answer[memberId] = {
        partitions: assignment.partitions.map(({ topic, partition }) => `${topic}-${partition}`),
        userData: userData?.toString('base64') ?? null,
      }
      const member = this.#members.find((one) => one.memberId === memberId)
      // Now and then one misses its assignment.
      if (member === undefined || this.#random.chance(0.1)) continue
      member.owned = assignment.partitions
      member.generationId = generationId
      member.userData = userData
    }
    return answer
  }

  #changeTopic(name: string): void {
    const random = this.#random
    const partitions = this.#topics.get(name) ?? []
    if (partitions.length > 0 && random.chance(0.2)) {
      this.#topics.delete(name)
      // What a new topic of the name has not is another case: see the assignors.
      for (const member of this.#members) member.owned = member.owned.filter(({ topic }) => topic !== name)
      for (const member of this.#members) member.userData = null
      return
    }
    for (let count = 1 + random.below(random.one([2, 6, 12])); count > 0; count--)
      partitions.push([...random.some(racks, random.one([0, 0.3, 0.5, 1]))])
    this.#topics.set(name, partitions)
  }

  #newMember(): Member {
    const random = this.#random
    return {
      memberId: `consumer-${random.below(50)}-${random.bytes(8).toString('hex')}`,
      instanceId: random.chance(0.2) ? `i-${random.bytes(2).toString('hex')}` : null,
      version: random.chance(0.8) ? 3 : random.below(4),
      topics: [],
      rack: random.chance(this.#rackChance) ? random.one([...racks, '', 'elsewhere']) : null,
      owned: [],
      generationId: -1,
      userData: null,
    }
  }

  #subscribe(): void {
    const random = this.#random
    const wanted = random.some(names, 0.5)
    for (const member of this.#members) {
      if (this.#isUniform) member.topics = wanted
      else if (member.topics.length === 0 || random.chance(0.2)) member.topics = random.some(names, 0.5)
    }
  }

  #joining({
    memberId,
    instanceId,
    version,
    topics,
    rack,
    owned,
    generationId,
    userData,
  }: Member): Round['members'][number] {
    const random = this.#random
    const stolen = random.chance(0.05) ? this.#anyPartitions() : []
    const claimed = [...owned, ...stolen]
    const ownedPartitions = [...Map.groupBy(claimed, ({ topic }) => topic)].map(([topic, partitions]) => ({
      topic,
      partitions: partitions.map(({ partition }) => partition),
    }))
    const isGarbage = random.chance(0.02)
    const subscription = encodeSubscription(
      {
        topics: [...topics],
        userData: isGarbage ? random.bytes(random.below(9)) : userData,
        ownedPartitions: version >= 1 ? ownedPartitions : [],
        generationId: version >= 2 ? generationId : -1,
        rackId: version >= 3 ? rack : null,
      },
      version,
    )
    return { memberId, instanceId, subscription: subscription.toString('base64') }
  }

  #anyPartitions(): readonly TopicPartition[] {
    const all = [...this.#topics].flatMap(([topic, partitions]) =>
      [...partitions.keys()].map((partition) => ({ topic, partition })),
    )
    return this.#random.some(all, 0.2)
  }
}

function assignable({ memberId, instanceId, subscription }: Round['members'][number]): AssignableMember {
  const { topics, userData, ownedPartitions, generationId, rackId } = decodeSubscription(
    Buffer.from(subscription, 'base64'),
  )
  return {
    memberId,
    instanceId,
    topics,
    owned: ownedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
    generationId,
    rack: rackId,
    userData,
  }
}
