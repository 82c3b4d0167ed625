import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig } from '@gregor/config'
import { BatchBuilder, batchSizeAt, transactionMarkerBatch } from '@gregor/protocol'
import {
  type DirectoriesFixture,
  appendBatch,
  appendTo,
  close,
  create,
  killAndReopen,
  openDirectoriesFixture,
  orders,
  textOf,
} from './directories-fixture.ts'
import { batchOf } from './log-fixture.ts'
import type { PartitionLog } from './partition-log.ts'

const HOUR_MS = 3_600_000
const compacting = { cleanupPolicy: { delete: false, compact: true }, segmentBytes: 300 }

/** Batches of 70 or 71 bytes, all with one key. */
function appendKeyed(fixture: DirectoriesFixture, log: PartitionLog, count: number): void {
  for (let number = 0; number < count; number++) {
    const builder = new BatchBuilder().append(Buffer.from('k'), Buffer.from(`${number}`), [], 1_767_225_600_000)
    appendBatch(fixture, log, builder.build())
  }
}

describe('syncs in the background', () => {
  it('make what was appended durable within a second', async () => {
    const fixture = await openDirectoriesFixture()
    fixture.directories.start()
    const log = await create(fixture, 0)
    appendTo(fixture, log, 'a')
    await fixture.environment.time.advance(100)
    assert.equal(log.syncedOffset, 0)
    await fixture.environment.time.advance(900)
    assert.equal(log.syncedOffset, 1)
    await close(fixture)
  })

  it('come sooner where the topic’s flush.ms asks for it', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: { flushMs: 1 } })
    fixture.directories.start()
    const log = await create(fixture, 0)
    appendTo(fixture, log, 'a')
    await fixture.environment.time.advance(501)
    assert.equal(log.syncedOffset, 1)
    await close(fixture)
  })

  it('come at once where 64 MiB are waiting', async () => {
    const fixture = await openDirectoriesFixture()
    fixture.directories.start()
    const log = await create(fixture, 0)
    await fixture.environment.time.advance(250)
    const batch = batchOf(['x'.repeat(1_000_000)])
    for (let number = 0; number < 68; number++) appendBatch(fixture, log, Buffer.from(batch))
    await fixture.environment.time.advance(260)
    assert.equal(log.syncedOffset, 68)
    await close(fixture)
  })

  it('leave a failed log to its directory', async () => {
    const fixture = await openDirectoriesFixture()
    fixture.directories.start()
    const log = await create(fixture, 0)
    const other = await create(fixture, 1)
    fixture.environment.disk.faults.add({ operation: 'sync', path: /orders-0.*log$/ })
    appendTo(fixture, log, 'a')
    appendTo(fixture, other, 'b')
    await fixture.environment.time.advance(2000)
    assert.equal(other.syncedOffset, 1)
    assert.deepEqual(
      fixture.failed.map(({ path }) => path),
      ['/data/a'],
    )
    await close(fixture)
  })
})

