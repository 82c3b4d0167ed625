/** Tests of how a suite is run. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'

import { runSuite, type SuiteResult } from './run-suite.ts'
import { Unavailable, type Suite } from './suite.ts'

async function resultOf(suite: Partial<Suite> & Pick<Suite, 'run'>): Promise<SuiteResult> {
  return runSuite(
    { name: 'example', core: true, budgetSeconds: 5, ...suite },
    { scope: 'core', startServer: () => Promise.reject(new Error('no server here')), print: () => {} },
  )
}

describe('runSuite', () => {
  it('goes on after a case that fails, and fails', async () => {
    const { outcome, cases } = await resultOf({
      async run({ check, gap }) {
        await check('breaks', () => Promise.reject(new Error('no such topic')))
        await check('holds', () => Promise.resolve('12 records'))
        gap('is not done', 'transactions come later')
      },
    })
    assert.equal(outcome, 'failed')
    assert.deepEqual(
      cases.map(({ name, outcome: one, detail }) => [name, one, detail]),
      [
        ['breaks', 'failed', 'no such topic'],
        ['holds', 'passed', '12 records'],
        ['is not done', 'gap', 'transactions come later'],
      ],
    )
  })

  it('passes when every case passes or is a known gap', async () => {
    const { outcome } = await resultOf({
      async run({ check, gap }) {
        await check('holds', () => Promise.resolve())
        gap('is not done', 'later')
      },
    })
    assert.equal(outcome, 'passed')
  })

  it('is unavailable when its means cannot be had, and failed when they do not work', async () => {
    const run = (): Promise<void> => Promise.resolve()
    const without = await resultOf({ prepare: () => Promise.reject(new Unavailable('java is not installed')), run })
    assert.deepEqual([without.outcome, without.detail], ['unavailable', 'java is not installed'])
    const broken = await resultOf({ prepare: () => Promise.reject(new Error('go.sum differs')), run })
    assert.deepEqual([broken.outcome, broken.detail], ['failed', 'go.sum differs'])
  })

  it('fails when it ran nothing, and when it breaks outside of a case', async () => {
    assert.equal((await resultOf({ run: () => Promise.resolve() })).detail, 'it ran no case')
    const broken = await resultOf({
      async run({ startServer }) {
        await startServer()
      },
    })
    assert.deepEqual([broken.outcome, broken.detail], ['failed', 'no server here'])
  })

  it('ends at its budget and does not count what comes later', async () => {
    const { outcome, detail, cases } = await resultOf({
      budgetSeconds: 0.05,
      async run({ check, signal }) {
        await check('waits', () => new Promise((resolve) => signal.addEventListener('abort', () => resolve())))
      },
    })
    assert.deepEqual([outcome, detail, cases], ['failed', 'its budget of 0.05 s is spent', []])
  })

  it('gives the suite a folder and removes it afterwards', async () => {
    let folder = ''
    await resultOf({
      async run({ check, directory }) {
        folder = directory
        await check('has a folder', () => Promise.resolve(assert.equal(existsSync(directory), true)))
      },
    })
    assert.equal(existsSync(folder), false)
  })
})
