/** Files that are lost, short, torn or rotten: what is rebuilt, what is reported, and that nothing else suffers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PartitionLogOptions } from './log-opening.ts'
import { type LogFixture, append, batchOf, logDirectory, openFixture, recordsOf } from './log-fixture.ts'

const startMs = 1_767_225_600_000
const config = { segmentBytes: 1000, indexIntervalBytes: 100 }
const first = `${logDirectory}/00000000000000000000`

interface Prepared extends LogFixture {
  /** Opens the log again. */
  reopen(options?: Partial<PartitionLogOptions>): Promise<LogFixture>
}

/** Three segments of one record a batch, closed in order and all durable. */
async function prepared(): Promise<Prepared> {
  const fixture = await openFixture({ config })
  for (let index = 0; index < 30; index++) append(fixture, batchOf([`value ${index}`], { timestamp: startMs + index }))
  await fixture.environment.time.run(fixture.log.close({ isClean: true }))
  const { environment } = fixture
  environment.logger.entries.length = 0
  const reopen = (options: Partial<PartitionLogOptions> = {}): Promise<LogFixture> =>
    openFixture({ environment, config, options: { isClean: true, recoveryPoint: 30, ...options } })
  return { ...fixture, reopen }
}

function overwrite({ environment }: LogFixture, path: string, bytes: Buffer, position = 0): void {
  const file = environment.disk.open(path)
  file.write([bytes], position)
  file.close()
}

function cut({ environment }: LogFixture, path: string, size: number): void {
  const file = environment.disk.open(path)
  file.truncate(size)
  file.close()
}

function content({ environment }: LogFixture, path: string): Buffer {
  return environment.disk.readFile(path)
}

async function read({ log, environment }: LogFixture, fetchOffset: number, maxBytes = 1): Promise<string> {
  const request = { fetchOffset, maxBytes, upTo: log.logEndOffset, minOneBatch: true }
  const result = await environment.time.run(Promise.resolve(log.read(request)))
  return result.error === 'NONE' ? `${result.firstOffset}-${result.nextOffset - 1}` : result.error
}

describe('an index file', () => {
  const damages: readonly (readonly [
    what: string,
    suffix: string,
    damage: (log: LogFixture, path: string) => unknown,
  ])[] = [
    ['is gone', '.index', ({ environment }, path) => environment.disk.remove(path)],
    ['is gone', '.timeindex', ({ environment }, path) => environment.disk.remove(path)],
    ['is cut in an entry', '.index', (log, path) => cut(log, path, 13)],
    ['is cut in an entry', '.timeindex', (log, path) => cut(log, path, 13)],
    ['is cut to its first entry', '.index', (log, path) => cut(log, path, 8)],
    ['is cut to its first entry', '.timeindex', (log, path) => cut(log, path, 12)],
    ['is empty', '.index', (log, path) => cut(log, path, 0)],
    ['is empty', '.timeindex', (log, path) => cut(log, path, 0)],
    ['is zeros', '.index', (log, path) => overwrite(log, path, Buffer.alloc(48))],
    ['is zeros', '.timeindex', (log, path) => overwrite(log, path, Buffer.alloc(48))],
    ['is garbage', '.index', (log, path) => overwrite(log, path, Buffer.alloc(48, 0xa5))],
    ['is garbage', '.timeindex', (log, path) => overwrite(log, path, Buffer.alloc(48, 0xa5))],
    ['ends in zeros, as laid out ahead', '.index', (log, path) => cut(log, path, 800)],
    ['ends in zeros, as laid out ahead', '.timeindex', (log, path) => cut(log, path, 1200)],
    ['points behind the log', '.index', (log, path) => overwrite(log, path, positions([5, 9000]))],
    ['points into batches', '.index', (log, path) => overwrite(log, path, positions([5, 101, 7, 203, 8, 333]))],
  ]
  for (const [what, suffix, damage] of damages) {
    for (const isClean of [true, false]) {
      it(`(${suffix}) that ${what} is rebuilt, and a line names it (${isClean ? 'clean stop' : 'crash'})`, async () => {
        const log = await prepared()
        const path = first + suffix
        const good = content(log, path)
        await damage(log, path)
        const again = await log.reopen({ isClean })
        assert.equal((await recordsOf(again)).length, 30)
        const found = await again.environment.time.run(again.log.offsetForTimestamp(0))
        assert.equal(found?.offset, 0)
        const lines = again.environment.logger.entries.filter(({ message }) =>
          message.startsWith('rebuilding the indexes'),
        )
        assert.deepEqual(
          lines.map(({ fields }) => fields['file']),
          [path],
        )
        assert.deepEqual(content(log, path), good)
      })
    }
  }

  it('of the segment that is appended to is rebuilt when it turns out to lead nowhere', async () => {
    const log = await prepared()
    const active = log.log.segments.active
    overwrite(log, active.pathOf('.index'), positions([3, 101]))
    const again = await log.reopen()
    for (let offset = active.baseOffset; offset < 30; offset++) {
      assert.equal(await read(again, offset), `${offset}-${offset}`)
    }
    assert.equal(append(again, batchOf(['more'])), 30)
    assert.equal((await recordsOf(again)).length, 31)
  })

  it('that is wrong is rebuilt once, however many ask for it', async () => {
    const log = await prepared()
    overwrite(log, `${first}.index`, positions([5, 101, 7, 203, 8, 333]))
    const again = await log.reopen()
    const asked = Array.from({ length: 8 }, (_, offset) => read(again, offset))
    assert.deepEqual(
      await Promise.all(asked),
      Array.from({ length: 8 }, (_, offset) => `${offset}-${offset}`),
    )
    assert.equal(again.environment.logger.lines('warn').length, 1)
  })
})