describe('checkpoints', () => {
  it('are written every minute, high watermarks every five seconds, and not when nothing changed', async () => {
    const fixture = await openDirectoriesFixture()
    fixture.directories.start()
    const log = await create(fixture, 0)
    appendTo(fixture, log, 'a', 'b')
    await fixture.environment.time.advance(5_000)
    assert.equal(textOf(fixture, '/data/a/replication-offset-checkpoint'), '0\n1\norders 0 2\n')
    assert.equal(fixture.environment.disk.stat('/data/a/recovery-point-offset-checkpoint'), undefined)
    log.deleteRecordsBefore(1)
    await fixture.environment.time.advance(60_000)
    assert.equal(textOf(fixture, '/data/a/recovery-point-offset-checkpoint'), '0\n1\norders 0 2\n')
    assert.equal(textOf(fixture, '/data/a/log-start-offset-checkpoint'), '0\n1\norders 0 1\n')
    const { operationCount } = fixture.environment.disk
    await fixture.environment.time.advance(120_000)
    assert.equal(fixture.environment.disk.operationCount, operationCount)
    const again = await killAndReopen(fixture)
    const reopened = again.directories.get(orders(0))
    assert.deepEqual([reopened?.logStartOffset, reopened?.highWatermark, reopened?.logEndOffset], [1, 2, 2])
  })

  it('of recovery points are written again once 64 MiB more are durable', async () => {
    const fixture = await openDirectoriesFixture()
    fixture.directories.start()
    const log = await create(fixture, 0)
    await fixture.environment.time.advance(250)
    const batch = batchOf(['x'.repeat(1_000_000)])
    for (const recoveryPoint of [68, 136]) {
      for (let number = 0; number < 68; number++) appendBatch(fixture, log, Buffer.from(batch))
      await fixture.environment.time.advance(1_000)
      assert.equal(textOf(fixture, '/data/a/recovery-point-offset-checkpoint'), `0\n1\norders 0 ${recoveryPoint}\n`)
    }
    await close(fixture)
  })

  it('that cannot be written take the directory offline, unless it is only full', async () => {
    const fixture = await openDirectoriesFixture()
    fixture.directories.start()
    appendTo(fixture, await create(fixture, 0), 'a')
    fixture.environment.disk.faults.add({ operation: 'write', path: /a\/replication/, code: 'ENOSPC' })
    await fixture.environment.time.advance(5_000)
    assert.deepEqual(fixture.failed, [])
    appendTo(fixture, fixture.directories.get(orders(0)) ?? assert.fail(), 'b')
    fixture.environment.disk.faults.add({ operation: 'write', path: /a\/replication/ })
    await fixture.environment.time.advance(5_000)
    assert.deepEqual(
      fixture.failed.map(({ path }) => path),
      ['/data/a'],
    )
    await close(fixture)
  })
})

describe('retention', () => {
  it('deletes what is too old, empties an idle topic, and unlinks the files after a minute', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: { retentionMs: HOUR_MS } })
    const { environment, directories } = fixture
    directories.start()
    const log = await create(fixture, 0)
    appendBatch(fixture, log, batchOf(['a', 'b'], { timestamp: environment.clock.wallMs() }))
    await environment.time.advance(HOUR_MS - 1000)
    assert.equal(log.logStartOffset, 0)
    await environment.time.advance(600_000)
    assert.deepEqual([log.logStartOffset, log.logEndOffset, log.sizeBytes], [2, 2, 0])
    await environment.time.advance(60_000)
    assert.deepEqual(
      environment.disk.list(log.directory).filter((name) => name.startsWith('00000000000000000000.')),
      [],
    )
    await close(fixture)
  })

  it('that fails takes the directory offline; a full disk does not', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: { retentionMs: 0 } })
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    appendBatch(fixture, log, batchOf(['a'], { timestamp: 1 }))
    environment.disk.faults.add({ operation: 'open', path: /00000000000000000001\.log$/, code: 'ENOSPC' })
    await environment.time.run(directories.upkeep.applyRetention())
    assert.deepEqual(fixture.failed, [])
    environment.disk.faults.add({ operation: 'rename', path: /00000000000000000000\.log$/ })
    await environment.time.run(directories.upkeep.applyRetention())
    assert.deepEqual(
      fixture.failed.map(({ path }) => path),
      ['/data/a'],
    )
  })
})

