/** Durability, and what happens when the disk does not play along. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transactionMarkerBatch } from '@gregor/protocol'
import { type LogFixture, append, batchOf, logDirectory, openFixture, recordsOf } from './log-fixture.ts'

const given = { leaderEpoch: 0, origin: 'client', nowMs: 1_767_225_600_000 } as const
const logFile = `${logDirectory}/00000000000000000000.log`

function run<T>({ environment }: LogFixture, promise: Promise<T>): Promise<T> {
  return environment.time.run(promise)
}

/** How often the log file was synced: the others pass. */
function countSyncs({ environment }: LogFixture): () => number {
  const file = Object.getPrototypeOf(environment.disk.open(logFile)) as { sync: () => Promise<void> }
  const { sync } = file
  let count = 0
  file.sync = function (this: { path: string }) {
    if (this.path === logFile) count++
    return sync.call(this)
  }
  return () => {
    file.sync = sync
    return count
  }
}

describe('syncing', () => {
  it('moves the synced offset to what was appended before', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b']))
    assert.equal(fixture.log.syncedOffset, 0)
    await run(fixture, fixture.log.sync())
    assert.equal(fixture.log.syncedOffset, 2)
  })

  it('survives a power cut', async () => {
    const first = await openFixture()
    append(first, batchOf(['a', 'b']))
    await run(first, first.log.sync())
    append(first, batchOf(['c']))
    first.environment.disk.crash('nothing')
    const second = await openFixture({ environment: first.environment })
    assert.deepEqual(
      (await recordsOf(second)).map(({ value }) => value),
      ['a', 'b'],
    )
  })

  it('is one for all who wait', async () => {
    const fixture = await openFixture()
    const syncs = countSyncs(fixture)
    const waiting: Promise<void>[] = []
    for (let count = 0; count < 100; count++) {
      append(fixture, batchOf(['a']))
      waiting.push(fixture.log.whenSynced(count + 1))
    }
    await run(fixture, Promise.all(waiting))
    assert.equal(syncs(), 1)
  })

  it('is one more for those who come while it runs', async () => {
    const fixture = await openFixture()
    fixture.environment.disk.setLatency({ minMs: 5, maxMs: 5 })
    const syncs = countSyncs(fixture)
    append(fixture, batchOf(['a']))
    const first = fixture.log.whenSynced(1)
    await fixture.environment.time.advance(2)
    append(fixture, batchOf(['b']))
    append(fixture, batchOf(['c']))
    const others = [fixture.log.whenSynced(2), fixture.log.whenSynced(3)]
    await run(fixture, first)
    assert.equal(fixture.log.syncedOffset, 1)
    await run(fixture, Promise.all(others))
    assert.equal(fixture.log.syncedOffset, 3)
    assert.equal(syncs(), 2)
  })

  it('has nothing to do where all is durable', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    await run(fixture, fixture.log.sync())
    const before = fixture.environment.disk.operationCount
    await run(fixture, fixture.log.sync())
    await run(fixture, fixture.log.whenSynced(1))
    assert.equal(fixture.environment.disk.operationCount, before)
  })

  it('does not claim what a truncation took off meanwhile', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    append(fixture, batchOf(['b']))
    fixture.environment.disk.setLatency({ minMs: 5, maxMs: 5 })
    const syncing = fixture.log.sync()
    const waiting = fixture.log.whenSynced(2)
    const outcome = waiting.then(
      () => 'synced',
      (error: unknown) => String(error),
    )
    await fixture.environment.time.advance(1)
    await run(fixture, fixture.log.truncateTo(1))
    await run(fixture, syncing)
    assert.equal(fixture.log.syncedOffset, 1)
    assert.match(await run(fixture, outcome), /cut below offset 2/)
  })

  it('covers closed segments, their indexes, and the snapshot taken with the roll', async () => {
    const first = await openFixture({ config: { segmentBytes: 200, indexIntervalBytes: 10 } })
    for (let index = 0; index < 6; index++) {
      append(first, batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: index }), 3)
    }
    await run(first, first.log.sync())
    first.environment.disk.crash('nothing')
    const options = { recoveryPoint: 6, isClean: false }
    const second = await openFixture({ environment: first.environment, options })
    assert.equal((await recordsOf(second)).length, 6)
    assert.deepEqual(second.log.epochs.entries, [{ epoch: 3, startOffset: 0 }])
    assert.ok(second.log.producers.snapshotOffsets.length > 0)
    assert.deepEqual(second.environment.logger.lines('warn'), [])
  })

  it('takes a snapshot of the producers once 64 MiB were written, and keeps the last four', async () => {
    const fixture = await openFixture({ config: { maxMessageBytes: 1 << 26 } })
    const value = 'x'.repeat(33 * 1024 * 1024)
    for (let index = 0; index < 12; index++) {
      append(fixture, batchOf([value], { producerId: 1, producerEpoch: 0, baseSequence: index }))
      await run(fixture, fixture.log.sync())
    }
    assert.deepEqual(fixture.log.producers.snapshotOffsets, [6, 8, 10, 12])
  })
})

