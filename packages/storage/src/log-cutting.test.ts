import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LogFixture, append, batchOf, logDirectory, openFixture, recordsOf } from './log-fixture.ts'

const config = { segmentBytes: 200, indexIntervalBytes: 50 }
const startMs = 1_767_225_600_000
const dayMs = 86_400_000

/** Ten records, two of them in each segment. */
async function filled(overrides: object = {}): Promise<LogFixture> {
  const fixture = await openFixture({ config: { ...config, ...overrides } })
  for (let index = 0; index < 10; index++) {
    const producer = { producerId: 5, producerEpoch: 0, baseSequence: index }
    append(fixture, batchOf([`v${index}`], { ...producer, timestamp: startMs + index }), index < 5 ? 1 : 2)
  }
  assert.deepEqual(baseOffsets(fixture), [0, 2, 4, 6, 8])
  return fixture
}

function baseOffsets({ log }: LogFixture): readonly number[] {
  return log.segments.all.map(({ baseOffset }) => baseOffset)
}

function run<T>({ environment }: LogFixture, promise: Promise<T>): Promise<T> {
  return environment.time.run(promise)
}

async function offsets(fixture: LogFixture): Promise<readonly number[]> {
  return (await recordsOf(fixture)).map(({ offset }) => offset)
}

function logFiles({ environment }: LogFixture): readonly string[] {
  return environment.disk.list(logDirectory).filter((name) => name.includes('.log'))
}

describe('DeleteRecords', () => {
  it('moves the log start, and deletes the segments that lie whole before it', async () => {
    const fixture = await filled()
    fixture.log.setHighWatermark(10)
    assert.deepEqual(fixture.log.deleteRecordsBefore(5), { error: 'NONE', logStartOffset: 5 })
    assert.deepEqual(baseOffsets(fixture), [4, 6, 8])
    assert.deepEqual(await offsets(fixture), [5, 6, 7, 8, 9])
    assert.deepEqual(fixture.log.epochs.entries, [{ epoch: 2, startOffset: 5 }])
  })

  it('goes to the high watermark for -1, and not beyond it', async () => {
    const fixture = await filled()
    fixture.log.setHighWatermark(7)
    assert.deepEqual(fixture.log.deleteRecordsBefore(8), { error: 'OFFSET_OUT_OF_RANGE', logStartOffset: 0 })
    assert.deepEqual(fixture.log.deleteRecordsBefore(-2), { error: 'OFFSET_OUT_OF_RANGE', logStartOffset: 0 })
    assert.deepEqual(fixture.log.deleteRecordsBefore(-1), { error: 'NONE', logStartOffset: 7 })
    assert.deepEqual(fixture.log.deleteRecordsBefore(3), { error: 'NONE', logStartOffset: 7 })
  })

  it('renames files at once and unlinks them after file.delete.delay.ms', async () => {
    const fixture = await filled()
    fixture.log.setHighWatermark(10)
    fixture.log.deleteRecordsBefore(2)
    assert.ok(logFiles(fixture).includes('00000000000000000000.log.deleted'))
    await fixture.environment.time.advance(59_999)
    assert.ok(logFiles(fixture).includes('00000000000000000000.log.deleted'))
    await fixture.environment.time.advance(1)
    assert.ok(!logFiles(fixture).includes('00000000000000000000.log.deleted'))
  })
})

describe('retention', () => {
  it('deletes what is older than retention.ms', async () => {
    const fixture = await filled({ retentionMs: dayMs })
    fixture.log.setHighWatermark(10)
    assert.ok((await run(fixture, fixture.log.applyRetention(startMs + dayMs + 4))) > 0)
    assert.deepEqual(baseOffsets(fixture), [4, 6, 8])
    assert.equal(fixture.log.logStartOffset, 4)
  })

  it('deletes what is too much', async () => {
    const fixture = await filled({ retentionMs: -1, retentionBytes: 350 })
    fixture.log.setHighWatermark(10)
    await run(fixture, fixture.log.applyRetention(startMs))
    assert.deepEqual(baseOffsets(fixture), [4, 6, 8])
  })

  it('empties a log of which all is old, and goes on where it ended', async () => {
    const fixture = await filled({ retentionMs: dayMs })
    fixture.log.setHighWatermark(10)
    await run(fixture, fixture.log.applyRetention(startMs + 2 * dayMs))
    assert.deepEqual(baseOffsets(fixture), [10])
    assert.deepEqual([fixture.log.logStartOffset, fixture.log.logEndOffset], [10, 10])
    assert.equal(append(fixture, batchOf(['next'])), 10)
  })

  it('leaves alone what is above the high watermark, and everything where nothing is old', async () => {
    const fixture = await filled({ retentionMs: dayMs })
    fixture.log.setHighWatermark(3)
    await run(fixture, fixture.log.applyRetention(startMs + 2 * dayMs))
    assert.deepEqual(baseOffsets(fixture), [2, 4, 6, 8])
    assert.equal(await run(fixture, fixture.log.applyRetention(startMs)), 0)
  })

  it('goes by the file where no record has a time', async () => {
    const fixture = await openFixture({ config: { ...config, retentionMs: dayMs } })
    for (let index = 0; index < 4; index++) append(fixture, batchOf(['v'], { timestamp: -1 - index }))
    fixture.log.setHighWatermark(4)
    assert.equal(await run(fixture, fixture.log.applyRetention(startMs + dayMs - 1)), 0)
    assert.ok((await run(fixture, fixture.log.applyRetention(startMs + dayMs + 1))) > 0)
  })
})

