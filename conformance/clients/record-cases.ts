/** What every client does with records: sends them in all shapes, sizes and codecs, and reads them from any place. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

import type { Client, ClientCase } from './client-case.ts'
import { codecs, type ClientRecord, type ConsumedRecord, type Produce } from './driver.ts'
import {
  base64,
  contentOf,
  contentWithoutTimestamp,
  largeRecord,
  manyRecords,
  oddRecords,
  sampleTimestamp,
} from './sample-records.ts'
import { storedBatches } from './stored-batches.ts'

export const recordCases: readonly ClientCase[] = [
  {
    name: 'creates a topic by sending to it, and reads back keys, values, headers and timestamps, null and empty ones too',
    needs: ['produce', 'consume'],
    body: sendsOddRecords,
  },
  ...codecs.map((codec): ClientCase => ({
    name: `compresses with ${codec}, and reads it back`,
    needs: ['produce', 'consume', codec],
    async body(client) {
      const records = manyRecords(500)
      const topic = await send(client, { codec, records })
      assert.deepEqual(await contents(client, topic, records.length), records.map(contentWithoutTimestamp))
      // A batch that would grow may stay as it is.
      assert.ok(storedBatches(client.server, topic).some((batch) => batch.codec === codec))
    },
  })),
  {
    name: 'W13: sends uncompressed and with another codec; the topic stores both with the codec of its compression.type',
    needs: ['produce', 'consume', 'create', 'gzip'],
    async body(client) {
      const records = manyRecords(200)
      for (const codec of ['snappy', 'lz4', 'zstd'] as const) {
        const topic = newTopic()
        await client.driver.call('create', { topic, partitions: 1, configs: { 'compression.type': codec } })
        await send(client, { topic, records })
        await send(client, { topic, codec: 'gzip', records })
        const sent = [...records, ...records].map(contentWithoutTimestamp)
        assert.deepEqual(await contents(client, topic, sent.length), sent)
        assert.deepEqual(new Set(storedBatches(client.server, topic).map((batch) => batch.codec)), new Set([codec]))
      }
    },
  },
  {
    name: 'sends and reads a record of 1 MB',
    needs: ['produce', 'consume'],
    async body(client) {
      const records = [largeRecord(1_000_000)]
      const topic = await send(client, { records })
      assert.deepEqual(await contents(client, topic, 1), records.map(contentWithoutTimestamp))
    },
  },
  {
    name: 'is an idempotent producer, whose batches carry its id',
    needs: ['produce', 'consume', 'idempotent'],
    async body(client) {
      const records = manyRecords(1_000)
      const topic = await send(client, { idempotent: true, records })
      assert.deepEqual(await contents(client, topic, records.length), records.map(contentWithoutTimestamp))
      assert.ok(storedBatches(client.server, topic).every(({ producerId }) => producerId >= 0))
    },
  },
  {
    name: 'sends with acks=1',
    needs: ['produce', 'consume'],
    async body(client) {
      const records = manyRecords(10)
      const topic = await send(client, { acks: '1', records })
      assert.deepEqual(await contents(client, topic, records.length), records.map(contentWithoutTimestamp))
    },
  },
  {
    name: 'sends with acks=0',
    needs: ['produce', 'consume', 'create', 'acks0'],
    async body(client) {
      const topic = newTopic()
      await client.driver.call('create', { topic, partitions: 1, configs: {} })
      const records = manyRecords(10)
      await send(client, { topic, acks: '0', records })
      assert.deepEqual(await contents(client, topic, records.length), records.map(contentWithoutTimestamp))
    },
  },
  {
    name: 'learns the partition and offset of each record it sends',
    needs: ['produce', 'everyOffset'],
    async body(client) {
      const topic = newTopic()
      const places = await client.driver.call('produce', produce({ topic, records: manyRecords(100) }))
      assert.deepEqual(
        places,
        Array.from({ length: 100 }, (_, offset) => ({ partition: 0, offset })),
      )
    },
  },
  {
    name: 'starts reading at an offset; finds the first, the last, and the offset of a time',
    needs: ['produce', 'consume', 'offsets', 'timestamp'],
    body: findsOffsets,
  },
  {
    name: 'finds the offset of a time in a compressed batch',
    needs: ['produce', 'offsets', 'timestamp', 'gzip'],
    async body(client) {
      const records = manyRecords(100).map((record, index) => ({ ...record, timestamp: sampleTimestamp + index * 10 }))
      const topic = await send(client, { codec: 'gzip', records })
      const found = await client.driver.call('offsets', { topic, partition: 0, timestamp: sampleTimestamp + 501 })
      assert.equal(found.atTime, 51)
    },
  },
  {
    name: 'puts records with one key into one partition, and into the one that is named (W9)',
    needs: ['produce', 'consume', 'create', 'namedPartition'],
    body: partitions,
  },
  {
    name: 'reads more than one fetch can hold: 20 MB in 2,000 records',
    needs: ['produce', 'consume'],
    isExtra: true,
    async body(client) {
      const topic = newTopic()
      const large = largeRecord(10_000)
      for (let round = 0; round < 20; round++)
        await send(client, { topic, records: Array.from({ length: 100 }, () => large) })
      const read = await consume(client, topic, 2_000)
      assert.deepEqual(
        read.map(({ offset }) => offset),
        Array.from({ length: 2_000 }, (_, offset) => offset),
      )
      assert.ok(read.every(({ value }) => value === large.value))
    },
  },
]

async function sendsOddRecords(client: Client): Promise<void> {
  const records = oddRecords({
    nullHeader: !client.lacks('nullHeader'),
    repeatedHeader: !client.lacks('repeatedHeader'),
    timestamp: !client.lacks('timestamp'),
  })
  const topic = await send(client, { records })
  const read = await consume(client, topic, records.length)
  const seen = client.lacks('timestamp') ? read.map(contentWithoutTimestamp) : read.map(contentOf)
  assert.deepEqual(seen, records.map(client.lacks('timestamp') ? contentWithoutTimestamp : contentOf))
  assert.deepEqual(
    read.map(({ offset }) => offset),
    records.map((_, offset) => offset),
  )
}

async function findsOffsets(client: Client): Promise<void> {
  const topic = newTopic()
  const records = manyRecords(50).map((record, index) => ({ ...record, timestamp: sampleTimestamp + index * 1_000 }))
  // Two batches, so that the second one's times are found, too.
  await send(client, { topic, records: records.slice(0, 30) })
  await send(client, { topic, records: records.slice(30) })
  const read = await client.driver.call('consume', { topic, partition: 0, from: 42, count: 8 })
  assert.deepEqual(
    read.map(({ offset }) => offset),
    [42, 43, 44, 45, 46, 47, 48, 49],
  )
  const at = (timestamp: number) => client.driver.call('offsets', { topic, partition: 0, timestamp })
  assert.deepEqual(await at(sampleTimestamp + 34_001), { earliest: 0, latest: 50, atTime: 35 })
  assert.equal((await at(sampleTimestamp)).atTime, 0)
}

/** W9. */
async function partitions(client: Client): Promise<string> {
  const topic = newTopic()
  await client.driver.call('create', { topic, partitions: 4, configs: {} })
  // As Java's own producer places them among four.
  const javaPartitions: Readonly<Record<string, number>> = {
    'user-0': 3,
    'user-1': 0,
    'user-2': 0,
    'user-3': 3,
    'user-4': 3,
  }
  const keyed = Object.keys(javaPartitions).flatMap((key): readonly ClientRecord[] =>
    Array.from({ length: 3 }, () => ({ key: base64(key), value: base64(key), headers: [] })),
  )
  const named: readonly ClientRecord[] = [0, 1, 2, 3].map((partition) => ({
    partition,
    key: null,
    value: base64(`named ${partition}`),
    headers: [],
  }))
  await send(client, { topic, records: keyed })
  await send(client, { topic, records: named })
  const found = new Map<string, Set<number>>()
  for (const partition of [0, 1, 2, 3]) {
    const { latest } = await client.driver.call('offsets', { topic, partition, timestamp: 0 })
    const read = await client.driver.call('consume', { topic, partition, from: 'earliest', count: latest })
    for (const { value } of read) {
      const text = Buffer.from(value ?? '', 'base64').toString()
      found.set(text, (found.get(text) ?? new Set()).add(partition))
    }
  }
  for (const partition of [0, 1, 2, 3]) assert.deepEqual([...(found.get(`named ${partition}`) ?? [])], [partition])
  const placed = Object.keys(javaPartitions).map((key) => [key, [...(found.get(key) ?? [])]] as const)
  for (const [key, where] of placed) assert.equal(where.length, 1, `${key} is in partitions ${where.join(', ')}`)
  const likeJava = placed.every(([key, where]) => where[0] === javaPartitions[key])
  assert.equal(likeJava, client.hashesLikeJava, JSON.stringify(placed))
  return likeJava ? 'the partitions that Java chooses' : 'by a hash of its own'
}

export function newTopic(): string {
  return `topic-${randomUUID().slice(0, 8)}`
}

export function produce(given: Partial<Produce> & Pick<Produce, 'topic' | 'records'>): Produce {
  return { codec: 'none', acks: 'all', idempotent: false, ...given }
}

/** Sends to a topic that does not exist yet unless one is named; returns its name. */
export async function send(client: Client, given: Partial<Produce> & Pick<Produce, 'records'>): Promise<string> {
  const topic = given.topic ?? newTopic()
  await client.driver.call('produce', produce({ ...given, topic }))
  return topic
}

function consume(client: Client, topic: string, count: number): Promise<readonly ConsumedRecord[]> {
  return client.driver.call('consume', { topic, partition: 0, from: 'earliest', count })
}

async function contents(client: Client, topic: string, count: number): Promise<readonly unknown[]> {
  return (await consume(client, topic, count)).map(contentWithoutTimestamp)
}
