import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LogFixture, append, batchOf, logDirectory, openFixture, recordsOf } from './log-fixture.ts'

const hourMs = 3_600_000

function values(fixture: LogFixture): Promise<readonly string[]> {
  return recordsOf(fixture).then((records) => records.map(({ value }) => value))
}

function baseOffsets({ log }: LogFixture): readonly number[] {
  return log.segments.all.map(({ baseOffset }) => baseOffset)
}

describe('the high watermark', () => {
  it('stays within the log, and bounds the last stable offset', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b', 'c']))
    fixture.log.setHighWatermark(100)
    assert.equal(fixture.log.highWatermark, 3)
    fixture.log.setHighWatermark(2)
    assert.equal(fixture.log.lastStableOffset, 2)
    fixture.log.setHighWatermark(-5)
    assert.equal(fixture.log.highWatermark, 0)
  })

  it('is above the last stable offset while a transaction is open', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    const transactional = { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }
    append(fixture, batchOf(['b'], transactional))
    append(fixture, batchOf(['c']))
    fixture.log.setHighWatermark(3)
    assert.equal(fixture.log.lastStableOffset, 1)
  })
})

describe('leader epochs', () => {
  it('end where the next begins', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b']), 1)
    fixture.log.assignEpoch(4)
    append(fixture, batchOf(['c']), 4)
    assert.deepEqual(fixture.log.endOffsetForEpoch(1), { leaderEpoch: 1, endOffset: 2 })
    assert.deepEqual(fixture.log.endOffsetForEpoch(3), { leaderEpoch: 1, endOffset: 2 })
    assert.deepEqual(fixture.log.endOffsetForEpoch(4), { leaderEpoch: 4, endOffset: 3 })
    fixture.log.assignEpoch(2)
    assert.equal(fixture.log.epochs.latestEpoch, 4)
  })
})

describe('closing and opening again', () => {
  it('keeps everything', async () => {
    const first = await openFixture({ config: { segmentBytes: 200 } })
    for (const value of ['a', 'b', 'c', 'd']) append(first, batchOf([value]), 2)
    await first.environment.time.run(first.log.close({ isClean: true }))
    await first.environment.time.run(first.log.close({ isClean: false }))
    const second = await openFixture({ environment: first.environment, options: { isClean: true } })
    assert.deepEqual([second.log.logStartOffset, second.log.logEndOffset, second.log.syncedOffset], [0, 4, 4])
    assert.deepEqual(await values(second), ['a', 'b', 'c', 'd'])
    assert.deepEqual(second.log.epochs.entries, [{ epoch: 2, startOffset: 0 }])
    assert.deepEqual(second.environment.logger.lines('warn'), [])
    assert.equal(append(second, batchOf(['e'])), 4)
  })

  it('begins anew at the log start where the log ends before it', async () => {
    const first = await openFixture()
    append(first, batchOf(['a', 'b']))
    await first.environment.time.run(first.log.close({ isClean: true }))
    const { environment } = first
    const second = await openFixture({ environment, options: { isClean: true, logStartOffset: 10 } })
    assert.deepEqual([second.log.logStartOffset, second.log.logEndOffset], [10, 10])
    assert.deepEqual(baseOffsets(second), [10])
    assert.equal(append(second, batchOf(['c'])), 10)
  })

  it('follows a directory that was renamed', async () => {
    const fixture = await openFixture({ config: { segmentBytes: 200 } })
    append(fixture, batchOf(['a']))
    fixture.environment.disk.rename(logDirectory, '/data/renamed-0')
    fixture.log.moveTo('/data/renamed-0')
    assert.equal(fixture.log.directory, '/data/renamed-0')
    for (const value of ['b', 'c', 'd']) append(fixture, batchOf([value]))
    await fixture.environment.time.run(fixture.log.close({ isClean: true }))
    const options = { directory: '/data/renamed-0', isClean: true }
    const again = await openFixture({ environment: fixture.environment, options })
    assert.deepEqual(await values(again), ['a', 'b', 'c', 'd'])
  })

  it('removes everything when deleted', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    await fixture.environment.time.run(fixture.log.delete())
    assert.equal(fixture.environment.disk.stat(logDirectory), undefined)
  })
})

describe('the config', () => {
  it('may change while the log is open', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    fixture.log.updateConfig({ ...fixture.log.config, segmentBytes: 100, retentionMs: hourMs })
    append(fixture, batchOf(['b']))
    append(fixture, batchOf(['c']))
    assert.equal(fixture.log.config.retentionMs, hourMs)
    assert.deepEqual(baseOffsets(fixture), [0, 1, 2])
  })
})
