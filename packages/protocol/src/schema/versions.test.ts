import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Versions, hasVersion, parseVersions } from './versions.ts'

describe('versions', () => {
  it('are ranges with both ends, open ranges, single versions, or none', () => {
    assert.deepEqual(parseVersions('3-12'), { min: 3, max: 12 })
    assert.deepEqual(parseVersions('9+'), { min: 9, max: 32_767 })
    assert.deepEqual(parseVersions('4'), { min: 4, max: 4 })
    assert.equal(hasVersion(parseVersions('none'), 0), false)
  })

  it('are refused in any other form', () => {
    for (const text of ['', '-1', '1-', '1.5', '3-12+']) {
      assert.throws(() => parseVersions(text as Versions), RangeError)
    }
  })

  it('contain both of their ends', () => {
    const range = parseVersions('3-12')
    assert.deepEqual(
      [2, 3, 12, 13].map((version) => hasVersion(range, version)),
      [false, true, true, false],
    )
  })
})
