/** What every client does as an administrator of topics. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import type { ClientCase } from './client-case.ts'
import { newTopic, send } from './record-cases.ts'
import { manyRecords } from './sample-records.ts'

export const adminCases: readonly ClientCase[] = [
  {
    name: 'creates a topic with partitions and configs, lists and describes it',
    needs: ['create', 'topics', 'describe', 'config'],
    async body({ driver }) {
      const topic = newTopic()
      await driver.call('create', { topic, partitions: 3, configs: { 'retention.ms': '3600000' } })
      await until(async () => (await driver.call('topics', {})).includes(topic))
      await until(async () => (await driver.call('describe', { topic })) === 3)
      assert.equal(await driver.call('config', { topic, name: 'retention.ms' }), '3600000')
      assert.equal(await driver.call('config', { topic, name: 'cleanup.policy' }), 'delete')
    },
  },
  {
    name: 'is told that a topic exists already, and what is wrong with a name',
    needs: ['create'],
    async body({ driver }) {
      const topic = newTopic()
      await driver.call('create', { topic, partitions: 1, configs: {} })
      await assert.rejects(driver.call('create', { topic, partitions: 1, configs: {} }), /exist/i)
      await assert.rejects(driver.call('create', { topic: 'no/slash', partitions: 1, configs: {} }), /invalid|illegal/i)
    },
  },
  {
    name: 'changes a config of a topic',
    needs: ['create', 'alter', 'config'],
    async body({ driver }) {
      const topic = newTopic()
      await driver.call('create', { topic, partitions: 1, configs: {} })
      await driver.call('alter', { topic, name: 'segment.bytes', value: '1048576' })
      assert.equal(await driver.call('config', { topic, name: 'segment.bytes' }), '1048576')
      await assert.rejects(driver.call('alter', { topic, name: 'segment.bytes', value: 'many' }), /invalid|config/i)
    },
  },
  {
    name: 'adds partitions',
    needs: ['create', 'grow', 'describe'],
    async body({ driver }) {
      const topic = newTopic()
      await driver.call('create', { topic, partitions: 1, configs: {} })
      await driver.call('grow', { topic, partitions: 4 })
      await until(async () => (await driver.call('describe', { topic })) === 4)
    },
  },
  {
    name: 'deletes records before an offset',
    needs: ['deleteRecords', 'offsets', 'produce'],
    async body(client) {
      const topic = await send(client, { records: manyRecords(20) })
      assert.equal(await client.driver.call('deleteRecords', { topic, partition: 0, before: 12 }), 12)
      const { earliest, latest } = await client.driver.call('offsets', { topic, partition: 0, timestamp: 0 })
      assert.deepEqual([earliest, latest], [12, 20])
    },
  },
  {
    name: 'deletes a topic, and creates it again, empty',
    needs: ['delete', 'create', 'topics', 'describe', 'offsets', 'produce'],
    async body(client) {
      const { driver } = client
      const topic = await send(client, { records: manyRecords(20) })
      await driver.call('delete', { topic })
      await until(async () => !(await driver.call('topics', {})).includes(topic))
      await driver.call('create', { topic, partitions: 1, configs: {} })
      await until(async () => (await driver.call('describe', { topic })) === 1)
      const { earliest, latest } = await driver.call('offsets', { topic, partition: 0, timestamp: 0 })
      assert.deepEqual([earliest, latest], [0, 0])
    },
  },
]

/** Brokers follow the controller: what was answered shows a moment later. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 5_000
  while (performance.now() < endMs) {
    // A topic that a broker does not know yet is an error to some clients.
    if (await holds().catch(() => false)) return
    await sleep(20)
  }
  assert.ok(await holds(), 'it does not show')
}
