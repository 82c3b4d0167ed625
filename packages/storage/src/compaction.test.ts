import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import {
  attributesAt,
  isControl,
  lastOffsetAt,
  lastSequenceAt,
  producerIdAt,
  recordCountAt,
  BatchBuilder,
  refreshCrc,
} from '@gregor/protocol'
import fc from 'fast-check'
import {
  KeyedWriter,
  type KeyedRecord,
  type Step,
  batchesOf,
  committedRecords,
  compactOnce,
  latestValues,
  steps,
} from './compaction-fixture.ts'
import { type LogFixture, openFixture } from './log-fixture.ts'
import type { PartitionLog } from './partition-log.ts'
import type { ActiveProducer } from './producer-state.ts'

const config = { cleanupPolicy: { delete: false, compact: true }, segmentBytes: 700, indexIntervalBytes: 150 }
const DAY_MS = 86_400_000

function put(key: number, value: number | undefined, more: Partial<Step & { kind: 'batch' }> = {}): Step {
  return {
    kind: 'batch',
    producer: -1,
    isTransactional: false,
    compression: 'none',
    records: [{ key, value }],
    ...more,
  }
}

async function logOf(taken: readonly Step[]): Promise<LogFixture & { readonly writer: KeyedWriter }> {
  const fixture = await openFixture({ config })
  const writer = new KeyedWriter(fixture)
  writer.take(taken)
  return { ...fixture, writer }
}

function plain(log: PartitionLog): readonly string[] {
  return committedRecords(log).map(({ offset, key, value }) => `${offset} ${key} = ${value}`)
}

function headers(log: PartitionLog): readonly string[] {
  return [...batchesOf(log)].map(
    (batch) =>
      `${isControl(attributesAt(batch, 0)) ? 'marker' : 'batch'} to ${lastOffsetAt(batch, 0)}, ${recordCountAt(batch, 0)}`,
  )
}

