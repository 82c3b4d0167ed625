import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import {
  type DirectoriesFixture,
  TOPIC_ID,
  appendTo,
  close,
  create,
  openDirectoriesFixture,
  orders,
} from './directories-fixture.ts'

/** What has been promised so far: by a promise that resolved. */
interface Promises {
  /** Synced records of partitions that were made, by partition. */
  readonly records: Map<number, number>
  /** Partitions whose removal was begun, and whether it ended. */
  readonly removed: Map<number, boolean>
  isClosed: boolean
}

/** A life of log directories: logs are made, written, moved, removed. */
async function live(fixture: DirectoriesFixture, promises: Promises): Promise<void> {
  const { environment, directories } = fixture
  const { time } = environment
  for (const partition of [0, 1, 2]) {
    const log = await create(fixture, partition)
    promises.records.set(partition, 0)
    appendTo(fixture, log, 'a', 'b', 'c')
    await time.run(log.sync())
    promises.records.set(partition, 3)
  }
  promises.removed.set(1, false)
  await time.run(directories.remove(orders(1)))
  promises.removed.set(1, true)
  const from = directories.get(orders(0)) ?? assert.fail('it was made')
  const [, b] = directories.directories
  const future = await time.run(directories.createFuture(orders(0), b?.directoryId ?? ''))
  const read = await time.run(
    Promise.resolve(from.read({ fetchOffset: 0, maxBytes: 1000, upTo: 3, minOneBatch: true })),
  )
  assert.equal(read.error, 'NONE')
  for (const records of read.error === 'NONE' ? read.records : []) {
    future.appendAsFollower(records, { leaderEpoch: 0, nowMs: 0 })
  }
  await time.run(future.sync())
  await time.run(directories.replaceWithFuture(orders(0)))
  await close(fixture)
  promises.isClosed = true
}

function check({ directories }: DirectoriesFixture, promises: Promises, when: string): void {
  for (const [partition, count] of promises.records) {
    const log = directories.get(orders(partition))
    const removal = promises.removed.get(partition)
    if (removal === true) assert.equal(log, undefined, `${partition} was removed, ${when}`)
    if (removal !== undefined) continue
    assert.ok(log !== undefined, `${partition} was made, ${when}`)
    assert.equal(log.topicId, TOPIC_ID, when)
    assert.ok(log.logEndOffset >= count, `${partition} has ${log.logEndOffset} of ${count} records, ${when}`)
  }
}

describe('a power cut in the life of log directories', () => {
  for (const seed of [1, 2, 3]) {
    it(`takes nothing that was promised, and gives nothing back that was removed (seed ${seed})`, async () => {
      let cuts = 0
      for (let number = 1; ; number++) {
        const environment = simulatedEnvironment(seed * 1000 + number)
        const promises: Promises = { records: new Map(), removed: new Map(), isClosed: false }
        environment.disk.cutPowerBefore(number)
        let clusterId: string | undefined
        await openDirectoriesFixture({ environment }).then(
          (fixture) => {
            clusterId = fixture.directories.clusterId
            return live(fixture, promises).catch(() => undefined)
          },
          () => undefined,
        )
        if (promises.isClosed) break
        cuts++
        environment.disk.crash()
        const again = await openDirectoriesFixture({
          environment,
          load: { directoryIdOf: () => idOfB(environment.disk) },
        })
        if (clusterId !== undefined) assert.equal(again.directories.clusterId, clusterId, `cut ${number}`)
        check(again, promises, `cut ${number}`)
        await close(again)
      }
      assert.ok(cuts > 60, `${cuts} operations were cut`)
    })
  }
})

/** As the metadata log would say where a partition that is being moved belongs. */
function idOfB(disk: { readFile(path: string): Buffer }): string | undefined {
  return /directory\.id=(\S+)/.exec(disk.readFile('/data/b/meta.properties').toString())?.[1]
}
