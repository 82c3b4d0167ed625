import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchBuilder } from '@gregor/protocol'
import { type LogFixture, append, batchOf, openFixture, plainRecords, recordsOf } from './log-fixture.ts'

const nowMs = 1_767_225_600_000

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

  async function ofAnEarlierLife(values: readonly string[]): Promise<LogFixture> {
    const first = await openFixture()
    for (const value of values) append(first, batchOf([value]))
    await first.environment.time.run(first.log.close({ isClean: true }))
    return openFixture({ environment: first.environment, options: { isClean: true } })
  }

  it('is at once where what was appended follows on what was read from the disk', async () => {
    const fixture = await ofAnEarlierLife(['a'])
    await fixture.environment.time.run(Promise.resolve(fixture.log.read({ ...everything, fetchOffset: 0 })))
    append(fixture, batchOf(['b']))
    const result = fixture.log.read({ ...everything, fetchOffset: 0 })
    assert.ok(!(result instanceof Promise) && result.error === 'NONE')
    assert.equal(result.nextOffset, 2)
  })

  it('gives what memory has at once, but goes to the disk where that is fewer bytes than are wanted', async () => {
    const size = batchOf(['a']).length
    const fixture = await ofAnEarlierLife(['a', 'b', 'c'])
    const two = { ...everything, maxBytes: 2 * size, fetchOffset: 0 }
    await fixture.environment.time.run(Promise.resolve(fixture.log.read(two)))
    const result = fixture.log.read({ ...everything, minBytes: 2 * size, fetchOffset: 0 })
    assert.ok(!(result instanceof Promise) && result.error === 'NONE')
    assert.equal(result.nextOffset, 2)
    const wanted = fixture.log.read({ ...everything, minBytes: 2 * size + 1, fetchOffset: 0 })
    assert.ok(wanted instanceof Promise)
    const whole = await fixture.environment.time.run(wanted)
    assert.ok(whole.error === 'NONE')
    assert.equal(whole.nextOffset, 3)
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
