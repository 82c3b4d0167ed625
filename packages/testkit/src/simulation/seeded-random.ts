/**
 * Random numbers that a seed repeats: xoshiro128** (Blackman and Vigna), its state filled by splitmix32. Fit for
 * simulations, not for secrets.
 */
import { type Random, randomFromWords } from '@gregor/platform'

/** @param seed - a whole number; its low 32 bits count. */
export function seededRandom(seed: number): Random {
  let [a, b, c, d] = initialState(seed)
  return randomFromWords(() => {
    const word = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotated(d, 11)
    return word
  })
}

/** A whole number in [min, max]. */
export function between(random: Random, min: number, max: number): number {
  return min + random.below(max - min + 1)
}

/** True in `percent` of 100 cases. */
export function chance(random: Random, percent: number): boolean {
  return random.below(100) < percent
}

function initialState(seed: number): [number, number, number, number] {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let word = state ^ (state >>> 16)
    word = Math.imul(word, 0x21f0aaad)
    word ^= word >>> 15
    word = Math.imul(word, 0x735a2d97)
    return word ^ (word >>> 15)
  }
  return [next(), next(), next(), next()]
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}
