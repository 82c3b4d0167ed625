import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  compareUuids,
  isDirectoryOnline,
  isReservedDirectory,
  LOST_DIRECTORY,
  MIGRATING_DIRECTORY,
  UNASSIGNED_DIRECTORY,
} from './directory-id.ts'

const real = Buffer.alloc(16, 5).toString('base64url')
const numbered = (last: number) => Buffer.from([...Buffer.alloc(15), last]).toString('base64url')

describe('Directory ids', () => {
  it('are reserved up to 99', () => {
    assert.deepEqual(
      [0, 1, 2, 99, 100].map((last) => isReservedDirectory(numbered(last))),
      [true, true, true, true, false],
    )
    assert.equal(isReservedDirectory(real), false)
    assert.deepEqual([0, 1, 2].map(numbered), [MIGRATING_DIRECTORY, UNASSIGNED_DIRECTORY, LOST_DIRECTORY])
  })

  it('are online when the broker lists them, or when nobody knows better', () => {
    assert.equal(isDirectoryOnline(real, [real]), true)
    assert.equal(isDirectoryOnline(real, [numbered(200)]), false)
    assert.equal(isDirectoryOnline(real, []), true)
    assert.equal(isDirectoryOnline(UNASSIGNED_DIRECTORY, [real]), true)
    assert.equal(isDirectoryOnline(MIGRATING_DIRECTORY, [real]), true)
    assert.equal(isDirectoryOnline(LOST_DIRECTORY, []), false)
  })

  it('are ordered as two signed numbers', () => {
    const high = Buffer.alloc(16, 0xff).toString('base64url')
    const lowHalfNegative = Buffer.from([...Buffer.alloc(8), 0x80, ...Buffer.alloc(7)]).toString('base64url')
    const sorted = [real, lowHalfNegative, numbered(1), high].toSorted(compareUuids)
    assert.deepEqual(sorted, [high, lowHalfNegative, numbered(1), real])
  })
})
