/** Reads every partition from its start to its end, at both isolation levels, when all is over. */
import type { IsolationLevel } from '../history/history.ts'
import { finalReader } from '../history/violation.ts'
import { Driver, retryBackoffMs } from './driver.ts'
import type { NodeWorld } from './node-world.ts'
import { readPartitions } from './reading.ts'

export async function readEverything(world: NodeWorld, topicNames: readonly string[]): Promise<void> {
  const driver = new Driver(world, finalReader)
  const connection = driver.connect()
  for (const { topicId, partitionCount } of await driver.topics(connection, topicNames)) {
    for (let partition = 0; partition < partitionCount; partition++) {
      for (const isolation of ['read_uncommitted', 'read_committed'] as const) {
        await readToEnd(isolation, { topicId, partition })
      }
    }
  }

  async function readToEnd(isolation: IsolationLevel, id: { topicId: string; partition: number }): Promise<void> {
    for (let offset = 0; ;) {
      const positions = [{ ...id, offset }]
      const reader = finalReader
      const [read] = await readPartitions(driver, connection, { reader, isolation, maxWaitMs: 0, positions })
      if (read?.error !== 'NONE') {
        await driver.pause(retryBackoffMs)
        continue
      }
      if (read.nextOffset === offset) return
      offset = read.nextOffset
    }
  }
}
