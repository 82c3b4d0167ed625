/** Tests of javaHashCode. Expected values were printed by a JVM. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { javaHashCode } from './java-hash-code.ts'

const expected: readonly (readonly [text: string, hash: number])[] = [
  ['', 0],
  ['a', 97],
  ['my-group', -1906497762],
  ['console-consumer-4711', 836489572],
  ['polygenelubricants', -2147483648],
  ['ünïcödé', -609221899],
  ['\u{1F98B}', 1772813],
]

describe('javaHashCode', () => {
  for (const [text, hash] of expected) {
    it(`hashes '${text}' to ${hash}`, () => {
      assert.equal(javaHashCode(text), hash)
    })
  }
})
