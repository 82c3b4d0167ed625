import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { xxHash32 } from './xx-hash32.ts'

/** From the reference implementation. */
const known: readonly (readonly [text: string, hash: number])[] = [
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['abcd', 0xa3643705],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
]

describe('xxHash32', () => {
  for (const [text, hash] of known) {
    it(`of '${text}' is ${hash.toString(16)}`, () => {
      assert.equal(xxHash32(Buffer.from(text)), hash)
    })
  }
})