describe('truncation', () => {
  for (let offset = 0; offset <= 10; offset++) {
    it(`to ${offset} leaves what is below, and the log goes on there`, async () => {
      const fixture = await filled()
      fixture.log.setHighWatermark(10)
      await run(fixture, fixture.log.truncateTo(offset))
      assert.equal(fixture.log.logEndOffset, offset)
      assert.equal(fixture.log.highWatermark, offset)
      assert.equal(fixture.log.syncedOffset, offset === 10 ? 0 : offset)
      assert.deepEqual(
        await offsets(fixture),
        Array.from({ length: offset }, (_, index) => index),
      )
      assert.equal(fixture.log.producers.find(5)?.lastSequence, offset === 0 ? undefined : offset - 1)
      assert.equal(fixture.log.epochs.latestEpoch, offset === 0 ? undefined : offset <= 5 ? 1 : 2)
      assert.equal(append(fixture, batchOf(['next']), 3), offset)
      assert.equal((await offsets(fixture)).length, offset + 1)
    })
  }

  it('keeps what it kept after the log was opened again', async () => {
    const first = await filled()
    await run(first, first.log.truncateTo(5))
    append(first, batchOf(['next']), 3)
    await run(first, first.log.close({ isClean: true }))
    const second = await openFixture({ environment: first.environment, config, options: { isClean: true } })
    assert.equal(second.log.logEndOffset, 6)
    assert.deepEqual(await offsets(second), [0, 1, 2, 3, 4, 5])
    assert.deepEqual(second.environment.logger.lines('warn'), [])
  })

  it('into a batch takes the whole batch off', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b', 'c']))
    append(fixture, batchOf(['d', 'e', 'f']))
    await run(fixture, fixture.log.truncateTo(4))
    assert.equal(fixture.log.logEndOffset, 4)
    assert.deepEqual(await offsets(fixture), [0, 1, 2])
    assert.equal(append(fixture, batchOf(['g'])), 4)
  })

  it('before the log start begins anew there', async () => {
    const fixture = await filled()
    fixture.log.setHighWatermark(10)
    fixture.log.deleteRecordsBefore(6)
    await run(fixture, fixture.log.truncateTo(3))
    assert.deepEqual([fixture.log.logStartOffset, fixture.log.logEndOffset], [3, 3])
  })

  it('fully throws everything away and starts where it is told', async () => {
    const fixture = await filled()
    await run(fixture, fixture.log.truncateFullyAndStartAt(100))
    assert.deepEqual([fixture.log.logStartOffset, fixture.log.logEndOffset, fixture.log.highWatermark], [100, 100, 100])
    assert.deepEqual(baseOffsets(fixture), [100])
    assert.deepEqual(fixture.log.epochs.entries, [])
    assert.equal(fixture.log.producers.find(5), undefined)
    assert.equal(append(fixture, batchOf(['next'])), 100)
    const { environment } = fixture
    await run(fixture, fixture.log.close({ isClean: true }))
    const again = await openFixture({ environment, config, options: { isClean: true } })
    assert.deepEqual([again.log.logStartOffset, again.log.logEndOffset], [100, 101])
  })

  it('drops aborted transactions whose marker it takes off', async () => {
    const fixture = await openFixture()
    const { transactionMarkerBatch } = await import('@gregor/protocol')
    append(fixture, batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
    const marker = {
      producerId: 1,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      outcome: 'Abort',
      timestamp: startMs,
    } as const
    fixture.log.append(transactionMarkerBatch(marker), { leaderEpoch: 0, origin: 'coordinator', nowMs: startMs })
    assert.equal(fixture.log.abortedTransactions(0, 2).length, 1)
    await run(fixture, fixture.log.truncateTo(1))
    assert.deepEqual(fixture.log.abortedTransactions(0, 2), [])
    fixture.log.setHighWatermark(1)
    assert.equal(fixture.log.lastStableOffset, 0)
  })
})
