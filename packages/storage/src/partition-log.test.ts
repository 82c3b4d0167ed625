import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchBuilder, attributesAt, baseOffsetAt, partitionLeaderEpochAt, timestampTypeOf } from '@gregor/protocol'
import type { AppendGiven } from './append-result.ts'
import { type LogFixture, append, batchOf, logDirectory, openFixture, plainRecords, recordsOf } from './log-fixture.ts'

const hourMs = 3_600_000
const nowMs = 1_767_225_600_000

function values(fixture: LogFixture): Promise<readonly string[]> {
  return recordsOf(fixture).then((records) => records.map(({ value }) => value))
}

function baseOffsets({ log }: LogFixture): readonly number[] {
  return log.segments.all.map(({ baseOffset }) => baseOffset)
}

/** One record that makes a batch of exactly `bytes`. */
function batchOfSize(bytes: number, timestamp = 0): Buffer {
  for (let length = bytes - 61; ; length--) {
    const batch = new BatchBuilder().append(null, Buffer.alloc(length), [], timestamp).build()
    if (batch.length <= bytes) return batch
  }
}

describe('appending as the leader', () => {
  it('gives the records of a batch the next offsets', async () => {
    const fixture = await openFixture()
    assert.equal(append(fixture, batchOf(['a', 'b'])), 0)
    assert.equal(append(fixture, batchOf(['c'])), 2)
    assert.equal(fixture.log.logEndOffset, 3)
    assert.deepEqual(await recordsOf(fixture), [
      { offset: 0, value: 'a' },
      { offset: 1, value: 'b' },
      { offset: 2, value: 'c' },
    ])
  })

  it('stamps offset and leader epoch into the batch', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b']))
    const batch = batchOf(['c'])
    append(fixture, batch, 7)
    assert.equal(baseOffsetAt(batch, 0), 2)
    assert.equal(partitionLeaderEpochAt(batch, 0), 7)
    assert.deepEqual(fixture.log.epochs.entries, [
      { epoch: 0, startOffset: 0 },
      { epoch: 7, startOffset: 2 },
    ])
  })

  it('answers with the time of the append where the topic is stamped with it', async () => {
    const fixture = await openFixture({ config: { messageTimestampType: 'LogAppendTime' } })
    const batch = batchOf(['a'], { timestamp: 5 })
    const result = fixture.log.append(batch, { leaderEpoch: 0, origin: 'client', nowMs: 1234 })
    assert.ok(result.error === 'NONE')
    assert.equal(result.logAppendTimeMs, 1234)
    assert.equal(timestampTypeOf(attributesAt(batch, 0)), 'LogAppendTime')
  })

  it('does nothing where a batch is refused', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    const bad = batchOf(['b'])
    bad.writeInt8(99, 65)
    const result = fixture.log.append(bad, { leaderEpoch: 5, origin: 'client', nowMs })
    assert.equal(result.error, 'CORRUPT_MESSAGE')
    assert.equal(fixture.log.logEndOffset, 1)
    assert.equal(fixture.log.epochs.latestEpoch, 0)
    assert.equal(append(fixture, batchOf(['c'])), 1)
  })

  it('refuses a batch that is larger than a segment', async () => {
    const fixture = await openFixture({ config: { segmentBytes: 100 } })
    const given = { leaderEpoch: 0, origin: 'client', nowMs } as const
    assert.equal(fixture.log.append(batchOfSize(102), given).error, 'RECORD_LIST_TOO_LARGE')
    assert.equal(fixture.log.append(batchOfSize(100), given).error, 'NONE')
  })

  it('refuses everything once the log is closed', async () => {
    const fixture = await openFixture()
    await fixture.environment.time.run(fixture.log.close({ isClean: true }))
    const given = { leaderEpoch: 0, origin: 'client', nowMs } as const
    assert.equal(fixture.log.append(batchOf(['a']), given).error, 'KAFKA_STORAGE_ERROR')
    assert.equal(fixture.log.appendAsFollower(batchOf(['a']), { leaderEpoch: 0, nowMs }).error, 'KAFKA_STORAGE_ERROR')
  })
})

