import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Deferred } from '@gregor/base'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import { GroupCommit } from './group-commit.ts'

describe('group commit', () => {
  it('runs once for all requests of a turn, and once more for all that come meanwhile', async () => {
    const { clock, time } = simulatedEnvironment(1)
    const running: Deferred[] = []
    const commit = new GroupCommit(clock, () => {
      const deferred = new Deferred()
      running.push(deferred)
      return deferred.promise
    })
    const first = [commit.request(), commit.request()]
    await time.runUntil(() => running.length === 1)
    const second = [commit.request(), commit.request(), commit.request()]
    running[0]?.resolve()
    await time.run(Promise.all(first))
    await time.runUntil(() => running.length === 2)
    running[1]?.resolve()
    await time.run(Promise.all(second))
    assert.equal(running.length, 2)
  })

  it('tells those who wait for a commit that it failed, and goes on with the next', async () => {
    const { clock, time } = simulatedEnvironment(1)
    let count = 0
    const commit = new GroupCommit(clock, async () => {
      count++
      await Promise.resolve()
      if (count === 1) throw new Error('failed')
    })
    await assert.rejects(time.run(commit.request()), /failed/)
    await time.run(commit.request())
    assert.equal(count, 2)
  })
})
