import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { murmur2, partitionForKey } from './murmur2.ts'

describe('murmur2', () => {
  // As org.apache.kafka.common.utils.Utils.murmur2 answers; many more are in the conformance suite client-vectors.
  const expected: readonly (readonly [string, number])[] = [
    ['', 275646681],
    ['a', -1563381124],
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ]
  for (const [text, hash] of expected) {
    it(`of ${JSON.stringify(text)} is ${hash}`, () => assert.equal(murmur2(Buffer.from(text)), hash))
  }

  it('takes bytes as unsigned', () => assert.equal(murmur2(Uint8Array.of(0xff, 0x80, 0xfe, 0xc3, 0xa4)), 1663428923))

  it('reads a view where it begins', () => {
    const buffer = Buffer.from('xxfoobarxx')
    assert.equal(murmur2(buffer.subarray(2, 8)), -790332482)
  })
})

describe('the partition of a key', () => {
  it('is the hash without its sign, modulo the count', () => {
    assert.equal(partitionForKey(Buffer.from('foobar'), 1_000), 166)
    assert.equal(partitionForKey(Buffer.from('foobar'), 1), 0)
    assert.equal(partitionForKey(Buffer.from(''), 7), 2)
  })
})