describe('an idempotent producer', () => {
  const first = { producerId: 9, producerEpoch: 0, baseSequence: 0 }

  it('gets the old answer for a batch that is there', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['x']))
    append(fixture, batchOf(['a', 'b'], first))
    append(fixture, batchOf(['c'], { ...first, baseSequence: 2 }))
    const again = fixture.log.append(batchOf(['a', 'b'], first), { leaderEpoch: 0, origin: 'client', nowMs })
    assert.ok(again.error === 'NONE')
    assert.deepEqual([again.baseOffset, again.lastOffset, again.isDuplicate], [1, 2, true])
    assert.equal(fixture.log.logEndOffset, 4)
  })

  it('is refused where a sequence is missing', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a'], first))
    const result = fixture.log.append(batchOf(['c'], { ...first, baseSequence: 2 }), {
      leaderEpoch: 0,
      origin: 'client',
      nowMs,
    })
    assert.equal(result.error, 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })
})

describe('appending many batches at once', () => {
  const given: AppendGiven = { leaderEpoch: 3, origin: 'client', nowMs }

  it('answers each as if it had come alone', async () => {
    const fixture = await openFixture()
    const bad = batchOf(['bad'])
    bad.writeInt8(99, 65)
    const producer = { producerId: 1, producerEpoch: 0 }
    const results = fixture.log.appendAll([
      { records: batchOf(['a', 'b']), given },
      { records: bad, given },
      { records: batchOf(['c'], { ...producer, baseSequence: 0 }), given },
      { records: batchOf(['d'], { ...producer, baseSequence: 1 }), given },
      { records: batchOf(['c'], { ...producer, baseSequence: 0 }), given },
      { records: batchOf(['e'], { ...producer, baseSequence: 5 }), given },
      { records: batchOf(['f']), given },
    ])
    assert.deepEqual(
      results.map((result) => (result.error === 'NONE' ? [result.baseOffset, result.isDuplicate] : result.error)),
      [[0, false], 'CORRUPT_MESSAGE', [2, false], [3, false], [2, true], 'OUT_OF_ORDER_SEQUENCE_NUMBER', [4, false]],
    )
    assert.deepEqual(await values(fixture), ['a', 'b', 'c', 'd', 'f'])
  })

  it('writes small ones together', async () => {
    const fixture = await openFixture()
    const before = fixture.environment.disk.operationCount
    fixture.log.appendAll(Array.from({ length: 50 }, (_, index) => ({ records: batchOf([`${index}`]), given })))
    assert.equal(fixture.environment.disk.operationCount - before, 1)
    assert.equal((await values(fixture)).length, 50)
  })

  it('writes large ones, and more than fit into one write', async () => {
    const fixture = await openFixture({ config: { segmentBytes: 1_000_000 } })
    const records = Array.from({ length: 10 }, () => batchOfSize(100_000))
    const results = fixture.log.appendAll(records.map((batch) => ({ records: batch, given })))
    assert.ok(results.every(({ error }) => error === 'NONE'))
    assert.equal((await values(fixture)).length, 10)
  })

  it('refuses all of a write that failed, and has none of it', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['kept']))
    fixture.environment.disk.faults.add({ operation: 'write', code: 'ENOSPC', writtenBytes: 100 })
    const results = fixture.log.appendAll([
      { records: batchOf(['a']), given },
      { records: batchOf(['b']), given },
    ])
    assert.deepEqual(
      results.map(({ error }) => error),
      ['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR'],
    )
    assert.deepEqual(await values(fixture), ['kept'])
    assert.deepEqual(
      fixture.log.appendAll([{ records: batchOf(['c']), given }]).map(({ error }) => error),
      ['NONE'],
    )
  })

  it('takes those of the raft leader as they are', async () => {
    const fixture = await openFixture()
    const raft: AppendGiven = { leaderEpoch: 4, origin: 'raft', nowMs }
    const results = fixture.log.appendAll([
      { records: batchOf(['a'], { baseOffset: 0, partitionLeaderEpoch: 4 }), given: raft },
      { records: batchOf(['b'], { baseOffset: 1, partitionLeaderEpoch: 4 }), given: raft },
    ])
    assert.deepEqual(
      results.map(({ error }) => error),
      ['NONE', 'NONE'],
    )
  })
})

