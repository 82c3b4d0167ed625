import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import { KeyedWriter, type Step, committedRecords, compactOnce, latestValues } from './compaction-fixture.ts'
import { type LogFixture, openFixture } from './log-fixture.ts'

const config = { cleanupPolicy: { delete: false, compact: true }, segmentBytes: 400, indexIntervalBytes: 150 }
const DAY_MS = 86_400_000

function put(key: number, value: number | undefined, producer = -1): Step {
  return { kind: 'batch', producer, isTransactional: producer >= 0, compression: 'none', records: [{ key, value }] }
}

/** Small segments with aborts in most of them, of which compaction makes few; durable to its end. */
async function preparedLog(seed: number): Promise<LogFixture> {
  const fixture = await openFixture({ config, environment: simulatedEnvironment(seed) })
  const writer = new KeyedWriter(fixture)
  for (let number = 0; number < 6; number++) {
    writer.take([put(number % 3, number), put(9, undefined), put(number % 2, 100 + number, 0), put(7, number, 1)])
    writer.take([{ kind: 'end', producer: 0, outcome: number % 2 === 0 ? 'Abort' : 'Commit' }])
    writer.take([{ kind: 'end', producer: 1, outcome: 'Abort' }])
  }
  writer.roll()
  const { time, disk } = fixture.environment
  for (const directory of ['/', '/data']) await time.run(disk.syncDirectory(directory))
  await time.run(fixture.log.sync())
  fixture.log.updateConfig({ ...fixture.log.config, segmentBytes: 1500 })
  return fixture
}

async function reopenAfterCrash({ environment, log }: LogFixture): Promise<LogFixture> {
  const recoveryPoint = log.syncedOffset
  environment.disk.crash()
  return openFixture({ environment, config: { ...config, segmentBytes: 1500 }, options: { recoveryPoint } })
}

describe('a power cut during compaction', () => {
  for (const seed of [1, 2]) {
    it(`at any operation leaves the log as it was or as it should be (seed ${seed})`, async () => {
      let cuts = 0
      for (let number = 0; ; number++) {
        const fixture = await preparedLog(seed * 1000 + number)
        const before = committedRecords(fixture.log)
        const endOffset = fixture.log.logEndOffset
        const { disk } = fixture.environment
        disk.cutPowerBefore(disk.operationCount + number)
        const isDone = await compactOnce(fixture).then(
          () => true,
          () => false,
        )
        if (isDone) break
        cuts++
        const after = await reopenAfterCrash(fixture)
        after.log.setHighWatermark(after.log.logEndOffset)
        assert.equal(after.log.logEndOffset, endOffset, `the log’s end, cut ${number}`)
        checkSame(before, committedRecords(after.log), `cut ${number}`)
        await after.environment.time.advance(DAY_MS)
        assert.equal((await compactOnce(after)).outcome, 'done')
        checkSame(before, committedRecords(after.log), `compacted after cut ${number}`)
        const left = after.environment.disk.list(after.log.directory).filter((name) => /(cleaned|swap)$/.test(name))
        assert.deepEqual(left, [], `cut ${number}`)
      }
      assert.ok(cuts > 30, `${cuts} operations were cut`)
    })
  }
})

type Records = ReturnType<typeof committedRecords>

function checkSame(before: Records, after: Records, when: string): void {
  assert.deepEqual(latestValues(after), latestValues(before), when)
  const originals = new Map(before.map((record) => [record.offset, record]))
  for (const record of after) assert.deepEqual(record, originals.get(record.offset), when)
}
