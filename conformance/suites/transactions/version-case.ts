/** The levels of transaction.version, set by `kafka-features.sh`: clients go on with transactions as the level has them. */

import assert from 'node:assert/strict'

import { Driver } from '../../clients/driver.ts'
import { javaClient } from '../../clients/programs.ts'
import { base64 } from '../../clients/sample-records.ts'
import type { Server } from '../../harness/server.ts'
import { storedBatches } from '../../clients/stored-batches.ts'
import type { Tools } from '../java-tools/tools.ts'

const steps = [
  { command: undefined, level: 2 },
  { command: 'downgrade', level: 1 },
  { command: 'downgrade', level: 0 },
  { command: 'upgrade', level: 1 },
  { command: 'upgrade', level: 2 },
] as const

/** With level 2 every transaction has an epoch of its own, and its marker that of the next one (KIP-890). */
const batchesAt = {
  0: ['data 0', 'marker 0', 'data 0', 'marker 0'],
  1: ['data 0', 'marker 0', 'data 0', 'marker 0'],
  2: ['data 0', 'marker 1', 'data 1', 'marker 2'],
} as const

export async function goesOnAtEveryLevel(tools: Tools, server: Server): Promise<string> {
  const driver = Driver.start(await javaClient(), server.bootstrap)
  try {
    for (const { command, level } of steps) {
      const bootstrap = ['--bootstrap-server', server.bootstrap]
      const feature = ['--feature', `transaction.version=${level}`]
      if (command !== undefined) await tools.runWell('kafka-features', [...bootstrap, command, ...feature])
      const topic = `level-${level}-${command ?? 'first'}`
      assert.deepEqual(await transact(driver, server, topic), batchesAt[level], `transaction.version ${level}`)
    }
  } finally {
    await driver.close()
  }
  return '2, 1, 0, 1, 2'
}

async function transact(driver: Driver, server: Server, topic: string): Promise<readonly string[]> {
  await driver.call('create', { topic, partitions: 1, configs: {} })
  const record = (text: string) => ({ partition: 0, key: null, value: base64(text), headers: [] })
  const given = { topic, transactionalId: topic, commit: [record('kept')], abort: [record('dropped')] }
  await driver.call('transaction', given)
  const seen = await driver.call('consumeCommitted', { topic, partition: 0, count: 1 })
  assert.deepEqual(
    seen.map(({ value }) => value),
    [base64('kept')],
  )
  return storedBatches(server, topic).map(
    ({ producerEpoch, isControl }) => `${isControl ? 'marker' : 'data'} ${producerEpoch}`,
  )
}