describe('appending as a follower', () => {
  it('keeps offsets and epochs, gaps included', async () => {
    const fixture = await openFixture()
    const batches = Buffer.concat([
      batchOf(['a'], { baseOffset: 5, partitionLeaderEpoch: 1 }),
      batchOf(['b', 'c'], { baseOffset: 9, partitionLeaderEpoch: 2 }),
    ])
    const result = fixture.log.appendAsFollower(batches, { leaderEpoch: 2, nowMs })
    assert.ok(result.error === 'NONE')
    assert.deepEqual([result.baseOffset, result.lastOffset], [5, 10])
    assert.deepEqual(
      (await recordsOf(fixture)).map(({ offset }) => offset),
      [5, 9, 10],
    )
    assert.deepEqual(fixture.log.epochs.entries, [
      { epoch: 1, startOffset: 5 },
      { epoch: 2, startOffset: 9 },
    ])
  })

  it('leaves out batches of a later epoch, and a batch that is cut off', async () => {
    const fixture = await openFixture()
    const own = batchOf(['a'], { baseOffset: 0, partitionLeaderEpoch: 1 })
    const later = batchOf(['b'], { baseOffset: 1, partitionLeaderEpoch: 2 })
    assert.equal(fixture.log.appendAsFollower(Buffer.concat([own, later]), { leaderEpoch: 1, nowMs }).error, 'NONE')
    assert.equal(fixture.log.logEndOffset, 1)
    const cutOff = Buffer.concat([later, batchOf(['c'], { baseOffset: 2 }).subarray(0, 40)])
    assert.equal(fixture.log.appendAsFollower(cutOff, { leaderEpoch: 2, nowMs }).error, 'NONE')
    assert.equal(fixture.log.logEndOffset, 2)
  })

  it('has nothing to do for nothing', async () => {
    const fixture = await openFixture()
    assert.equal(fixture.log.appendAsFollower(Buffer.alloc(0), { leaderEpoch: 0, nowMs }).error, 'NONE')
    assert.equal(fixture.log.logEndOffset, 0)
  })

  it('refuses offsets that go back, and bytes that are no batch', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b']))
    const given = { leaderEpoch: 0, nowMs }
    const back = batchOf(['c'], { baseOffset: 1, partitionLeaderEpoch: 0 })
    assert.equal(fixture.log.appendAsFollower(back, given).error, 'OFFSET_OUT_OF_RANGE')
    assert.equal(fixture.log.appendAsFollower(Buffer.alloc(100), given).error, 'CORRUPT_MESSAGE')
    assert.deepEqual(await values(fixture), ['a', 'b'])
  })
})

describe('rolling', () => {
  it('starts a new segment where a batch would make the active one too large', async () => {
    const fixture = await openFixture({ config: { segmentBytes: 300 } })
    for (let count = 0; count < 5; count++) append(fixture, batchOfSize(150))
    assert.deepEqual(baseOffsets(fixture), [0, 2, 4])
  })

  it('starts a new segment where its first record is older than segment.ms by the records’ own time', async () => {
    const fixture = await openFixture({ config: { segmentMs: 1000 } })
    const start = nowMs
    append(fixture, batchOf(['a'], { timestamp: start }))
    append(fixture, batchOf(['b'], { timestamp: start + 1000 }))
    append(fixture, batchOf(['c'], { timestamp: start + 1001 }))
    assert.deepEqual(baseOffsets(fixture), [0, 2])
  })

  it('goes by the clock where the records have no time', async () => {
    const fixture = await openFixture({ config: { segmentMs: 1000 } })
    append(fixture, batchOf(['a'], { timestamp: -1 }).fill(0, 0, 8))
    const late = { leaderEpoch: 0, origin: 'client', nowMs: fixture.environment.clock.wallMs() + 1001 } as const
    const builder = new BatchBuilder().append(null, Buffer.from('b'), [], -1)
    fixture.log.append(new BatchBuilder().append(null, Buffer.from('x'), [], -1).build(), late)
    fixture.log.append(builder.build(), late)
    assert.equal(baseOffsets(fixture).length, 2)
  })

  it('rolls up to segment.jitter.ms earlier', async () => {
    const fixture = await openFixture({ config: { segmentMs: 1000, segmentJitterMs: 1000 } })
    const start = nowMs
    append(fixture, batchOf(['a'], { timestamp: start }))
    append(fixture, batchOf(['b'], { timestamp: start + 999 }))
    assert.deepEqual(baseOffsets(fixture), [0, 1])
  })

  it('starts a new segment where the offset index is full', async () => {
    const fixture = await openFixture({ config: { indexIntervalBytes: 1, segmentIndexBytes: 24 } })
    for (let count = 0; count < 6; count++) append(fixture, batchOf(['a'], { timestamp: count }))
    assert.ok(baseOffsets(fixture).length > 1)
  })

  it('starts a new segment where offsets are too far apart for an index', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    const far = batchOf(['b'], { baseOffset: 2 ** 31, partitionLeaderEpoch: 0 })
    assert.equal(fixture.log.appendAsFollower(far, { leaderEpoch: 0, nowMs }).error, 'NONE')
    assert.deepEqual(baseOffsets(fixture), [0, 2 ** 31])
    assert.deepEqual(await recordsOf(fixture, { fromOffset: 1 }), [{ offset: 2 ** 31, value: 'b' }])
  })

  it('takes a snapshot of the producers', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0 }))
    fixture.log.roll(nowMs)
    assert.deepEqual(fixture.log.producers.snapshotOffsets, [1])
  })

  it('does nothing to an empty segment', async () => {
    const fixture = await openFixture()
    fixture.log.roll(nowMs)
    assert.deepEqual(baseOffsets(fixture), [0])
  })
})

