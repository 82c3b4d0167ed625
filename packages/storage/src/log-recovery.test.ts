/** Tests of what is cut after a crash, and what is not. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LogFixture, append, batchOf, logDirectory, openFixture, recordsOf } from './log-fixture.ts'

const logFile = `${logDirectory}/00000000000000000000.log`

describe('recovery', () => {
  it('cuts a few torn bytes right behind the recovery point, so that what is appended next can be read', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b']))
    await fixture.environment.time.run(fixture.log.sync())
    const { environment } = fixture
    const soundBytes = environment.disk.stat(logFile)?.size ?? 0
    const file = environment.disk.open(logFile)
    file.write([Buffer.alloc(43, 7)], soundBytes)
    file.close()

    const again = await openFixture({ environment, options: { recoveryPoint: 2 } })
    assert.equal(again.log.logEndOffset, 2)
    assert.equal(append(again, batchOf(['c'])), 2)
    assert.deepEqual(
      (await recordsOf(again)).map(({ value }) => value),
      ['a', 'b', 'c'],
    )
  })

  it('cuts a batch behind the recovery point that was torn so that only its offset is wrong', async () => {
    const fixture = await openFixture()
    append(fixture, batchOf(['a', 'b']))
    await fixture.environment.time.run(fixture.log.sync())
    const { environment } = fixture
    const soundBytes = environment.disk.stat(logFile)?.size ?? 0
    append(fixture, batchOf(['c']))
    const file = environment.disk.open(logFile)
    file.write([Buffer.alloc(8)], soundBytes)
    file.close()

    const again = await openFixture({ environment, options: { recoveryPoint: 2 } })
    assert.equal(again.log.logEndOffset, 2)
    assert.deepEqual(
      (await recordsOf(again)).map(({ value }) => value),
      ['a', 'b'],
    )
  })
})

describe('recovery of several segments', () => {
  const config = { segmentBytes: 200, indexIntervalBytes: 50 }

  async function filled(): Promise<LogFixture> {
    const fixture = await openFixture({ config })
    for (let index = 0; index < 10; index++) append(fixture, batchOf([`v${index}`]))
    assert.deepEqual(
      fixture.log.segments.all.map(({ baseOffset }) => baseOffset),
      [0, 2, 4, 6, 8],
    )
    fixture.environment.disk.killHolders()
    return fixture
  }

  function damage({ environment }: LogFixture, baseOffset: number, position: number): void {
    const file = environment.disk.open(`${logDirectory}/${String(baseOffset).padStart(20, '0')}.log`)
    file.write([Buffer.from('torn')], position)
    file.close()
  }

  function names({ environment }: LogFixture, suffix: string): readonly string[] {
    return environment.disk.list(logDirectory).filter((name) => name.endsWith(suffix))
  }

  it('cuts at the first bad batch, keeps the rest beside the log, and says so', async () => {
    const fixture = await filled()
    damage(fixture, 4, 80)
    const kept = fixture.environment.disk.readFile(`${logDirectory}/00000000000000000004.log`).subarray(70)
    const { environment } = fixture
    const again = await openFixture({ environment, config })
    assert.equal(again.log.logEndOffset, 5)
    assert.deepEqual(names(again, '.log'), [
      '00000000000000000000.log',
      '00000000000000000002.log',
      '00000000000000000004.log',
    ])
    assert.deepEqual(names(again, '.cut'), [
      '00000000000000000004-70.cut',
      '00000000000000000006-0.cut',
      '00000000000000000008-0.cut',
    ])
    assert.deepEqual(environment.disk.readFile(`${logDirectory}/00000000000000000004-70.cut`), kept)
    assert.deepEqual(
      again.environment.logger.entries
        .filter(({ level }) => level === 'warn')
        .map(({ message, fields }) => `${message}: ${String(fields['file']).slice(-8)}`),
      [
        'rebuilding the leader epochs: eckpoint',
        'rebuilding the indexes of a segment: 04.index',
        'cutting a log at the first bad batch: 0004.log',
        'kept what was cut: 0004.log',
        'taking a segment off the log: 0006.log',
        'taking a segment off the log: 0008.log',
      ],
    )
    assert.equal(append(again, batchOf(['next'])), 5)
    assert.deepEqual(
      (await recordsOf(again)).map(({ value }) => value),
      ['v0', 'v1', 'v2', 'v3', 'v4', 'next'],
    )
  })

  it('looks at nothing before the recovery point', async () => {
    const fixture = await filled()
    damage(fixture, 2, 80)
    const again = await openFixture({ environment: fixture.environment, config, options: { recoveryPoint: 5 } })
    assert.equal(again.log.logEndOffset, 10)
    assert.deepEqual(names(again, '.cut'), [])
  })

  it('takes off what is behind a hole', async () => {
    const fixture = await filled()
    await fixture.environment.disk.remove(`${logDirectory}/00000000000000000004.log`)
    const again = await openFixture({ environment: fixture.environment, config })
    assert.equal(again.log.logEndOffset, 4)
    assert.deepEqual(names(again, '.cut'), ['00000000000000000006-0.cut', '00000000000000000008-0.cut'])
  })

  it('takes off what is behind a hole that a recovery point from before the loss lies in', async () => {
    const fixture = await filled()
    await fixture.environment.disk.remove(`${logDirectory}/00000000000000000004.log`)
    const again = await openFixture({ environment: fixture.environment, config, options: { recoveryPoint: 5 } })
    assert.deepEqual([again.log.logEndOffset, again.log.syncedOffset], [4, 4])
    assert.deepEqual(names(again, '.cut'), ['00000000000000000006-0.cut', '00000000000000000008-0.cut'])
    assert.equal(append(again, batchOf(['next'])), 4)
  })

  it('leaves a hole before the recovery point, and reads over it', async () => {
    const fixture = await filled()
    await fixture.environment.disk.remove(`${logDirectory}/00000000000000000004.log`)
    for (const recoveryPoint of [7, 10]) {
      const { environment } = fixture
      const again = await openFixture({ environment, config, options: { recoveryPoint } })
      assert.deepEqual(
        (await recordsOf(again)).map(({ value }) => value),
        ['v0', 'v1', 'v2', 'v3', 'v6', 'v7', 'v8', 'v9'],
      )
      assert.deepEqual(names(again, '.cut'), [])
      environment.disk.killHolders()
    }
  })

  it('takes no gap for a hole where compaction may have been', async () => {
    const fixture = await filled()
    await fixture.environment.disk.remove(`${logDirectory}/00000000000000000004.log`)
    const compacted = { ...config, cleanupPolicy: { delete: false, compact: true } }
    const again = await openFixture({ environment: fixture.environment, config: compacted })
    assert.equal(again.log.logEndOffset, 10)
    again.environment.disk.killHolders()
    const dirty = { firstDirtyOffset: 3 }
    const cut = await openFixture({ environment: fixture.environment, config: compacted, options: dirty })
    assert.equal(cut.log.logEndOffset, 4)
  })

  it('keeps what different crashes cut at the same place', async () => {
    let fixture = await filled()
    for (const number of [1, 2]) {
      damage(fixture, 0, 10)
      fixture = await openFixture({ environment: fixture.environment, config })
      assert.equal(fixture.log.logEndOffset, 0)
      append(fixture, batchOf([`again ${number}`]))
      fixture.environment.disk.killHolders()
    }
    assert.deepEqual(
      names(fixture, '.cut').filter((name) => name.startsWith('00000000000000000000-')),
      ['00000000000000000000-0-1.cut', '00000000000000000000-0.cut'],
    )
  })

  it('cuts zeros that were laid out ahead, and keeps none of them', async () => {
    const fixture = await filled()
    const file = fixture.environment.disk.open(`${logDirectory}/00000000000000000008.log`)
    file.truncate(5_000_000)
    file.close()
    const again = await openFixture({ environment: fixture.environment, config })
    assert.equal(again.log.logEndOffset, 10)
    assert.deepEqual(names(again, '.cut'), [])
  })

  it('opens on a full disk, too', async () => {
    const fixture = await filled()
    damage(fixture, 8, 80)
    fixture.environment.disk.faults.add({ operation: 'write', path: /\.cut$/, code: 'ENOSPC' })
    const again = await openFixture({ environment: fixture.environment, config })
    assert.equal(again.log.logEndOffset, 9)
    assert.match(again.environment.logger.lines('warn').join(), /no space to keep what was cut/)
  })

  it('fails where the disk does', async () => {
    const fixture = await filled()
    damage(fixture, 8, 80)
    fixture.environment.disk.faults.add({ operation: 'write', path: /\.cut$/ })
    await assert.rejects(openFixture({ environment: fixture.environment, config }), { code: 'EIO' })
  })

  it('cuts bytes behind a log that was closed in order, although nobody expects them', async () => {
    const fixture = await openFixture({ config })
    append(fixture, batchOf(['a']))
    await fixture.environment.time.run(fixture.log.close({ isClean: true }))
    const { environment } = fixture
    const file = environment.disk.open(logFile)
    file.write([Buffer.from('half a batch')], file.size())
    file.close()
    const again = await openFixture({ environment, config, options: { isClean: true, recoveryPoint: 1 } })
    assert.equal(again.log.logEndOffset, 1)
    assert.deepEqual(names(again, '.cut').length, 1)
  })

  it('counts a log for lost that is gone below the recovery point', async () => {
    const fixture = await filled()
    for (const baseOffset of [4, 6, 8]) {
      await fixture.environment.disk.remove(`${logDirectory}/${String(baseOffset).padStart(20, '0')}.log`)
    }
    const again = await openFixture({ environment: fixture.environment, config, options: { recoveryPoint: 10 } })
    assert.deepEqual([again.log.logEndOffset, again.log.syncedOffset], [4, 4])
    assert.equal(append(again, batchOf(['next'])), 4)
  })
})
