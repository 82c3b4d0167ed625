/**
 * One partition's log through several lives, each ended by a kill, which leaves the page cache, or by a loss of power
 * before any operation on the disk, recovery's own included: what was not synced goes, what was being written is torn.
 *
 * Holds: what was synced is there; what is there was written, at that offset; there is no hole.
 */

import { InvariantViolation, assert } from '@gregor/base'
import { BrokerConfig, resolveLogConfig } from '@gregor/config'
import type { Random } from '@gregor/platform'
import { BatchBuilder, RecordCursor, batchSizeAt } from '@gregor/protocol'
import { OpenFiles, PartitionLog } from '@gregor/storage'

import { between, chance, seededRandom } from '../simulation/seeded-random.ts'
import { SimulatedWorld, type SimulatedNode } from '../simulation/simulated-world.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  name: 'log-power-loss',
  async run(seed) {
    const random = seededRandom(seed)
    const node = new SimulatedWorld({ seed }).node('node')
    const story: Story = { values: [], durableOffset: 0 }
    for (let lives = between(random, 2, 5); lives > 0; lives--) await live(node, story, random)
    await open(node, { story, random })
  },
}

interface Story {
  /** The value that was written at each offset. */
  readonly values: string[]
  /** All below was synced, as far as the log has said. */
  durableOffset: number
}

/** Opens the log, checks what is there, writes and syncs until the end of this life. */
async function live(node: SimulatedNode, story: Story, random: Random): Promise<void> {
  const isPowerCut = chance(random, 70)
  if (isPowerCut) node.disk.cutPowerBefore(node.disk.operationCount + between(random, 1, 200))
  try {
    const log = await open(node, { story, random })
    for (let steps = between(random, 1, 60); steps > 0 && node.disk.hasPower; steps--) {
      append(log, { node, story, random })
      if (chance(random, 20)) await sync(log, { node, story })
    }
  } catch (error) {
    if (node.disk.hasPower || error instanceof InvariantViolation) throw error
  }
  if (isPowerCut) {
    node.losePower()
    node.restart()
  } else {
    node.kill()
  }
}

async function open(node: SimulatedNode, { story, random }: { story: Story; random: Random }): Promise<PartitionLog> {
  const { environment } = node
  // The checkpoint may be up to date, or older.
  const recoveryPoint = chance(random, 50) ? story.durableOffset : between(random, 0, story.durableOffset)
  const log = await environment.time.run(
    PartitionLog.open({
      environment,
      directory,
      topicPartition: { topic: 'events', partition: 0 },
      config: logConfig,
      recoveryPoint,
      logStartOffset: 0,
      isClean: false,
      producerIdExpirationMs: 86_400_000,
      files: new OpenFiles({ disk: environment.disk, openFilesMax: 4 }),
      onStorageError: () => {},
    }),
  )
  // Making these durable is the business of whoever owns the directory the log is in.
  for (const parent of ['/', '/data']) await environment.time.run(environment.disk.syncDirectory(parent))
  await check(log, { node, story })
  return log
}

/** What is there is what was written, from the first offset to the last; what is no longer there was not durable. */
async function check(log: PartitionLog, { node, story }: { node: SimulatedNode; story: Story }): Promise<void> {
  const { logEndOffset } = log
  assert(log.logStartOffset === 0, `the log starts at 0, not at ${log.logStartOffset}`)
  assert(logEndOffset >= story.durableOffset, `${story.durableOffset} records were durable, ${logEndOffset} are there`)
  assert(logEndOffset <= story.values.length, `${story.values.length} records were written, ${logEndOffset} are there`)
  const cursor = new RecordCursor()
  let offset = 0
  while (offset < logEndOffset) {
    const request = { fetchOffset: offset, maxBytes: 4096, upTo: logEndOffset, minOneBatch: true }
    const result = await node.environment.time.run(Promise.resolve(log.read(request)))
    assert(result.error === 'NONE', `offset ${offset} can be read: ${result.error}`)
    for (const batches of result.records) {
      for (let at = 0; at < batches.length; at += batchSizeAt(batches, at)) {
        cursor.resetToBatch(batches, at, 1 << 20)
        while (cursor.next()) {
          assert(cursor.offset === offset, `offset ${offset} comes next, not ${cursor.offset}`)
          assert(cursor.value()?.toString() === story.values[offset], `offset ${offset} holds what was written there`)
          offset++
        }
      }
    }
  }
  story.values.length = logEndOffset
}

function append(
  log: PartitionLog,
  { node, story, random }: { node: SimulatedNode; story: Story; random: Random },
): void {
  const values = Array.from(
    { length: between(random, 1, 5) },
    () => 'x'.repeat(between(random, 0, 300)) + random.uint32(),
  )
  const nowMs = node.environment.clock.wallMs()
  const builder = new BatchBuilder({})
  for (const value of values) builder.append(null, Buffer.from(value), [], nowMs)
  const result = log.append(builder.build(), { leaderEpoch: 0, origin: 'client', nowMs })
  // A refused batch may be there all the same after a crash: it is what may follow the end.
  story.values.push(...values)
  assert(result.error === 'NONE' || !node.disk.hasPower, `the append succeeds: ${result.error}`)
}

async function sync(log: PartitionLog, { node, story }: { node: SimulatedNode; story: Story }): Promise<void> {
  const { logEndOffset } = log
  await node.environment.time.run(log.sync())
  story.durableOffset = logEndOffset
}

const directory = '/data/events-0'
const logConfig = resolveLogConfig(
  BrokerConfig.load(),
  new Map([
    ['segment.bytes', '1048576'],
    ['index.interval.bytes', '256'],
  ]),
)
