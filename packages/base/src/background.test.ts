/** Tests of background. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { background } from './background.ts'
import { Deferred } from './deferred.ts'

describe('background', () => {
  it('hands a failure to onError, with the name of the work', async () => {
    const reported = new Deferred<readonly [string, unknown]>()
    const failure = new Error('disk full')
    background('checkpoint', Promise.reject(failure), (name, error) => reported.resolve([name, error]))
    assert.deepEqual(await reported.promise, ['checkpoint', failure])
  })

  it('reports nothing when the work succeeds', async () => {
    const reports: string[] = []
    const work = Promise.resolve('done')
    background('checkpoint', work, (name) => reports.push(name))
    await work
    await Promise.resolve()
    assert.deepEqual(reports, [])
  })
})