describe('compaction', () => {
  it('keeps the latest record of each key, at its offset', async () => {
    const fixture = await logOf([put(1, 10), put(2, 20), put(1, 11), put(1, 12), { kind: 'roll' }, put(2, 21)])
    assert.deepEqual(await compactOnce(fixture).then(({ outcome }) => outcome), 'done')
    assert.deepEqual(plain(fixture.log), ['1 key 2 = value 20', '3 key 1 = value 12', '4 key 2 = value 21'])
  })

  it('takes records out of the middle of a batch, and leaves its offsets and sequences', async () => {
    const records = [1, 2, 1, 3].map((key, value) => ({ key, value }))
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const batch: Step = { kind: 'batch', producer: 0, isTransactional: false, compression, records }
      const fixture = await logOf([batch, put(3, 9), { kind: 'roll' }])
      await compactOnce(fixture)
      assert.deepEqual(plain(fixture.log), ['1 key 2 = value 1', '2 key 1 = value 2', '4 key 3 = value 9'])
      const [first] = batchesOf(fixture.log)
      assert.ok(first)
      assert.equal(lastOffsetAt(first, 0), 3)
      assert.equal(lastSequenceAt(first, 0), 3)
    }
  })

  it('never touches the active segment', async () => {
    const fixture = await logOf([put(1, 10), put(1, 11)])
    await compactOnce(fixture)
    assert.deepEqual(plain(fixture.log), ['0 key 1 = value 10', '1 key 1 = value 11'])
  })

  it('joins segments that became small', async () => {
    const fixture = await logOf(Array.from({ length: 60 }, (_, value) => put(value % 3, value)))
    fixture.writer.roll()
    const before = fixture.log.segments.all.length
    await compactOnce(fixture)
    fixture.writer.take([put(4, 60), { kind: 'roll' }])
    await compactOnce(fixture, { checkpoint: 60 })
    assert.deepEqual([before, fixture.log.segments.all.length], [9, 3])
    assert.deepEqual(plain(fixture.log), [
      '57 key 0 = value 57',
      '58 key 1 = value 58',
      '59 key 2 = value 59',
      '60 key 4 = value 60',
    ])
    assert.deepEqual(
      fixture.environment.disk.list(fixture.log.directory).filter((name) => /cleaned|swap$/.test(name)),
      [],
    )
  })

  it('keeps a tombstone until its delete horizon, and then drops it', async () => {
    const fixture = await logOf([put(1, 10), put(2, 20), put(1, undefined), { kind: 'roll' }])
    await compactOnce(fixture)
    assert.deepEqual(plain(fixture.log), ['1 key 2 = value 20', '2 key 1 = null'])
    await fixture.environment.time.advance(DAY_MS - 1)
    fixture.writer.take([put(5, 50), { kind: 'roll' }])
    await compactOnce(fixture, { checkpoint: 3 })
    assert.deepEqual(plain(fixture.log), ['1 key 2 = value 20', '2 key 1 = null', '3 key 5 = value 50'])
    await fixture.environment.time.advance(1)
    fixture.writer.take([put(6, 60), { kind: 'roll' }])
    await compactOnce(fixture, { checkpoint: 4 })
    assert.deepEqual(plain(fixture.log), ['1 key 2 = value 20', '3 key 5 = value 50', '4 key 6 = value 60'])
  })

  it('drops aborted records, and their marker once nothing of the transaction is left and its time is over', async () => {
    const inTransaction = { producer: 0, isTransactional: true }
    const fixture = await logOf([
      put(1, 10),
      put(1, 11, inTransaction),
      put(2, 20, inTransaction),
      { kind: 'end', producer: 0, outcome: 'Abort' },
      put(3, 30, { producer: 0 }),
      { kind: 'roll' },
    ])
    await compactOnce(fixture)
    assert.deepEqual(plain(fixture.log), ['0 key 1 = value 10', '4 key 3 = value 30'])
    assert.deepEqual(headers(fixture.log), ['batch to 0, 1', 'marker to 3, 1', 'batch to 4, 1'])
    fixture.writer.take([put(4, 40), { kind: 'roll' }])
    await compactOnce(fixture, { checkpoint: 5 })
    assert.equal(headers(fixture.log).includes('marker to 3, 1'), true)
    assert.deepEqual(fixture.log.abortedTransactions(0, 100), [])
    await fixture.environment.time.advance(DAY_MS)
    fixture.writer.take([put(5, 50), { kind: 'roll' }])
    await compactOnce(fixture, { checkpoint: 6 })
    assert.equal(headers(fixture.log).includes('marker to 3, 1'), false)
  })

  it('leaves what belongs to an open transaction and all behind it alone', async () => {
    const fixture = await logOf([
      put(1, 10),
      { kind: 'roll' },
      put(2, 20, { producer: 0, isTransactional: true }),
      put(1, 11),
      put(1, 12),
      { kind: 'roll' },
    ])
    const result = await compactOnce(fixture)
    assert.equal(result.outcome === 'done' && result.endOffset, 1)
    assert.equal(headers(fixture.log).length, 4)
  })

  it('keeps the header of a producer’s last batch when its records go', async () => {
    const fixture = await logOf([put(1, 10, { producer: 0 }), put(1, 11), put(2, 20), { kind: 'roll' }])
    await compactOnce(fixture)
    assert.deepEqual(headers(fixture.log), ['batch to 0, 0', 'batch to 1, 1', 'batch to 2, 1'])
    const [first] = batchesOf(fixture.log)
    assert.ok(first)
    assert.equal(producerIdAt(first, 0), 0)
  })

  it('drops records without a key', async () => {
    const fixture = await openFixture({ config: { ...config, cleanupPolicy: { delete: true, compact: false } } })
    const writer = new KeyedWriter(fixture)
    writer.take([put(1, 10)])
    const { batchOf } = await import('./log-fixture.ts')
    fixture.log.append(batchOf(['no key']), {
      leaderEpoch: 0,
      origin: 'client',
      nowMs: fixture.environment.clock.wallMs(),
    })
    writer.take([put(2, 20), { kind: 'roll' }])
    const result = await compactOnce(fixture)
    assert.equal(result.outcome === 'done' && result.stats.keylessRecords, 1)
    assert.deepEqual(plain(fixture.log), ['0 key 1 = value 10', '2 key 2 = value 20'])
  })

  it('goes only as far as its memory reaches, and further the next time', async () => {
    const fixture = await logOf([...Array.from({ length: 40 }, (_, key) => put(key % 20, key)), { kind: 'roll' }])
    const resources = { dedupeBufferBytes: 24 * 12 }
    let checkpoint = 0
    for (let run = 0; run < 8 && checkpoint < 40; run++) {
      const result = await compactOnce(fixture, { checkpoint, resources })
      assert.ok(result.outcome === 'done' && result.endOffset > checkpoint)
      checkpoint = result.endOffset
    }
    assert.equal(checkpoint, 40)
    assert.deepEqual(
      committedRecords(fixture.log).map(({ offset }) => offset),
      Array.from({ length: 20 }, (_, key) => 20 + key),
    )
  })

  it('says so when not even one batch fits into its memory', async () => {
    const records = Array.from({ length: 30 }, (_, key) => ({ key, value: key }))
    const fixture = await logOf([put(0, 0, { records }), { kind: 'roll' }])
    const result = await compactOnce(fixture, { resources: { dedupeBufferBytes: 24 * 10 } })
    assert.equal(result.outcome === 'done' && result.endOffset, 0)
    assert.equal(committedRecords(fixture.log).length, 30)
  })

  it('stops when told to, and leaves nothing behind', async () => {
    const fixture = await logOf([put(1, 10), put(1, 11), { kind: 'roll' }])
    const result = await compactOnce(fixture, { resources: { signal: AbortSignal.abort() } })
    assert.equal(result.outcome, 'stopped')
    assert.equal(headers(fixture.log).length, 2)
    assert.equal(
      fixture.environment.disk.list(fixture.log.directory).some((name) => name.endsWith('.cleaned')),
      false,
    )
  })

  it('gives up on segments that were deleted under it', async () => {
    const fixture = await logOf([put(1, 10), put(1, 11), { kind: 'roll' }, put(2, 1)])
    const { log } = fixture
    const replace = log.replaceSegments.bind(log)
    log.replaceSegments = (old, made) => {
      log.deleteRecordsBefore(2)
      return replace(old, made)
    }
    assert.equal((await compactOnce(fixture)).outcome, 'stopped')
    assert.deepEqual(plain(log), ['2 key 2 = value 1'])
    assert.equal(
      fixture.environment.disk.list(log.directory).some((name) => /cleaned|swap$/.test(name)),
      false,
    )
  })

  it('refuses a segment with a flipped bit, and changes nothing', async () => {
    const fixture = await logOf([put(1, 10), put(1, 11), { kind: 'roll' }])
    const path = `${fixture.log.directory}/00000000000000000000.log`
    fixture.environment.disk.flipBit(path, 100, 3)
    await assert.rejects(compactOnce(fixture), { name: 'SegmentDamage', path, position: 81, problem: 'badCrc' })
    assert.equal(fixture.log.segments.all[0]?.path, path)
  })
})

