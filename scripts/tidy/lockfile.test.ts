/** Tests of what a lockfile must hold. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { lockfileProblems, missingFromLockfile, type LockedPackage } from './lockfile.ts'

const oxlint: LockedPackage = {
  version: '1.0.0',
  dev: true,
  optionalDependencies: { '@oxlint/linux': '1.0.0', '@oxlint/mac': '1.0.0' },
}

describe('missingFromLockfile', () => {
  it('finds the optional packages that are not locked, wherever npm may have put them', () => {
    const packages = {
      'node_modules/oxlint': oxlint,
      'node_modules/@oxlint/linux': { version: '1.0.0' },
      'node_modules/a/node_modules/oxlint': oxlint,
      'node_modules/a/node_modules/@oxlint/mac': { version: '1.0.0' },
    }
    assert.deepEqual(missingFromLockfile({ packages }), [{ name: '@oxlint/mac', version: '1.0.0', isDev: true }])
  })
})

describe('lockfileProblems', () => {
  it('accepts links to workspaces, and packages without an address', () => {
    const packages = {
      'node_modules/@gregor/base': { resolved: 'packages/base', link: true },
      'node_modules/a': { version: '1.0.0' },
    }
    assert.deepEqual(lockfileProblems({ packages }), [])
  })

  it("rejects a registry's address and a missing package", () => {
    const packages = { 'node_modules/a': { resolved: 'https://npm.example/a.tgz' }, 'node_modules/oxlint': oxlint }
    assert.deepEqual(lockfileProblems({ packages }), [
      "node_modules/a names a registry: set npm's omit-lockfile-registry-resolved and install again",
      '@oxlint/linux is not locked: run node scripts/complete-lockfile.ts',
      '@oxlint/mac is not locked: run node scripts/complete-lockfile.ts',
    ])
  })
})
