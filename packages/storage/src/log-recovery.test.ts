/** Tests of what is cut after a crash, and what is not. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { append, batchOf, logDirectory, openFixture, recordsOf } from './log-fixture.ts'

const logFile = `${logDirectory}/00000000000000000000.log`

describe('recovery', () => {
  it('cuts a few torn bytes right behind the recovery point, so that what is appended next can be read', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b']))
    await fixture.environment.time.run(fixture.log.sync())
    const { environment } = fixture
    const soundBytes = environment.disk.stat(logFile)?.size ?? 0
    const file = environment.disk.open(logFile)
    file.write([Buffer.alloc(43, 7)], soundBytes)
    file.close()

    const again = await openFixture({ environment, options: { recoveryPoint: 2 } })
    assert.equal(again.log.logEndOffset, 2)
    assert.equal(append(again, batchOf(['c'])), 2)
    assert.deepEqual(
      (await recordsOf(again)).map(({ value }) => value),
      ['a', 'b', 'c'],
    )
  })

  it('cuts a batch behind the recovery point that was torn so that only its offset is wrong', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b']))
    await fixture.environment.time.run(fixture.log.sync())
    const { environment } = fixture
    const soundBytes = environment.disk.stat(logFile)?.size ?? 0
    append(fixture, batchOf(['c']))
    const file = environment.disk.open(logFile)
    file.write([Buffer.alloc(8)], soundBytes)
    file.close()

    const again = await openFixture({ environment, options: { recoveryPoint: 2 } })
    assert.equal(again.log.logEndOffset, 2)
    assert.deepEqual(
      (await recordsOf(again)).map(({ value }) => value),
      ['a', 'b'],
    )
  })
})
