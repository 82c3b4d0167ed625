import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LogFixture, append, batchOf, logDirectory, openFixture, recordsOf } from './log-fixture.ts'

const config = { segmentBytes: 200, indexIntervalBytes: 50 }
const name = (baseOffset: number, suffix: string): string =>
  `${logDirectory}/${String(baseOffset).padStart(20, '0')}${suffix}`

/** Five segments of two records, closed in order. */
async function closed(): Promise<LogFixture> {
  const fixture = await openFixture({ config })
  for (let index = 0; index < 10; index++) append(fixture, batchOf([`v${index}`]))
  await fixture.environment.time.run(fixture.log.close({ isClean: true }))
  return fixture
}

function reopen({ environment }: LogFixture): Promise<LogFixture> {
  return openFixture({ environment, config, options: { isClean: true, recoveryPoint: 10 } })
}

function files({ environment }: LogFixture): readonly string[] {
  return environment.disk.list(logDirectory)
}

/** A copy of some segments’ files under another suffix, all in one segment. */
function write({ environment }: LogFixture, path: string, content: Buffer): void {
  const file = environment.disk.open(path, { create: true })
  file.truncate(0)
  file.write([content], 0)
  file.close()
}

describe('loading a directory', () => {
  it('removes what waits to be unlinked, but not what belongs to metadata snapshots', async () => {
    const fixture = await closed()
    write(fixture, name(0, '.log.deleted'), Buffer.from('x'))
    write(fixture, `${logDirectory}/00000000000000000004-0000000001.checkpoint.deleted`, Buffer.from('x'))
    const again = await reopen(fixture)
    assert.deepEqual(
      files(again).filter((file) => file.endsWith('.deleted')),
      ['00000000000000000004-0000000001.checkpoint.deleted'],
    )
  })

  it('removes what compaction was writing', async () => {
    const fixture = await closed()
    for (const suffix of ['.log', '.index', '.timeindex', '.txnindex'])
      write(fixture, name(2, `${suffix}.cleaned`), Buffer.from('x'))
    const again = await reopen(fixture)
    assert.deepEqual(
      files(again).filter((file) => file.endsWith('.cleaned')),
      [],
    )
    assert.equal((await recordsOf(again)).length, 10)
  })

  it('removes the parts of a split that was not complete', async () => {
    const fixture = await closed()
    write(fixture, name(4, '.log.swap'), batchOf(['wrong'], { baseOffset: 4 }))
    write(fixture, name(2, '.log.cleaned'), Buffer.from('x'))
    const again = await reopen(fixture)
    assert.deepEqual(
      (await recordsOf(again)).map(({ value }) => value),
      ['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9'],
    )
  })

  it('puts a segment that compaction had finished in its sources’ place', async () => {
    const fixture = await closed()
    // Offsets 2 to 5, of two segments, became one batch that ends where they ended.
    const compacted = batchOf(['x', 'y', 'z', 'new'], { baseOffset: 2, partitionLeaderEpoch: 0 })
    write(fixture, name(2, '.log.swap'), compacted)
    write(fixture, name(2, '.index.swap'), Buffer.alloc(0))
    const again = await reopen(fixture)
    assert.deepEqual(
      again.log.segments.all.map(({ baseOffset }) => baseOffset),
      [0, 2, 6, 8],
    )
    assert.deepEqual(
      (await recordsOf(again)).map(({ value }) => value),
      ['v0', 'v1', 'x', 'y', 'z', 'new', 'v6', 'v7', 'v8', 'v9'],
    )
    assert.ok(!files(again).some((file) => file.endsWith('.swap')))
  })

  it('finishes a swap of which only an index was left', async () => {
    const fixture = await closed()
    fixture.environment.disk.rename(name(2, '.index'), name(2, '.index.swap'))
    const again = await reopen(fixture)
    assert.equal((await recordsOf(again)).length, 10)
    assert.ok(files(again).includes('00000000000000000002.index'))
  })

  it('removes indexes without a log, with a line in the log', async () => {
    const fixture = await closed()
    for (const suffix of ['.index', '.timeindex', '.txnindex']) write(fixture, name(77, suffix), Buffer.alloc(0))
    const again = await reopen(fixture)
    assert.ok(!files(again).some((file) => file.startsWith('00000000000000000077')))
    assert.equal(
      again.environment.logger.lines('warn').filter((line) => line.includes('log file is not there')).length,
      3,
    )
  })

  it('passes by what is none of its business', async () => {
    const fixture = await closed()
    for (const file of [
      'notes.txt',
      '7.log',
      '00000000000000000099.log.bak',
      '0000000000000000000x.log',
      '99999999999999999999.log',
    ]) {
      write(fixture, `${logDirectory}/${file}`, Buffer.from('x'))
    }
    fixture.environment.disk.makeDirectory(name(50, '.log'))
    const again = await reopen(fixture)
    assert.equal(again.log.logEndOffset, 10)
    assert.ok(files(again).includes('notes.txt'))
  })
})
