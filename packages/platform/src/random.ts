/**
 * What every source of randomness shares: numbers in a range, made from uniform 32-bit words.
 */
import type { Random } from './environment.ts'

const twoTo32 = 2 ** 32
const twoTo21 = 2 ** 21
const twoTo53 = 2 ** 53

/** A `Random` over a source of uniform 32-bit words; `fill` takes them little-endian unless a faster way is given. */
export function randomFromWords(
  uint32: () => number,
  fill: (target: Uint8Array) => Uint8Array = (target) => fillFromWords(uint32, target),
): Random {
  return {
    uint32,
    below(bound) {
      if (!(bound >= 1 && bound <= twoTo32)) throw new RangeError(`bound ${bound} is not in [1, 2^32]`)
      // Words at or above the largest multiple of `bound` would favour the small results: draw again.
      const limit = twoTo32 - (twoTo32 % bound)
      let word = uint32()
      while (word >= limit) word = uint32()
      return word % bound
    },
    fraction: () => (uint32() * twoTo21 + (uint32() >>> 11)) / twoTo53,
    fill,
  }
}

function fillFromWords(uint32: () => number, target: Uint8Array): Uint8Array {
  for (let i = 0; i < target.length; i += 4) {
    const word = uint32()
    for (let j = 0; j < 4 && i + j < target.length; j++) target[i + j] = word >>> (8 * j)
  }
  return target
}
