/**
 * What members of a group must see, whichever client they are: each partition has one owner, a member that is killed or
 * stopped is replaced within its session, and of what was produced nothing is lost.
 */

import assert from 'node:assert/strict'

import { CreateTopics, Metadata, Produce, BatchBuilder } from '@gregor/protocol'

import type { Program } from '../../clients/driver.ts'
import { RawClient } from '../../harness/raw-client.ts'
import type { Server } from '../../harness/server.ts'
import { GroupMember, until, type GroupProtocol } from './member.ts'

export const sessionTimeoutMs = 4_000
const partitions = [0, 1, 2, 3]
const recordsOfPartition = 50
/** Until a client has started, joined and shared. */
const settleMsMax = 60_000
/** What a client may take, after its coordinator has taken a partition from another one, to own it. */
const takeOverMsMax = sessionTimeoutMs + 6_000

export interface MemberCase {
  readonly server: Server
  readonly program: Program
  readonly protocol: GroupProtocol
  readonly name: string
}

/** Of the case below. */
export function groupOfKilled(given: Pick<MemberCase, 'protocol' | 'name'>): string {
  return topicOf(given, 'killed')
}

function topicOf({ protocol, name }: Pick<MemberCase, 'protocol' | 'name'>, what: string): string {
  return `${what}-${protocol}-${name.replaceAll(/\W/g, '')}`
}

/** Two members, of which one is killed. */
export async function killOne(given: MemberCase): Promise<string> {
  const world = await World.open(given, 'killed')
  try {
    const [first, second] = [world.join(), world.join()]
    await world.untilShared()
    // Some clients still take what a fetch brings that was under way when the partitions changed hands: only this round.
    await world.produce()
    await world.untilAllRead()
    await world.produce()
    await world.untilAllRead()
    const all = [...first.consumed, ...second.consumed].filter(([, offset]) => offset >= recordsOfPartition)
    assert.equal(all.length, partitions.length * recordsOfPartition, 'nothing is read twice while nobody comes or goes')

    await second.kill()
    world.forget(second)
    const tookMs = await world.untilOwned(first)
    await world.produce()
    await world.untilAllRead()
    return `taken over after ${Math.round(tookMs)} ms`
  } finally {
    await world.close()
  }
}

/** Two members, of which one is stopped for longer than its session, and goes on. */
export async function pauseOne(given: MemberCase): Promise<string> {
  const world = await World.open(given, 'stopped')
  try {
    const [first, second] = [world.join(), world.join()]
    await world.untilShared()
    await world.produce()
    await world.untilAllRead()

    second.pause()
    const tookMs = await world.untilOwned(first)
    await world.produce()
    await world.untilAllRead()

    second.resume()
    await world.untilShared()
    await world.produce()
    await world.untilAllRead()
    return `taken over after ${Math.round(tookMs)} ms`
  } finally {
    await world.close()
  }
}

class World {
  readonly #given: MemberCase
  readonly #topic: string
  readonly #client: RawClient
  readonly #members = new Set<GroupMember>()
  readonly #left: GroupMember[] = []
  #produced = 0

  private constructor(given: MemberCase, what: string) {
    this.#given = given
    this.#topic = topicOf(given, what)
    this.#client = new RawClient(given.server.port)
  }

  static async open(given: MemberCase, what: string): Promise<World> {
    const world = new World(given, what)
    const topic = { name: world.#topic, numPartitions: 4, replicationFactor: 1, assignments: [], configs: [] }
    await world.#client.call(CreateTopics, { topics: [topic], timeoutMs: 10_000 })
    for (let isServed = false; !isServed;) {
      const answer = await world.#client.call(Metadata, { topics: [{ name: world.#topic }] })
      isServed = answer !== 'closed' && answer.topics[0]?.partitions.every(({ leaderId }) => leaderId > 0) === true
    }
    return world
  }

  join(): GroupMember {
    const { program, protocol, server } = this.#given
    const { bootstrap } = server
    const membership = { bootstrap, topic: this.#topic, group: this.#topic, protocol, sessionTimeoutMs }
    const member = GroupMember.start(program, membership)
    this.#members.add(member)
    return member
  }

  /** It is gone, and what it has read counts. */
  forget(member: GroupMember): void {
    this.#members.delete(member)
    this.#left.push(member)
  }

  /** Until each partition belongs to exactly one member, and each member has two. */
  untilShared(): Promise<number> {
    return this.#until('all partitions are shared', settleMsMax, () => {
      const owned = [...this.#members].flatMap(({ assigned }) => assigned)
      const isEven = [...this.#members].every(
        ({ assigned }) => assigned.length * this.#members.size === partitions.length,
      )
      return isEven && owned.length === partitions.length && new Set(owned).size === partitions.length
    })
  }

  untilOwned(member: GroupMember): Promise<number> {
    return this.#until('one member owns all', takeOverMsMax, () => member.assigned.length === partitions.length)
  }

  /** So many records more in each partition. */
  async produce(): Promise<void> {
    for (const index of partitions) {
      const batch = new BatchBuilder()
      for (let at = 0; at < recordsOfPartition; at++) batch.append(null, Buffer.from(`${at}`), [], Date.now())
      const answer = await this.#client.call(
        Produce,
        {
          acks: -1,
          timeoutMs: 10_000,
          topicData: [{ name: this.#topic, partitionData: [{ index, records: batch.build() }] }],
        },
        9,
      )
      assert.ok(answer !== 'closed' && answer.responses[0]?.partitionResponses[0]?.errorCode === 0)
    }
    this.#produced += recordsOfPartition
  }

  /** Each record, by somebody, at least once. */
  untilAllRead(): Promise<number> {
    return this.#until('all records are read', settleMsMax, () => {
      const read = new Set(
        [...this.#members, ...this.#left].flatMap(({ consumed }) =>
          consumed.map(([index, offset]) => `${index}:${offset}`),
        ),
      )
      return read.size === partitions.length * this.#produced
    })
  }

  async close(): Promise<void> {
    for (const member of this.#members) member.resume()
    await Promise.all([...this.#members].map((member) => member.leave()))
    this.#client.close()
  }

  #until(what: string, msMax: number, holds: () => boolean): Promise<number> {
    const present = () =>
      [...this.#members].map(({ assigned, consumed, complaints }) => {
        return { assigned, read: consumed.length, complaints }
      })
    return until(what, holds, { msMax, present })
  }
}