/** The bytes of offset index entries: offset, position, offset, position … */
function positions(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4)
  for (const [index, number] of numbers.entries()) bytes.writeInt32BE(number, index * 4)
  return bytes
}

describe('a damaged batch below the recovery point', () => {
  for (const [when, options] of [
    ['clean stop', { isClean: true }],
    ['crash', { isClean: false }],
    ['crash, with the recovery point in the same segment', { isClean: false, recoveryPoint: 10 }],
  ] as const) {
    for (const [what, byte] of [
      ['payload', 66],
      ['length', 9],
      ['magic', 16],
      ['offset', 5],
    ] as const) {
      it(`(its ${what}) stays; it alone cannot be read (${when})`, async () => {
        const log = await prepared()
        const path = `${first}.log`
        const before = content(log, path)
        const start = batchStart(before, 5)
        log.environment.disk.flipBit(path, start + byte, 6)
        const again = await log.reopen(options)
        assert.equal(again.log.logEndOffset, 30)
        assert.equal(content(log, path).length, before.length)
        for (let offset = 0; offset < 30; offset++) {
          // A flipped offset or size hides what the index does not lead to as well.
          const expected = offset === 5 ? 'CORRUPT_MESSAGE' : `${offset}-${offset}`
          const actual = await read(again, offset)
          if (what === 'payload' || offset < 5 || offset > 8) assert.equal(actual, expected, `offset ${offset}`)
          else assert.ok([expected, 'CORRUPT_MESSAGE'].includes(actual), `offset ${offset}: ${actual}`)
        }
        assert.equal(append(again, batchOf(['more'])), 30)
      })
    }
  }

  it('ends what is read before it', async () => {
    const log = await prepared()
    log.environment.disk.flipBit(`${first}.log`, batchStart(content(log, `${first}.log`), 5) + 66, 0)
    const again = await log.reopen()
    assert.equal(await read(again, 0, 10_000), '0-4')
    assert.equal(await read(again, 5, 10_000), 'CORRUPT_MESSAGE')
    assert.equal(await read(again, 6, 10_000), '6-12')
  })

  it('is passed by when offsets are looked for by time', async () => {
    const log = await prepared()
    log.environment.disk.flipBit(`${first}.log`, batchStart(content(log, `${first}.log`), 0) + 66, 0)
    const again = await log.reopen()
    const found = await again.environment.time.run(again.log.offsetForTimestamp(0))
    assert.equal(found?.offset, 1)
  })

  it('at the very end of the log keeps its offsets', async () => {
    const log = await prepared()
    const active = log.log.segments.active
    const start = batchStart(content(log, active.path), 29 - active.baseOffset)
    log.environment.disk.flipBit(active.path, start + 16, 6)
    const again = await log.reopen({ isClean: false })
    assert.equal(again.log.logEndOffset, 30)
    assert.equal(await read(again, 29), 'CORRUPT_MESSAGE')
    assert.equal(append(again, batchOf(['more'])), 30)
    assert.equal(await read(again, 28), '28-28')
  })
})

/** Where the batch of that number begins. */
function batchStart(bytes: Buffer, number: number): number {
  let position = 0
  for (let count = 0; count < number; count++) position += 12 + bytes.readInt32BE(position + 8)
  return position
}

describe('what stands beside a log', () => {
  it('is rebuilt from it where it is gone: epochs, producers, aborted transactions', async () => {
    const fixture = await openFixture({ config })
    for (let index = 0; index < 20; index++) {
      append(fixture, batchOf(['a'], { producerId: 7, producerEpoch: 0, baseSequence: index }), Math.floor(index / 5))
    }
    await fixture.environment.time.run(fixture.log.close({ isClean: true }))
    const { environment } = fixture
    for (const name of environment.disk.list(logDirectory)) {
      if (!name.endsWith('.log')) await environment.disk.remove(`${logDirectory}/${name}`)
    }
    const again = await openFixture({ environment, config, options: { isClean: true } })
    assert.equal(again.log.logEndOffset, 20)
    assert.equal(again.log.producers.find(7)?.lastSequence, 19)
    assert.deepEqual(
      again.log.epochs.entries.map(({ startOffset }) => startOffset),
      [0, 5, 10, 15],
    )
  })

  it('is read again from the log where a transaction index is damaged', async () => {
    const { transactionMarkerBatch } = await import('@gregor/protocol')
    const fixture = await openFixture({ config })
    for (let index = 0; index < 6; index++) {
      const producer = { producerId: 7, producerEpoch: 0, baseSequence: index, isTransactional: true }
      append(fixture, batchOf(['x'.repeat(300)], producer))
      const marker = { producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, outcome: 'Abort', timestamp: 0 } as const
      fixture.log.append(transactionMarkerBatch(marker), { leaderEpoch: 0, origin: 'coordinator', nowMs: 0 })
    }
    const expected = fixture.log.abortedTransactions(0, 12)
    assert.equal(expected.length, 6)
    await fixture.environment.time.run(fixture.log.close({ isClean: true }))
    overwrite(fixture, `${first}.txnindex`, Buffer.alloc(10, 7))
    const { environment } = fixture
    const again = await openFixture({ environment, config, options: { isClean: true } })
    assert.deepEqual(again.log.abortedTransactions(0, 12), expected)
    assert.match(again.environment.logger.lines('warn').join(), /rebuilding a transaction index/)
  })
})
