/** Chance that repeats: a seed makes the same cases every time. */

export interface Seeded {
  /** 0 to `bound - 1`. */
  below(bound: number): number
  chance(probability: number): boolean
  one<T>(items: readonly T[]): T
  /** Each with a chance of its own. */
  some<T>(items: readonly T[], probability: number): readonly T[]
  bytes(length: number): Buffer
}

export function seeded(seed: number): Seeded {
  let state = seed | 0
  // Mulberry32.
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => word() % bound
  const chance = (probability: number): boolean => word() < probability * 2 ** 32
  return {
    below,
    chance,
    one: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('nothing to choose from')
      return item
    },
    some: (items, probability) => items.filter(() => chance(probability)),
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  }
}
