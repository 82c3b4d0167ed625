import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { append, batchOf, openFixture, recordsOf } from './log-fixture.ts'

describe('PartitionLog', () => {
  it('gives the records of a batch the next offsets', async () => {
    const fixture = await openFixture()
    assert.equal(append(fixture, batchOf(['a', 'b'])), 0)
    assert.equal(append(fixture, batchOf(['c'])), 2)
    assert.deepEqual(await recordsOf(fixture), [
      { offset: 0, value: 'a' },
      { offset: 1, value: 'b' },
      { offset: 2, value: 'c' },
    ])
  })

  it('has the same records after it was closed and opened again', async () => {
    const first = await openFixture()
    append(first, batchOf(['a', 'b']))
    append(first, batchOf(['c']))
    await first.environment.time.run(first.log.close({ isClean: true }))
    const second = await openFixture({ environment: first.environment, options: { isClean: true } })
    assert.equal(second.log.logEndOffset, 3)
    assert.deepEqual(
      (await recordsOf(second)).map(({ value }) => value),
      ['a', 'b', 'c'],
    )
  })

  it('rolls to a new segment where a batch would make the active one too large', async () => {
    const fixture = await openFixture({ config: { segmentBytes: 200 } })
    for (let index = 0; index < 10; index++) append(fixture, batchOf([`value ${index}`]))
    assert.deepEqual(
      fixture.log.segments.all.map(({ baseOffset }) => baseOffset),
      [0, 2, 4, 6, 8],
    )
    assert.equal((await recordsOf(fixture)).length, 10)
  })
})