describe('the cleaner', () => {
  it('compacts the dirtiest log first, and checkpoints how far it is', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: compacting })
    const { environment, directories } = fixture
    for (const partition of [0, 1, 2]) {
      const log = await create(fixture, partition)
      appendKeyed(fixture, log, 6 + partition * 6)
    }
    const { cleaner } = directories.upkeep
    const sizes = () => [0, 1, 2].map((partition) => directories.get(orders(partition))?.sizeBytes)
    assert.deepEqual(sizes(), [420, 842, 1268])
    assert.equal(await environment.time.run(cleaner.cleanNext()), true)
    assert.equal(await environment.time.run(cleaner.cleanNext()), true)
    assert.equal(await environment.time.run(cleaner.cleanNext()), true)
    assert.equal(await environment.time.run(cleaner.cleanNext()), false)
    for (const [partition, size] of sizes().entries()) assert.ok((size ?? 0) < 500, `${partition}: ${size}`)
    assert.match(textOf(fixture, '/data/a/cleaner-offset-checkpoint'), /orders 0 4\n/)
    assert.ok(cleaner.lastStats !== undefined && cleaner.lastStats.recordsRead > cleaner.lastStats.recordsKept)
    await close(fixture)
    const again = await openDirectoriesFixture({ environment, logConfig: compacting })
    assert.equal(await environment.time.run(again.directories.upkeep.cleaner.cleanNext()), false)
  })

  it('leaves a log alone of which one batch has more keys than its memory holds', async () => {
    const fixture = await openDirectoriesFixture({
      logConfig: { ...compacting, minCleanableDirtyRatio: 0 },
      settings: { 'log.cleaner.dedupe.buffer.size': '2097152', 'log.cleaner.io.buffer.load.factor': '0.00001' },
    })
    const log = await create(fixture, 0)
    appendKeyed(fixture, log, 2)
    const builder = new BatchBuilder()
    for (let key = 0; key < 10; key++) builder.append(Buffer.from(`${key}`), Buffer.from('v'), [], 1_767_225_600_000)
    appendBatch(fixture, log, builder.build())
    log.roll(0)
    const { cleaner } = fixture.directories.upkeep
    assert.equal(await fixture.environment.time.run(cleaner.cleanNext()), true)
    assert.equal(await fixture.environment.time.run(cleaner.cleanNext()), true)
    assert.equal(await fixture.environment.time.run(cleaner.cleanNext()), false)
    assert.equal(cleaner.uncleanableCount, 1)
  })

  it('works by itself, every 15 seconds', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: compacting })
    fixture.directories.start()
    const log = await create(fixture, 0)
    appendKeyed(fixture, log, 12)
    await fixture.environment.time.advance(16_000)
    assert.ok(log.sizeBytes < 500)
    await close(fixture)
  })

  it('leaves alone what is not dirty enough, and what is no compacted topic’s', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: { segmentBytes: 300 } })
    const log = await create(fixture, 0)
    appendKeyed(fixture, log, 12)
    const { cleaner } = fixture.directories.upkeep
    assert.equal(await fixture.environment.time.run(cleaner.cleanNext()), false)
    log.updateConfig({ ...log.config, ...compacting, minCleanableDirtyRatio: 1 })
    assert.equal(await fixture.environment.time.run(cleaner.cleanNext()), false)
    assert.equal(cleaner.dirtiestRatio, 1)
    log.updateConfig({ ...log.config, minCompactionLagMs: HOUR_MS, minCleanableDirtyRatio: 0 })
    assert.equal(await fixture.environment.time.run(cleaner.cleanNext()), false)
    await fixture.environment.time.advance(HOUR_MS + 1)
    assert.equal(await fixture.environment.time.run(cleaner.cleanNext()), true)
  })

  it('takes what max.compaction.lag.ms makes overdue, however clean it is', async () => {
    const fixture = await openDirectoriesFixture({
      logConfig: { ...compacting, minCleanableDirtyRatio: 1, maxCompactionLagMs: HOUR_MS },
    })
    const log = await create(fixture, 0)
    appendKeyed(fixture, log, 12)
    const { cleaner } = fixture.directories.upkeep
    await fixture.environment.time.advance(2 * HOUR_MS)
    assert.equal(await fixture.environment.time.run(cleaner.cleanNext()), true)
  })

  it('leaves a damaged log alone for good, and goes on with others', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: compacting })
    const { environment, directories } = fixture
    for (const partition of [0, 1]) {
      const log = await create(fixture, partition)
      appendKeyed(fixture, log, 12)
    }
    environment.disk.flipBit('/data/a/orders-0/00000000000000000000.log', 70, 1)
    const { cleaner, scrub } = directories.upkeep
    for (let round = 0; round < 3; round++) await environment.time.run(cleaner.cleanNext())
    assert.deepEqual([cleaner.uncleanableCount, scrub.damageCount], [1, 1])
    assert.equal(directories.get(orders(0))?.sizeBytes, 842)
    assert.ok((directories.get(orders(1))?.sizeBytes ?? 0) < 500)
  })

  it('takes a directory offline whose disk fails, and waits where it is full', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: compacting })
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    appendKeyed(fixture, log, 12)
    const { cleaner } = directories.upkeep
    environment.disk.faults.add({ operation: 'write', path: /cleaned$/, code: 'ENOSPC' })
    assert.equal(await environment.time.run(cleaner.cleanNext()), false)
    assert.deepEqual(fixture.failed, [])
    assert.equal(
      environment.disk.list(log.directory).some((name) => name.endsWith('.cleaned')),
      false,
    )
    environment.disk.faults.add({ operation: 'read', path: /00000000000000000000\.log$/ })
    assert.equal(await environment.time.run(cleaner.cleanNext()), true)
    assert.deepEqual(
      fixture.failed.map(({ path }) => path),
      ['/data/a'],
    )
  })

  it('leaves a log alone that is being cut', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: compacting })
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    appendKeyed(fixture, log, 12)
    const { cleaner } = directories.upkeep
    const work = () => cleaner.withoutCleaning(log, () => cleaner.cleanNext())
    assert.equal(await environment.time.run(cleaner.withoutCleaning(log, work)), false)
    assert.equal(await environment.time.run(cleaner.cleanNext()), true)
    await environment.time.run(directories.truncateTo(orders(0), 2))
    assert.equal(await environment.time.run(cleaner.cleanNext()), false)
  })

  it('lets go of a log that is to be removed, and of all when it closes', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: compacting })
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    appendKeyed(fixture, log, 12)
    environment.disk.setLatency({ minMs: 5, maxMs: 5 })
    const cleaning = directories.upkeep.cleaner.cleanNext()
    await environment.time.advance(1)
    assert.equal(directories.upkeep.cleaner.isCleaning(log), true)
    await environment.time.run(directories.remove(orders(0)))
    assert.equal(await environment.time.run(cleaning), false)
    await close(fixture)
  })
})