describe('a full disk', () => {
  it('takes nothing, keeps what is there readable, and takes again when there is space', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    fixture.environment.disk.faults.add({ operation: 'write', code: 'ENOSPC', writtenBytes: 50 })
    const refused = fixture.log.append(batchOf(['b']), given)
    assert.equal(refused.error, 'KAFKA_STORAGE_ERROR')
    assert.equal(fixture.environment.disk.stat(logFile)?.size, batchOf(['a']).length)
    assert.equal(fixture.log.failure, undefined)
    assert.deepEqual(fixture.storageErrors, [])
    assert.equal(append(fixture, batchOf(['c'])), 1)
    assert.deepEqual(
      (await recordsOf(fixture)).map(({ value }) => value),
      ['a', 'c'],
    )
  })

  it('is told of once, and so is its end', async () => {
    const fixture = await openFixture()
    fixture.environment.disk.faults.add({ operation: 'write', code: 'ENOSPC', times: 3 })
    for (let i = 0; i < 3; i++) assert.equal(fixture.log.append(batchOf(['a']), given).error, 'KAFKA_STORAGE_ERROR')
    append(fixture, batchOf(['b']))
    append(fixture, batchOf(['c']))
    const { logger } = fixture.environment
    assert.equal(logger.lines('error').filter((line) => line.includes('the disk is full')).length, 1)
    assert.equal(logger.lines('info').filter((line) => line.includes('there is room again')).length, 1)
  })

  it('forgets a producer’s batch that it did not take', async () => {
    const fixture = await openFixture()
    const batch = (): Buffer => batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0 })
    fixture.environment.disk.faults.add({ operation: 'write', code: 'ENOSPC' })
    assert.equal(fixture.log.append(batch(), given).error, 'KAFKA_STORAGE_ERROR')
    assert.equal(append(fixture, batch()), 0)
  })

  it('leaves no half segment behind where a new one cannot be made', async () => {
    const fixture = await openFixture({ config: { segmentBytes: 150 } })
    append(fixture, batchOf(['a'.repeat(60)]))
    fixture.environment.disk.faults.add({ operation: 'open', path: /1\.log$/, code: 'ENOSPC' })
    assert.equal(fixture.log.append(batchOf(['b'.repeat(60)]), given).error, 'KAFKA_STORAGE_ERROR')
    assert.equal(append(fixture, batchOf([''])), 1)
    assert.equal(append(fixture, batchOf(['b'.repeat(60)])), 2)
    await run(fixture, fixture.log.close({ isClean: true }))
    const again = await openFixture({ environment: fixture.environment, options: { isClean: true } })
    assert.equal((await recordsOf(again)).length, 3)
  })

  it('keeps an abort for later that its index has no space for, and shows it all the same', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
    fixture.environment.disk.faults.add({ operation: 'write', path: /txnindex/, code: 'ENOSPC', times: 2 })
    const marker = { producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, outcome: 'Abort', timestamp: 0 } as const
    const result = fixture.log.append(transactionMarkerBatch(marker), { ...given, origin: 'coordinator' })
    assert.equal(result.error, 'NONE')
    assert.equal(fixture.log.abortedTransactions(0, 2).length, 1)
    await assert.rejects(run(fixture, fixture.log.sync()), { code: 'ENOSPC' })
    assert.equal(fixture.log.failure, undefined)
    await run(fixture, fixture.log.sync())
    assert.equal(fixture.log.syncedOffset, 2)
    assert.equal(fixture.log.abortedTransactions(0, 2).length, 1)
  })

  it('forgets an abort that was taken off the log before there was space for it', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
    fixture.environment.disk.faults.add({ operation: 'open', path: /txnindex/, code: 'ENOSPC' })
    const marker = { producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, outcome: 'Abort', timestamp: 0 } as const
    fixture.log.append(transactionMarkerBatch(marker), { ...given, origin: 'coordinator' })
    await run(fixture, fixture.log.truncateTo(1))
    assert.deepEqual(fixture.log.abortedTransactions(0, 2), [])
    assert.equal(fixture.log.syncedOffset, 1)
  })

  it('goes without indexes and snapshots, which can be made again', async () => {
    const fixture = await openFixture({ config: { segmentBytes: 200, indexIntervalBytes: 10 } })
    fixture.environment.disk.faults.add({
      operation: 'write',
      path: /index$|snapshot$|batches$/,
      code: 'ENOSPC',
      times: 100,
    })
    for (let index = 0; index < 6; index++) {
      append(fixture, batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: index }))
    }
    await run(fixture, fixture.log.sync())
    assert.equal(fixture.log.syncedOffset, 6)
    fixture.environment.disk.faults.clear()
    fixture.environment.disk.killHolders()
    const again = await openFixture({ environment: fixture.environment, options: { recoveryPoint: 6 } })
    assert.equal((await recordsOf(again)).length, 6)
    assert.equal(again.log.producers.find(1)?.lastSequence, 5)
  })
})

