/**
 * What is written into a directory before the other server opens it: rolled segments, all codecs, odd records, records
 * deleted and compacted, a topic deleted, one grown, offsets of a group, transactions where they are served.
 */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { codecs, type ClientRecord, type Driver } from '../../clients/driver.ts'
import { base64, largeRecord, manyRecords, oddRecords } from '../../clients/sample-records.ts'

export const compactedTopic = 'compacted'
export const groupTopic = 'codec-gzip'
export const groupName = 'readers'

/** Both servers compact at once, and roll small segments. */
export const properties = {
  'log.cleaner.backoff.ms': 100,
  'log.flush.start.offset.checkpoint.interval.ms': 500,
  'offsets.topic.num.partitions': 3,
  'transaction.state.log.num.partitions': 3,
  'group.initial.rebalance.delay.ms': 0,
  'node.id': 1,
}

const longName = `long-${'x'.repeat(244)}`
const keyCount = 50

export interface Served {
  readonly groups: boolean
  readonly consumerGroups: boolean
  readonly transactions: boolean
}

export async function write(driver: Driver, served: Served): Promise<void> {
  await create(driver, 'rolled', 2, { 'segment.bytes': '1048576', 'index.interval.bytes': '1024' })
  for (let round = 0; round < 4; round++) await send(driver, 'rolled', manyRecords(6_000, `round-${round}`))
  await send(
    driver,
    'rolled',
    manyRecords(50).map((record) => ({ ...record, partition: 1 })),
  )
  for (const codec of codecs) await send(driver, `codec-${codec}`, manyRecords(500), { codec })
  await send(driver, 'odd', oddRecords({ nullHeader: true, repeatedHeader: true, timestamp: true }))
  await send(driver, 'odd', [largeRecord(900_000)])
  await create(driver, 'stamped', 1, { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'zstd' })
  await send(driver, 'stamped', manyRecords(100), { codec: 'lz4' })
  await create(driver, longName, 1, {})
  await send(driver, longName, manyRecords(10))
  await create(driver, 'empty', 3, {})
  await create(driver, 'gone', 1, {})
  await send(driver, 'gone', manyRecords(10))
  await driver.call('delete', { topic: 'gone' })
  await create(driver, 'grown', 1, {})
  await driver.call('grow', { topic: 'grown', partitions: 4 })
  await trim(driver)
  await compact(driver)
  if (served.groups) await driver.call('group', { topic: groupTopic, group: groupName, count: 123 })
  if (served.consumerGroups) await driver.call('consumerGroup', { topic: groupTopic, group: 'modern', count: 77 })
  if (served.transactions) await transact(driver)
}

/** What the other server adds to the same topics. */
export async function append(driver: Driver, by: string): Promise<void> {
  await send(driver, 'rolled', manyRecords(2_000, by))
  for (const codec of codecs) await send(driver, `codec-${codec}`, manyRecords(100, by), { codec })
  await send(driver, 'stamped', manyRecords(10, by))
  await send(driver, compactedTopic, keyed(by))
  await create(driver, `made-by-${by}`, 2, { 'retention.ms': '7200000' })
  await send(driver, `made-by-${by}`, manyRecords(10, by))
  await driver.call('alter', { topic: 'empty', name: 'max.message.bytes', value: '2097152' })
}

async function trim(driver: Driver): Promise<void> {
  await create(driver, 'trimmed', 1, { 'segment.bytes': '1048576' })
  for (let round = 0; round < 3; round++) await send(driver, 'trimmed', manyRecords(6_000))
  await driver.call('deleteRecords', { topic: 'trimmed', partition: 0, before: 10_500 })
}

async function compact(driver: Driver): Promise<void> {
  await create(driver, compactedTopic, 1, {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.01',
    'segment.bytes': '1048576',
  })
  const count = 12_000
  const filler = 'z'.repeat(200)
  for (let round = 0; round < 2; round++) {
    await send(
      driver,
      compactedTopic,
      Array.from({ length: count / 2 }, (_, index) => ({
        partition: 0,
        key: base64(`key-${index % keyCount}`),
        // Every seventh key ends with a tombstone.
        value: index + keyCount >= count / 2 && index % 7 === 0 ? null : base64(`${round}:${index}:${filler}`),
        headers: [],
      })),
    )
  }
  for (let attempt = 0; attempt < 150; attempt++) {
    const topics = [{ name: compactedTopic, partitions: 1 }]
    const left = await driver.call('readAll', { topics, isolation: 'read_uncommitted' })
    if ((left[`${compactedTopic}-0`]?.length ?? 0) < count / 2) return
    await sleep(100)
  }
  assert.fail('nothing was compacted in 15 s')
}

function keyed(by: string): readonly ClientRecord[] {
  return Array.from({ length: keyCount / 2 }, (_, index) => ({
    partition: 0,
    key: base64(`key-${index}`),
    value: base64(by),
    headers: [],
  }))
}

async function transact(driver: Driver): Promise<void> {
  await create(driver, 'transactional', 1, {})
  for (let round = 0; round < 3; round++) {
    await driver.call('transaction', {
      topic: 'transactional',
      transactionalId: `transaction-${round}`,
      commit: manyRecords(20, `commit-${round}`),
      abort: manyRecords(20, `abort-${round}`),
    })
  }
}

async function create(
  driver: Driver,
  topic: string,
  partitions: number,
  configs: Readonly<Record<string, string>>,
): Promise<void> {
  await driver.call('create', { topic, partitions, configs })
}

async function send(
  driver: Driver,
  topic: string,
  records: readonly ClientRecord[],
  { codec = 'none' as const }: { readonly codec?: 'none' | (typeof codecs)[number] } = {},
): Promise<void> {
  await driver.call('produce', { topic, codec, acks: 'all', idempotent: true, records })
}
