/** What records become: keys, values, headers and times in every codec, and the partition they go to. */

import assert from 'node:assert/strict'

import type { ProducerRecord } from '@gregor/client'

import { type Codec, type ConsumedRecord, codecs } from '../../clients/driver.ts'
import { base64, sampleTimestamp } from '../../clients/sample-records.ts'
import type { Given, ProducerCase } from './suite.ts'

const recordCount = 300

export const recordCases: readonly ProducerCase[] = [
  ...(['none', ...codecs] as const).map((codec) => ({
    name: `sends records with keys, headers, times, nulls and emptiness in ${codec}, as the Java client reads them`,
    body: (given: Given) => sendsAllShapes(given, codec),
  })),
  { name: 'sends a record of 1 MB, and waits for the leader alone, or for nobody, as acks says', body: sendsLarge },
  { name: 'puts keys where the Java client puts them: text, bytes, and none of a key', body: partitionsLikeJava },
  { name: 'spreads records without a key over all partitions, a batch each', body: spreads },
  { name: 'tells the time that the topic stamps records with', body: tellsAppendTime },
  { name: 'sends many topics and partitions at once, and each record is where it was said to be', body: sendsToMany },
]

async function sendsAllShapes({ kafka, java }: Given, codec: Codec): Promise<string> {
  const topic = `shapes-${codec}`
  await java.call('create', { topic, partitions: 1, configs: {} })
  await using producer = kafka.producer({ compressionType: codec, batchSize: 4_000 })
  const records = Array.from({ length: recordCount }, (_, index) => shape(index))
  const sent = await producer.sendAll(topic, records)
  assert.deepEqual(
    sent.map(({ offset }) => offset),
    records.map((_, index) => index),
  )
  const read = await java.call('consume', { topic, partition: 0, from: 'earliest', count: recordCount })
  assert.deepEqual(read.map(comparable), records.map(expected))
  return `${producer.metrics()['batch-total']} batches, ${producer.metrics()['byte-total']} bytes`
}

function shape(index: number): ProducerRecord {
  const key = [null, `key ${index}`, Buffer.from([index & 0xff, 0xff, 0]), ''][index % 4] ?? null
  const value = [`value ${index}, ünïcödé`, null, Buffer.alloc(index, index), ''][index % 4] ?? null
  const headers = [
    ['trace', Buffer.from([1, index & 0xff])],
    ['trace', 'the same name again, with a text of some length'],
    ['nothing', null],
    ['', ''],
  ] as const
  // Times go back, too.
  const timestamp = sampleTimestamp + ((index * 7919) % 1000) * 1000
  return { key, value, timestamp, headers: headers.slice(0, index % 5) }
}

function expected({ key = null, value, timestamp, headers = [] }: ProducerRecord): unknown {
  return { key: inBase64(key), value: inBase64(value), timestamp, headers: headers.map(([n, v]) => [n, inBase64(v)]) }
}

function comparable({ key, value, timestamp, headers }: ConsumedRecord): unknown {
  return { key, value, timestamp, headers }
}

function inBase64(bytes: string | Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64')
}

async function sendsLarge({ kafka, java }: Given): Promise<void> {
  const topic = 'large'
  await java.call('create', { topic, partitions: 1, configs: {} })
  const value = Buffer.alloc(1_000_000, 'large ')
  for (const [index, acks] of (['all', '1', '0'] as const).entries()) {
    await using producer = kafka.producer({ acks })
    assert.equal((await producer.send(topic, { value })).offset, acks === '0' ? -1 : index)
  }
  const read = await java.call('consume', { topic, partition: 0, from: 'earliest', count: 3 })
  assert.deepEqual(
    read.map((record) => record.value),
    [1, 2, 3].map(() => value.toString('base64')),
  )
}

async function partitionsLikeJava({ kafka, java }: Given): Promise<string> {
  const topic = 'murmur2'
  await java.call('create', { topic, partitions: 13, configs: {} })
  const keys = Array.from({ length: 400 }, (_, index) =>
    index % 2 === 0 ? `schlüssel-${index}-${'x'.repeat(index % 9)}` : Buffer.alloc(index % 37, index),
  )
  const records = keys.map((key) => ({ key: inBase64(key), value: null, headers: [] }))
  const byJava = await java.call('produce', { topic, codec: 'none', acks: 'all', idempotent: true, records })
  await using producer = kafka.producer()
  const byUs = await producer.sendAll(
    topic,
    keys.map((key) => ({ key, value: null })),
  )
  assert.deepEqual(
    byUs.map(({ partition }) => partition),
    byJava.map(({ partition }) => partition),
  )
  return `${keys.length} keys, ${new Set(byUs.map(({ partition }) => partition)).size} partitions`
}

async function spreads({ kafka, java }: Given): Promise<string> {
  const topic = 'spread'
  await java.call('create', { topic, partitions: 6, configs: {} })
  await using producer = kafka.producer({ batchSize: 2_000 })
  const sent = await producer.sendAll(
    topic,
    Array.from({ length: 3_000 }, () => ({ value: 'x'.repeat(100) })),
  )
  const counts = [0, 1, 2, 3, 4, 5].map((index) => sent.filter(({ partition }) => partition === index).length)
  for (const count of counts) assert.ok(count > 200, `${counts.join(', ')}`)
  const batches = producer.metrics()['batch-total'] ?? 0
  assert.ok(batches < 3_000 / 10, `${batches} batches`)
  return `${counts.join(', ')} in ${batches} batches`
}

async function tellsAppendTime({ kafka, java }: Given): Promise<void> {
  const topic = 'append-time'
  await java.call('create', { topic, partitions: 1, configs: { 'message.timestamp.type': 'LogAppendTime' } })
  await using producer = kafka.producer()
  const sent = await producer.send(topic, { value: 'a', timestamp: sampleTimestamp })
  const [read] = await java.call('consume', { topic, partition: 0, from: 'earliest', count: 1 })
  assert.equal(sent.timestamp, read?.timestamp)
  assert.ok(sent.timestamp > sampleTimestamp)
}

async function sendsToMany({ kafka, java }: Given): Promise<string> {
  const topics = Array.from({ length: 10 }, (_, index) => `many-${index}`)
  for (const topic of topics) await java.call('create', { topic, partitions: 10, configs: {} })
  await using producer = kafka.producer()
  const sent = await Promise.all(
    Array.from({ length: 5_000 }, (_, index) =>
      producer.send(topics[index % 10] ?? '', { key: `${index}`, value: `${index}` }),
    ),
  )
  const read = await java.call('readAll', {
    topics: topics.map((name) => ({ name, partitions: 10 })),
    isolation: 'read_uncommitted',
  })
  for (const [index, { topic, partition, offset }] of sent.entries()) {
    const found = read[`${topic}-${partition}`]?.[offset]
    assert.equal(found?.value, base64(`${index}`), `${topic}-${partition} at ${offset}`)
  }
  return `${producer.metrics()['request-total']} requests, ${producer.metrics()['batch-total']} batches`
}