describe('a disk that fails', () => {
  it('at a sync ends the log: it is not tried again', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    fixture.environment.disk.faults.add({ operation: 'sync', path: /\.log$/ })
    await assert.rejects(run(fixture, fixture.log.sync()), { code: 'EIO' })
    assert.equal(fixture.log.failure?.code, 'EIO')
    assert.deepEqual(
      fixture.storageErrors.map(({ code }) => code),
      ['EIO'],
    )
    await assert.rejects(run(fixture, fixture.log.sync()), { code: 'EIO' })
    await assert.rejects(run(fixture, fixture.log.whenSynced(1)), { code: 'EIO' })
    assert.equal(fixture.log.append(batchOf(['b']), given).error, 'KAFKA_STORAGE_ERROR')
    const read = fixture.log.read({ fetchOffset: 0, maxBytes: 1000, upTo: 1, minOneBatch: true })
    assert.deepEqual(read, { error: 'KAFKA_STORAGE_ERROR' })
    assert.equal(fixture.storageErrors.length, 1)
    await run(fixture, fixture.log.close({ isClean: true }))
  })

  it('at a sync of no space ends the log as well', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    fixture.environment.disk.faults.add({ operation: 'sync', path: /\.log$/, code: 'ENOSPC' })
    await assert.rejects(run(fixture, fixture.log.sync()), { code: 'ENOSPC' })
    assert.equal(fixture.log.failure?.code, 'ENOSPC')
  })

  for (const [what, fault] of [
    ['a write', { operation: 'write', path: /\.log$/ }],
    ['taking a write back', { operation: 'truncate', path: /\.log$/ }],
  ] as const) {
    it(`at ${what} ends the log`, async () => {
      const fixture = await openFixture()
      append(fixture, batchOf(['a']))
      fixture.environment.disk.faults.add(fault)
      if (fault.operation === 'truncate') fixture.environment.disk.faults.add({ operation: 'write', code: 'ENOSPC' })
      assert.equal(fixture.log.append(batchOf(['b']), given).error, 'KAFKA_STORAGE_ERROR')
      assert.equal(fixture.log.failure?.code, 'EIO')
    })
  }

  it('at a roll ends the log', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    fixture.environment.disk.faults.add({ operation: 'open', path: /1\.index$/ })
    assert.throws(() => fixture.log.roll(0), { code: 'EIO' })
    assert.equal(fixture.log.failure?.code, 'EIO')
  })

  it('at an abort’s index ends the log', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
    fixture.environment.disk.faults.add({ operation: 'write', path: /txnindex/ })
    const marker = { producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, outcome: 'Abort', timestamp: 0 } as const
    const result = fixture.log.append(transactionMarkerBatch(marker), { ...given, origin: 'coordinator' })
    assert.equal(result.error, 'KAFKA_STORAGE_ERROR')
    assert.equal(fixture.log.failure?.code, 'EIO')
  })

  it('at a read ends the log', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    fixture.environment.disk.faults.add({ operation: 'read', path: /\.log$/ })
    const read = fixture.log.read({ fetchOffset: 0, maxBytes: 1000, upTo: 1, minOneBatch: true })
    assert.deepEqual(read, { error: 'KAFKA_STORAGE_ERROR' })
    assert.equal(fixture.log.failure?.code, 'EIO')
  })

  it('is not told of a log that is closed', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a']))
    fixture.environment.disk.setLatency({ minMs: 5, maxMs: 5 })
    const syncing = fixture.log.sync()
    await fixture.environment.time.advance(1)
    fixture.environment.disk.faults.add({ operation: 'sync' })
    const closing = fixture.log.close({ isClean: false })
    await run(fixture, closing)
    const later = fixture.log.sync()
    await run(fixture, Promise.allSettled([syncing, later]))
    assert.deepEqual(fixture.storageErrors, [])
    await assert.rejects(later, { name: 'StorageError' })
  })
})