describe('a directory that waits to be removed', () => {
  it('waits for the next start where the disk refuses', async () => {
    const fixture = await openDirectoriesFixture()
    const { environment, directories } = fixture
    await create(fixture, 0)
    await environment.time.run(directories.remove(orders(0)))
    environment.disk.faults.add({ operation: 'remove', path: /-delete/ })
    await environment.time.advance(61_000)
    assert.match(environment.logger.lines('warn').join(), /removing the directory of a deleted log did not succeed/)
    const again = await killAndReopen(fixture)
    await environment.time.advance(61_000)
    assert.equal(
      again.environment.disk.list('/data/a').some((name) => name.endsWith('-delete')),
      false,
    )
  })
})

describe('idle producers', () => {
  it('are forgotten every ten minutes', async () => {
    const fixture = await openDirectoriesFixture({ settings: { 'producer.id.expiration.ms': '1000' } })
    fixture.directories.start()
    const log = await create(fixture, 0)
    const nowMs = fixture.environment.clock.wallMs()
    const marker = transactionMarkerBatch({
      outcome: 'Commit',
      producerId: 4,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      timestamp: nowMs,
    })
    log.append(marker, { leaderEpoch: 0, origin: 'coordinator', nowMs })
    assert.equal(log.producers.producerCount, 1)
    await fixture.environment.time.advance(660_000)
    assert.equal(log.producers.producerCount, 0)
    await close(fixture)
  })
})

