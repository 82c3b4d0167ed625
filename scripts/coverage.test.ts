/** Tests of the coverage floors. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { hasCode, packageCoverage, type FileCoverage } from './coverage.ts'

const small: FileCoverage = {
  path: 'a.ts',
  totalLineCount: 100,
  coveredLineCount: 90,
  totalBranchCount: 10,
  coveredBranchCount: 9,
}
const large: FileCoverage = {
  path: 'b.ts',
  totalLineCount: 300,
  coveredLineCount: 290,
  totalBranchCount: 30,
  coveredBranchCount: 27,
}

describe('packageCoverage', () => {
  it('weighs files by their lines and branches', () => {
    assert.deepEqual(packageCoverage({ name: 'storage', floor: 2 }, [small, large]), {
      name: 'storage',
      linePercent: 95,
      branchPercent: 90,
      isEnough: true,
    })
  })

  it('asks floors 0 to 3 for 95 % of lines and 90 % of branches, and higher floors for nothing', () => {
    assert.equal(packageCoverage({ name: 'raft', floor: 3 }, [small]).isEnough, false)
    assert.equal(packageCoverage({ name: 'raft', floor: 3 }, [{ ...large, coveredBranchCount: 26 }]).isEnough, false)
    assert.equal(packageCoverage({ name: 'broker', floor: 5 }, [small]).isEnough, true)
  })

  it('finds nothing wrong with a package without code', () => {
    assert.equal(packageCoverage({ name: 'new', floor: 0 }, []).isEnough, true)
  })
})

describe('hasCode', () => {
  it('tells code from types and re-exports', () => {
    assert.equal(hasCode('/** Seam. */\nexport interface Clock {\n  wallMs(): number\n}\n'), false)
    assert.equal(hasCode("export { assert } from './assert.ts'\nexport type { A } from './a.ts'\n"), false)
    assert.equal(hasCode('type A = 1\nexport const one: A = 1\n'), true)
    assert.equal(hasCode('async function* read() {}\n'), true)
  })
})
