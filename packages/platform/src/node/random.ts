/**
 * Randomness from the system, fit for ids and secrets; drawn in blocks, as a call per number costs a microsecond.
 * From the file where there is one: to load `node:crypto` is a tenth of what the start of a node costs.
 */
import fs from 'node:fs'
import type { Random } from '../environment.ts'
import { randomFromWords } from '../random.ts'

const wordsPerBlock = 256
const systemFile = '/dev/urandom'

/** @param file - default: the system’s, which never ends and never waits once the system is up. */
export function nodeRandom(file: string = systemFile): Random {
  const fillFromSystem = fs.existsSync(file) ? fromFile(file) : fromCrypto
  const block = new Uint32Array(wordsPerBlock)
  const blockBytes = new Uint8Array(block.buffer)
  let next = wordsPerBlock
  const uint32 = (): number => {
    if (next === wordsPerBlock) {
      fillFromSystem(blockBytes)
      next = 0
    }
    const word = block[next] ?? 0
    // A word is used once: nothing that was a secret stays in memory.
    block[next++] = 0
    return word
  }
  return randomFromWords(uint32, fillFromSystem)
}

function fromFile(file: string): (target: Uint8Array) => Uint8Array {
  return (target) => {
    const descriptor = fs.openSync(file, 'r')
    try {
      let at = 0
      while (at < target.length) {
        const byteCount = fs.readSync(descriptor, target, at, target.length - at, null)
        if (byteCount === 0) throw new Error(`${file} has ended`)
        at += byteCount
      }
    } finally {
      fs.closeSync(descriptor)
    }
    return target
  }
}

function fromCrypto(target: Uint8Array): Uint8Array {
  return process.getBuiltinModule('node:crypto').randomFillSync(target)
}