describe('compaction of what is strange', () => {
  it('turns messages of old formats into batches, and drops their tombstones by the age of the segments', async () => {
    const first = await openFixture({ config })
    const { environment } = first
    const path = `${first.log.directory}/00000000000000000000.log`
    await environment.time.run(first.log.close({ isClean: false }))
    const messages = [
      oldMessage(0, 'key 1', 'value 1'),
      oldMessage(1, 'key 2', 'value 2'),
      oldMessage(2, null, 'no key'),
      oldMessage(3, 'key 1', 'value 3'),
      oldMessage(4, 'key 2', null),
    ]
    environment.disk.open(path).write(messages, 0)
    const fixture = await openFixture({ environment, config, options: { isClean: true } })
    const writer = new KeyedWriter(fixture)
    writer.take([{ kind: 'roll' }, put(3, 30)])
    await compactOnce(fixture)
    assert.deepEqual(plain(fixture.log), ['3 key 1 = value 3', '4 key 2 = null', '5 key 3 = value 30'])
    assert.deepEqual(headers(fixture.log).slice(0, 2), ['batch to 3, 1', 'batch to 4, 1'])
  })

  it('keeps a batch whose records cannot be read, and the log’s other records of its keys', async () => {
    const fixture = await logOf([put(1, 10), put(1, 11)])
    const bad = new BatchBuilder({ baseOffset: 2 }).append(Buffer.from('key 1'), Buffer.from('x'), [], 0).build()
    bad.writeInt32BE(7, 57)
    refreshCrc(bad, 0)
    fixture.log.appendAsFollower(bad, { leaderEpoch: 5, nowMs: 0 })
    fixture.writer.take([put(2, 20), { kind: 'roll' }])
    assert.equal((await compactOnce(fixture)).outcome, 'done')
    assert.deepEqual(headers(fixture.log), ['batch to 1, 1', 'batch to 2, 7', 'batch to 3, 1'])
    assert.match(fixture.environment.logger.lines('warn').join(), /cannot read the records of a batch/)
  })
})

