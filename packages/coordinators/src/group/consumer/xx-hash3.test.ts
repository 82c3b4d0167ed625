import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { xxHash3 } from './xx-hash3.ts'

// Lengths around every change of method; byte i is 31 i + 7. Computed with another implementation of the same hash.
const expected: Readonly<Record<number, string>> = {
  0: '2d06800538d394c2',
  1: '4c5cca45d0f4811f',
  2: 'a7e250c97710ff27',
  3: '15f7093b173d005c',
  4: 'dca012f95811b6b9',
  5: 'b290cafc7b254345',
  8: 'dec6a9a43575982e',
  9: 'cbe393399f17ffbd',
  15: '545e19990471dc37',
  16: '7e484c18d74895d0',
  17: '208bde5ee2bed407',
  32: '3df0ac5255d1446',
  33: '199a362122d71f46',
  64: 'dd30702ab46b3745',
  65: 'fab36b851b94ce20',
  97: '60e3e1d0d43785b3',
  128: 'f92b70eaa21a6288',
  129: 'f8f76713f2bb60fa',
  160: 'c90911ffcef461e2',
  239: 'caa9b7a588464745',
  240: 'ccc7375172c41f03',
  241: 'b3b630948ce4a00',
  256: 'ec85b75bafe6ca74',
  512: 'efc2e52d1c2ffbaa',
  1023: 'f0d330ce2b3300fb',
  1024: '23bc880ebf0d29c6',
  1025: 'c09fdfbc398c7d82',
  1100: 'ceee0f86a8474bed',
  2048: '19f6f9c987331373',
  2049: '5045460f5d85c275',
  5000: '559fff92c2b7f8ee',
}

describe('The XXH3 hash', () => {
  for (const [length, hash] of Object.entries(expected)) {
    it(`of ${length} bytes is ${hash}`, () => {
      const bytes = Buffer.from(Array.from({ length: Number(length) }, (_, index) => index * 31 + 7))
      assert.equal(BigInt.asUintN(64, xxHash3(bytes)).toString(16), hash)
    })
  }

  it('is signed', () => {
    assert.equal(xxHash3(Buffer.from([7, 38])), -6_349_423_698_422_726_873n)
  })
})
