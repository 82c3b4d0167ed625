/**
 * Where the replicas of new partitions go: spread over brokers and racks, so that each leads as often as the others
 * and no rack holds two replicas while another one holds none (KIP-36).
 *
 * Racks are walked round robin, starting one further for each partition; within a rack brokers are, too. Leaders are
 * taken from brokers that are up. Once every broker has led, the order is shuffled, so that the same brokers do not
 * share everything. Only where chance comes in do two controllers differ: replicas may be placed anywhere.
 */
import type { Random } from '@gregor/platform'
import { problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'

export interface UsableBroker {
  readonly id: number
  readonly rack: string | undefined
  readonly isFenced: boolean
}

/** The replicas of each new partition, the one to lead first; or why there are too few brokers. */
export function placeReplicas(
  brokers: readonly UsableBroker[],
  { partitionCount, replicationFactor }: { readonly partitionCount: number; readonly replicationFactor: number },
  random: Random,
): readonly (readonly number[])[] | ApiProblem {
  const found = placementProblem(brokers, replicationFactor)
  if (found !== undefined) return problem('INVALID_REPLICATION_FACTOR', found)
  const racks = new Racks(brokers, random)
  return Array.from({ length: partitionCount }, () => racks.place(replicationFactor))
}

function placementProblem(brokers: readonly UsableBroker[], replicationFactor: number): string | undefined {
  if (replicationFactor <= 0) {
    return `Invalid replication factor ${replicationFactor}: the replication factor must be positive.`
  }
  if (brokers.every(({ isFenced }) => isFenced)) {
    return 'All brokers are currently fenced, or have all their log directories cordoned.'
  }
  if (replicationFactor > brokers.length) {
    return (
      `The target replication factor of ${replicationFactor} cannot be reached because only ${brokers.length} ` +
      'broker(s) are registered or some brokers have all their log directories cordoned.'
    )
  }
  return undefined
}

/** Some brokers of one rack. Each turn that it is asked in starts one further than the one before. */
class Ring {
  readonly #brokers: number[]
  #offset: number
  #turn = 0
  #takenCount = 0

  constructor(brokers: readonly number[], random: Random) {
    this.#brokers = brokers.toSorted((a, b) => a - b)
    this.#offset = brokers.length === 0 ? 0 : random.below(brokers.length)
  }

  shuffle(random: Random): void {
    shuffle(this.#brokers, random)
  }

  /** `undefined` when each has been taken this turn. */
  next(turn: number): number | undefined {
    if (turn !== this.#turn) {
      this.#turn = turn
      this.#takenCount = 0
      this.#offset++
    }
    if (this.#takenCount === this.#brokers.length) return undefined
    return this.#brokers[(this.#offset + this.#takenCount++) % this.#brokers.length]
  }
}

interface Rack {
  readonly up: Ring
  readonly fenced: Ring
}

class Racks {
  readonly #racks: Rack[]
  readonly #random: Random
  readonly #upCount: number
  #offset: number
  #turn = 0

  constructor(brokers: readonly UsableBroker[], random: Random) {
    const byName = Map.groupBy(brokers, ({ rack }) => rack ?? '')
    const names = [...byName.keys()].toSorted()
    const idsOf = (rack: string, isFenced: boolean) =>
      (byName.get(rack) ?? []).filter((broker) => broker.isFenced === isFenced).map(({ id }) => id)
    this.#racks = names.map((rack) => ({
      up: new Ring(idsOf(rack, false), random),
      fenced: new Ring(idsOf(rack, true), random),
    }))
    this.#random = random
    this.#upCount = brokers.filter(({ isFenced }) => !isFenced).length
    this.#offset = random.below(names.length)
  }

  place(replicationFactor: number): readonly number[] {
    const order = this.#racks.map((_, index) => (this.#offset + index) % this.#racks.length)
    const { leader, rackIndex } = this.#leader(order)
    const replicas = [leader]
    // The leader's rack has had its turn in the first round.
    for (let round = 0; replicas.length < replicationFactor; round++) {
      for (const index of order) {
        if (replicas.length === replicationFactor) break
        const replica = round === 0 && index === rackIndex ? undefined : this.#nextOf(this.#racks[index])
        if (replica !== undefined) replicas.push(replica)
      }
    }
    this.#offset++
    this.#endTurn()
    return replicas
  }

  #endTurn(): void {
    this.#turn++
    if (this.#upCount <= 1 || this.#turn % this.#upCount !== 0) return
    shuffle(this.#racks, this.#random)
    for (const { up, fenced } of this.#racks) [up, fenced].forEach((ring) => ring.shuffle(this.#random))
  }

  #leader(order: readonly number[]): { readonly leader: number; readonly rackIndex: number } {
    for (const rackIndex of order) {
      const leader = this.#racks[rackIndex]?.up.next(this.#turn)
      if (leader !== undefined) return { leader, rackIndex }
    }
    throw new RangeError('a broker is up, or nothing is placed')
  }

  #nextOf(rack: Rack | undefined): number | undefined {
    return rack?.up.next(this.#turn) ?? rack?.fenced.next(this.#turn)
  }
}

/** Fisher and Yates. */
function shuffle(list: unknown[], random: Random): void {
  for (let index = list.length - 1; index > 0; index--) {
    const other = random.below(index + 1)
    const item = list[index]
    list[index] = list[other]
    list[other] = item
  }
}
