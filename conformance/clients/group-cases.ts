/** What every client does in groups and transactions, once they are served. */

import assert from 'node:assert/strict'

import type { ClientCase } from './client-case.ts'
import { newTopic, send } from './record-cases.ts'
import { base64, contentWithoutTimestamp, manyRecords } from './sample-records.ts'

export const groupCases: readonly ClientCase[] = [
  {
    name: 'reads in a group, commits, and goes on where it stopped',
    needs: ['group', 'produce'],
    service: 'groups',
    async body(client) {
      const records = manyRecords(30)
      const topic = await send(client, { records: records.slice(0, 20) })
      const group = `group-of-${topic}`
      const first = await client.driver.call('group', { topic, group, count: 20 })
      assert.deepEqual(first.map(contentWithoutTimestamp), records.slice(0, 20).map(contentWithoutTimestamp))
      await send(client, { topic, records: records.slice(20) })
      const second = await client.driver.call('group', { topic, group, count: 10 })
      assert.deepEqual(second.map(contentWithoutTimestamp), records.slice(20).map(contentWithoutTimestamp))
    },
  },
]

export const transactionCases: readonly ClientCase[] = [
  {
    name: 'commits a transaction and aborts another; who reads committed records sees the first only',
    needs: ['transaction', 'consumeCommitted', 'create'],
    service: 'transactions',
    async body({ driver }) {
      const topic = newTopic()
      await driver.call('create', { topic, partitions: 1, configs: {} })
      const record = (text: string) => ({ partition: 0, key: null, value: base64(text), headers: [] })
      const commit = [record('one'), record('two')]
      await driver.call('transaction', {
        topic,
        transactionalId: `transaction-of-${topic}`,
        commit,
        abort: [record('never')],
      })
      const seen = await driver.call('consumeCommitted', { topic, partition: 0, count: 2 })
      assert.deepEqual(seen.map(contentWithoutTimestamp), commit.map(contentWithoutTimestamp))
    },
  },
  {
    name: 'W12: reads, sends on and commits the group’s offsets in one transaction; what it aborts, it reads again',
    needs: ['transfer', 'consumeCommitted', 'create', 'produce'],
    service: 'transactions',
    async body(client) {
      const records = manyRecords(20)
      const source = await send(client, { records })
      const topic = newTopic()
      await client.driver.call('create', { topic, partitions: 1, configs: {} })
      const given = { source, topic, group: `group-of-${topic}`, transactionalId: `transfer-${topic}`, count: 10 }
      const firstTen = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
      assert.deepEqual(await client.driver.call('transfer', { ...given, commits: false }), firstTen)
      assert.deepEqual(await client.driver.call('transfer', { ...given, commits: true }), firstTen)
      const nextTen = firstTen.map((offset) => offset + 10)
      assert.deepEqual(await client.driver.call('transfer', { ...given, commits: true }), nextTen)
      const seen = await client.driver.call('consumeCommitted', { topic, partition: 0, count: 20 })
      assert.deepEqual(
        seen.map(({ value }) => value),
        records.map(({ value }) => value),
      )
    },
  },
  {
    name: 'is fenced when a second producer takes its transactional id',
    needs: ['fence', 'consumeCommitted', 'create'],
    service: 'transactions',
    async body({ driver }) {
      const topic = newTopic()
      await driver.call('create', { topic, partitions: 1, configs: {} })
      const record = (text: string) => ({ partition: 0, key: null, value: base64(text), headers: [] })
      const given = { topic, transactionalId: `fenced-${topic}`, zombie: record('zombie'), heir: record('heir') }
      const told = await driver.call('fence', given)
      // One client has no name for the error, only its number.
      assert.match(told, /fenced|epoch|newer producer|code = 90/i)
      const seen = await driver.call('consumeCommitted', { topic, partition: 0, count: 1 })
      assert.deepEqual(
        seen.map(({ value }) => value),
        [base64('heir')],
      )
      return told.slice(0, 100)
    },
  },
]