describe('the configuration', () => {
  it('of producers and of topics can change while logs are open', async () => {
    const limits = { retentionMs: 1 }
    const fixture = await openDirectoriesFixture({ logConfig: limits })
    const { environment, directories } = fixture
    const [log, other] = [await create(fixture, 0), await create(fixture, 1)]
    limits.retentionMs = 2
    await environment.time.run(directories.updateTopicConfigs('customers'))
    assert.equal(log.config.retentionMs, 1)
    await environment.time.run(directories.updateTopicConfigs())
    assert.deepEqual([log.config.retentionMs, other.config.retentionMs], [2, 2])
    const properties = new Map([['producer.id.expiration.ms', '5']])
    directories.updateConfig(BrokerConfig.load({ properties }))
    const nowMs = environment.clock.wallMs()
    const marker = {
      outcome: 'Commit',
      producerId: 4,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      timestamp: nowMs,
    } as const
    log.append(transactionMarkerBatch(marker), { leaderEpoch: 0, origin: 'coordinator', nowMs })
    log.producers.removeExpired(nowMs + 5)
    assert.equal(log.producers.producerCount, 0)
  })
})

describe('the check for rot', () => {
  it('finds each damaged batch of closed segments once, says where, and changes nothing', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: { segmentBytes: 400 } })
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    for (let number = 0; number < 12; number++) appendTo(fixture, log, `value ${number}`)
    await environment.time.run(log.sync())
    const path = '/data/a/orders-0/00000000000000000000.log'
    const bytes = environment.disk.readFile(path)
    const second = batchSizeAt(bytes, 0)
    environment.disk.flipBit(path, second + 65, 2)
    environment.disk.flipBit(path, second * 3 + 65, 2)
    const { scrub } = directories.upkeep
    await environment.time.run(scrub.checkAll())
    await environment.time.run(scrub.checkAll())
    assert.equal(scrub.damageCount, 2)
    assert.deepEqual(
      environment.logger.entries
        .filter(({ message }) => message.startsWith('a closed segment is damaged'))
        .map(({ fields }) => [fields['file'], fields['position'], fields['problem']]),
      [
        [path, second, 'badCrc'],
        [path, second * 3, 'badCrc'],
      ],
    )
    const request = { maxBytes: 1, upTo: 12, minOneBatch: true }
    const errorAt = async (fetchOffset: number) =>
      (await environment.time.run(Promise.resolve(log.read({ ...request, fetchOffset })))).error
    assert.deepEqual(
      [await errorAt(0), await errorAt(1), await errorAt(2), await errorAt(3), await errorAt(6)],
      ['NONE', 'CORRUPT_MESSAGE', 'NONE', 'CORRUPT_MESSAGE', 'NONE'],
    )
  })

  it('reads 4 MiB a second, by itself, ten minutes after the start and then each day', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: { segmentBytes: 3_000_000 } })
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    for (let number = 0; number < 13; number++) appendTo(fixture, log, 'x'.repeat(1_000_000))
    const { scrub } = directories.upkeep
    scrub.start()
    await environment.time.advance(601_000)
    assert.ok(scrub.checkedBytes > 2_000_000 && scrub.checkedBytes < 6_000_000, `${scrub.checkedBytes}`)
    await environment.time.advance(10_000)
    assert.equal(scrub.checkedBytes, 12 * 1_000_072)
    await environment.time.advance(24 * HOUR_MS + 10_000)
    assert.equal(scrub.checkedBytes, 2 * 12 * 1_000_072)
    await close(fixture)
  })

  it('leaves a disk that cannot be read to those who must read it', async () => {
    const fixture = await openDirectoriesFixture({ logConfig: { segmentBytes: 100 } })
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    for (let number = 0; number < 3; number++) appendTo(fixture, log, 'x')
    environment.disk.faults.add({ operation: 'read', path: /00000000000000000000\.log$/ })
    await environment.time.run(directories.upkeep.scrub.checkAll())
    assert.equal(directories.upkeep.scrub.checkedBytes, 69)
    assert.deepEqual(fixture.failed, [])
  })
})
