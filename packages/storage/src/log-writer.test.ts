import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchBuilder, attributesAt, baseOffsetAt, partitionLeaderEpochAt, timestampTypeOf } from '@gregor/protocol'
import type { AppendGiven } from './append-result.ts'
import { type LogFixture, append, batchOf, openFixture, recordsOf } from './log-fixture.ts'

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