describe('reading', () => {
  async function filled(): Promise<LogFixture> {
    const fixture = await openFixture({ config: { segmentBytes: 400, indexIntervalBytes: 100 } })
    for (let index = 0; index < 20; index++) append(fixture, batchOf([`a${index}`, `b${index}`]))
    return fixture
  }
  const everything = { maxBytes: 1 << 20, upTo: Infinity, minOneBatch: true }

  it('begins with the batch that holds the offset', async () => {
    const { log } = await filled()
    for (let offset = 0; offset < 40; offset++) {
      const result = log.read({ ...everything, fetchOffset: offset })
      assert.ok(!(result instanceof Promise) && result.error === 'NONE')
      assert.equal(result.firstOffset, offset - (offset % 2))
    }
  })

  it('gives whole batches of no more than the bytes asked for, or one', async () => {
    const { log } = await filled()
    const size = batchOf(['a0', 'b0']).length
    const read = (maxBytes: number, minOneBatch: boolean): number => {
      const result = log.read({ fetchOffset: 0, upTo: Infinity, maxBytes, minOneBatch })
      assert.ok(!(result instanceof Promise) && result.error === 'NONE')
      return result.byteCount / size
    }
    assert.equal(read(size - 1, false), 0)
    assert.equal(read(size - 1, true), 1)
    assert.equal(read(0, true), 1)
    assert.equal(read(2 * size, false), 2)
    assert.equal(read(3 * size - 1, false), 2)
  })

  it('does not pass the bound', async () => {
    const { log } = await filled()
    for (const [upTo, nextOffset] of [
      [0, 0],
      [2, 2],
      [3, 2],
      [4, 4],
    ] as const) {
      const result = log.read({ ...everything, fetchOffset: 0, upTo })
      assert.ok(!(result instanceof Promise) && result.error === 'NONE')
      assert.equal(result.nextOffset, nextOffset)
    }
  })

  it('has nothing at the end of the log, and refuses what is not in it', async () => {
    const { log } = await filled()
    assert.deepEqual(log.read({ ...everything, fetchOffset: 40 }), {
      error: 'NONE',
      records: [],
      byteCount: 0,
      firstOffset: 40,
      nextOffset: 40,
    })
    assert.deepEqual(log.read({ ...everything, fetchOffset: 41 }), { error: 'OFFSET_OUT_OF_RANGE' })
    log.setHighWatermark(10)
    log.deleteRecordsBefore(10)
    assert.deepEqual(log.read({ ...everything, fetchOffset: 9 }), { error: 'OFFSET_OUT_OF_RANGE' })
  })

  it('goes through the pool for what was written in an earlier life, with the same result', async () => {
    const first = await filled()
    await first.environment.time.run(first.log.close({ isClean: true }))
    const second = await openFixture({ environment: first.environment, options: { isClean: true } })
    assert.ok(second.log.read({ ...everything, fetchOffset: 0 }) instanceof Promise)
    assert.equal((await recordsOf(second)).length, 40)
    const result = second.log.readNow({ ...everything, fetchOffset: 3 })
    assert.ok(result.error === 'NONE')
    assert.equal(result.firstOffset, 2)
  })

  it('now, bounded and refused as any other', async () => {
    const { log } = await filled()
    assert.deepEqual(log.readNow({ ...everything, fetchOffset: 41 }), { error: 'OFFSET_OUT_OF_RANGE' })
    const none = log.readNow({ fetchOffset: 0, maxBytes: 1, upTo: Infinity, minOneBatch: false })
    assert.ok(none.error === 'NONE')
    assert.equal(none.byteCount, 0)
    const last = log.readNow({ ...everything, fetchOffset: 39 })
    assert.ok(last.error === 'NONE')
    assert.deepEqual(
      last.records.flatMap((buffer) => plainRecords(buffer, 39)),
      [{ offset: 39, value: 'b19' }],
    )
  })

  it('is refused once the log is closed', async () => {
    const fixture = await filled()
    await fixture.environment.time.run(fixture.log.close({ isClean: true }))
    assert.deepEqual(fixture.log.read({ ...everything, fetchOffset: 0 }), { error: 'KAFKA_STORAGE_ERROR' })
    assert.deepEqual(fixture.log.readNow({ ...everything, fetchOffset: 0 }), { error: 'KAFKA_STORAGE_ERROR' })
  })
})

