/** Randomness from the system, fit for ids and secrets; drawn in blocks, as a call per number costs a microsecond. */
import { randomFillSync } from 'node:crypto'
import type { Random } from '../environment.ts'
import { randomFromWords } from '../random.ts'

const wordsPerBlock = 256

export function nodeRandom(): Random {
  const block = new Uint32Array(wordsPerBlock)
  let next = wordsPerBlock
  const uint32 = (): number => {
    if (next === wordsPerBlock) {
      randomFillSync(block)
      next = 0
    }
    const word = block[next] ?? 0
    // A word is used once: nothing that was a secret stays in memory.
    block[next++] = 0
    return word
  }
  return randomFromWords(uint32, (target) => randomFillSync(target))
}