/** Of magic 1: a key and a value, each may be missing. */
function oldMessage(offset: number, key: string | null, value: string | null): Buffer {
  const parts = [key, value].map((text) => {
    const bytes = Buffer.from(text ?? '')
    const length = Buffer.alloc(4)
    length.writeInt32BE(text === null ? -1 : bytes.length)
    return Buffer.concat([length, bytes])
  })
  const head = Buffer.alloc(26)
  head.writeInt32BE(offset, 4)
  head.writeInt8(1, 16)
  head.writeBigInt64BE(1_700_000_000_000n, 18)
  const message = Buffer.concat([head, ...parts])
  message.writeInt32BE(message.length - 12, 8)
  message.writeUInt32BE(crc32(message.subarray(16)), 12)
  return message
}

/** What compaction promises, between a log before and after a run that ended at `endOffset`. */
function checkCompacted(before: readonly KeyedRecord[], after: readonly KeyedRecord[], endOffset: number): void {
  assert.deepEqual(latestValues(after), latestValues(before))
  const originals = new Map(before.map((record) => [record.offset, record]))
  const lastBelow = new Map<string, number>()
  for (const { key, offset } of before) if (offset < endOffset) lastBelow.set(key, offset)
  for (const record of after) {
    assert.deepEqual(record, originals.get(record.offset))
    if (record.offset < endOffset) assert.equal(record.offset, lastBelow.get(record.key), 'superseded records are gone')
  }
  const kept = new Set(after.map(({ offset }) => offset))
  for (const { offset } of before)
    if (offset >= endOffset) assert.ok(kept.has(offset), 'nothing is lost behind the run')
}

describe('compaction against a map', () => {
  it('leaves what a map would hold, run after run, across transactions, codecs and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 3 }), fc.boolean(), async (rounds, lateAdvance) => {
        const fixture = await openFixture({ config })
        const writer = new KeyedWriter(fixture)
        let checkpoint = 0
        for (const round of rounds) {
          writer.take(round)
          writer.roll()
          if (lateAdvance) await fixture.environment.time.advance(DAY_MS)
          const before = committedRecords(fixture.log)
          const producers = [...fixture.log.producers.activeProducers()]
          const result = await compactOnce(fixture, { checkpoint })
          assert.ok(result.outcome === 'done')
          checkpoint = result.endOffset
          checkCompacted(before, committedRecords(fixture.log), checkpoint)
          await checkReopened(fixture, producers)
        }
      }),
      { numRuns: 150 },
    )
  })
})

/** What a restart without snapshots and indexes finds is what was known before. */
async function checkReopened(fixture: LogFixture, producers: readonly ActiveProducer[]): Promise<void> {
  const { log, environment } = fixture
  const { disk } = environment
  const copy = '/data/copy-0'
  disk.makeDirectory(copy)
  for (const name of disk.list(copy)) await disk.remove(`${copy}/${name}`)
  for (const name of disk.list(log.directory)) {
    if (!/\.(log|txnindex)$/.test(name)) continue
    disk.open(`${copy}/${name}`, { create: true }).write([disk.readFile(`${log.directory}/${name}`)], 0)
  }
  const reopened = await openFixture({ environment, config, options: { directory: copy } })
  assert.equal(reopened.log.logEndOffset, log.logEndOffset)
  assert.deepEqual(committedRecords(reopened.log), committedRecords(log))
  assert.deepEqual(knownOf([...reopened.log.producers.activeProducers()]), knownOf(producers))
}

/** A marker that went took the coordinator’s epoch and its own time with it. */
function knownOf(producers: readonly ActiveProducer[]): readonly string[] {
  return producers
    .map(({ producerId, producerEpoch, lastSequence, currentTransactionStartOffset }) =>
      JSON.stringify({ producerId, producerEpoch, lastSequence, currentTransactionStartOffset }),
    )
    .toSorted()
}