describe('finding by time', () => {
  const start = nowMs

  async function timed(timestamps: readonly (readonly number[])[]): Promise<LogFixture> {
    const fixture = await openFixture({ config: { segmentBytes: 250, indexIntervalBytes: 50 } })
    for (const batch of timestamps) {
      const builder = new BatchBuilder({ compression: 'gzip' })
      for (const timestamp of batch) builder.append(null, Buffer.from('v'), [], start + timestamp)
      append(fixture, builder.build(), 3)
    }
    return fixture
  }

  const found = ({ log, environment }: LogFixture, timestamp: number) =>
    environment.time.run(log.offsetForTimestamp(start + timestamp))

  it('gives the first record that is not older', async () => {
    const fixture = await timed([[10, 5], [7, 20, 30], [15], [40, 50], [35], [60]])
    for (const [timestamp, offset] of [
      [0, 0],
      [10, 0],
      [11, 3],
      [20, 3],
      [21, 4],
      [31, 6],
      [50, 7],
      [55, 9],
      [60, 9],
    ] as const) {
      assert.equal((await found(fixture, timestamp))?.offset, offset, `at ${timestamp}`)
    }
    assert.equal(await found(fixture, 61), undefined)
  })

  it('gives timestamp and leader epoch with it, and looks behind the log start only', async () => {
    const fixture = await timed([[10, 20], [30]])
    fixture.log.setHighWatermark(3)
    fixture.log.deleteRecordsBefore(1)
    assert.deepEqual(await found(fixture, 0), { offset: 1, timestamp: start + 20, leaderEpoch: 3 })
  })

  it('gives the first record of all that has the largest timestamp', async () => {
    const fixture = await timed([[10, 5], [7, 50, 50], [50], [40]])
    const max = await fixture.environment.time.run(fixture.log.offsetOfMaxTimestamp())
    assert.deepEqual(max, { offset: 3, timestamp: start + 50, leaderEpoch: 3 })
  })

  it('finds nothing where there is nothing', async () => {
    const fixture = await timed([])
    assert.equal(await found(fixture, 0), undefined)
    assert.equal(await fixture.environment.time.run(fixture.log.offsetOfMaxTimestamp()), undefined)
  })

  it('is the same after the log was opened again', async () => {
    const first = await timed([[10, 5], [7, 20, 30], [15], [40, 50], [35], [60]])
    await first.environment.time.run(first.log.close({ isClean: true }))
    const second = await openFixture({ environment: first.environment, options: { isClean: true } })
    assert.equal((await found(second, 21))?.offset, 4)
    assert.equal((await second.environment.time.run(second.log.offsetOfMaxTimestamp()))?.offset, 9)
  })
})

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
