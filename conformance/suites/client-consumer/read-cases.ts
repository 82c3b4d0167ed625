/** What is read, and from where on: codecs, seeking, times, transactions, resets. */

import assert from 'node:assert/strict'

import { NoOffsetError } from '@gregor/client'

import { codecs } from '../../clients/driver.ts'
import { base64, sampleTimestamp } from '../../clients/sample-records.ts'
import { createTopic, produce, read, readValues } from './reading.ts'
import type { ConsumerCase, Given } from './suite.ts'

export const readCases: readonly ConsumerCase[] = [
  { name: 'reads what the Java client wrote, in every codec: keys, values, headers, times, nulls', body: readsCodecs },
  { name: 'W8: seeks to a time and to offsets, and reads on from there', body: seeks },
  { name: 'knows both ends of a log, its position and its lag', body: knowsPlaces },
  { name: 'reads what was committed and leaves out what was aborted, with read_committed', body: readsCommitted },
  { name: 'stops before a transaction that is open, with read_committed', body: stopsBeforeOpen },
  { name: 'begins where auto.offset.reset says: earliest, latest, by_duration, none', body: resets },
  { name: 'goes on at the log start when records before it are deleted', body: survivesDeletion },
  { name: 'reads a record that is larger than every fetch size', body: readsLarge },
]

async function readsCodecs(given: Given): Promise<string> {
  const { java, kafka } = given
  const records = Array.from({ length: 50 }, (_, index) => ({
    key: index % 3 === 0 ? null : base64(`key ${index}`),
    value: index % 4 === 0 ? null : base64(`value ${index}`.repeat(1 + (index % 5))),
    headers:
      index % 2 === 0
        ? []
        : ([
            ['a', base64('1')],
            ['a', null],
          ] as const),
    timestamp: sampleTimestamp + index,
  }))
  for (const codec of ['none', ...codecs] as const) {
    const topic = `codec-${codec}`
    await createTopic(given, topic)
    await java.call('produce', { topic, codec, acks: 'all', idempotent: true, records })
    await using consumer = kafka.consumer({ autoOffsetReset: 'earliest' })
    consumer.assign([{ topic, partition: 0 }])
    const seen = (await read(consumer, records.length)).map(({ key, value, headers, timestamp }) => ({
      key: key?.toString('base64') ?? null,
      value: value?.toString('base64') ?? null,
      headers: headers.map(([name, bytes]) => [name, bytes?.toString('base64') ?? null]),
      timestamp,
    }))
    assert.deepEqual(seen, records)
  }
  return `${codecs.length + 1} codecs`
}

async function seeks(given: Given): Promise<void> {
  const topic = 'seek'
  await createTopic(given, topic)
  await using producer = given.kafka.producer()
  for (let index = 0; index < 20; index++) {
    await producer.send(topic, { value: `${index}`, timestamp: sampleTimestamp + index * 1_000 })
  }
  const partition = { topic, partition: 0 }
  await using consumer = given.kafka.consumer({ autoOffsetReset: 'earliest', maxPollRecords: 3 })
  consumer.assign([partition])
  assert.deepEqual(await readValues(consumer, 3), ['0', '1', '2'])
  const [at] = await consumer.offsetsForTimes([{ ...partition, timestamp: sampleTimestamp + 12_500 }])
  assert.deepEqual([at?.offset, at?.timestamp], [13, sampleTimestamp + 13_000])
  consumer.seek(partition, at?.offset ?? 0)
  assert.deepEqual(await readValues(consumer, 3), ['13', '14', '15'])
  consumer.seek(partition, 5)
  assert.deepEqual(await readValues(consumer, 3), ['5', '6', '7'])
  consumer.seekToBeginning()
  assert.deepEqual(await readValues(consumer, 3), ['0', '1', '2'])
  consumer.seekToEnd()
  assert.equal(await consumer.position(partition), 20)
  const [later] = await consumer.offsetsForTimes([{ ...partition, timestamp: sampleTimestamp + 3_600_000 }])
  assert.equal(later, undefined)
}

async function knowsPlaces(given: Given): Promise<void> {
  const topic = 'places'
  await createTopic(given, topic, 2)
  await produce(given, topic, 10)
  const partitions = [0, 1].map((partition) => ({ topic, partition }))
  await using consumer = given.kafka.consumer({ autoOffsetReset: 'earliest', maxPollRecords: 4 })
  consumer.assign(partitions)
  assert.deepEqual(
    (await consumer.beginningOffsets(partitions)).map(({ offset }) => offset),
    [0, 0],
  )
  assert.deepEqual(
    (await consumer.endOffsets(partitions)).map(({ offset }) => offset),
    [10, 0],
  )
  await read(consumer, 4)
  const [first = { topic, partition: 0 }] = partitions
  assert.equal(await consumer.position(first), 4)
  assert.equal(consumer.lag(first), 6)
  assert.deepEqual(
    (await consumer.partitionsFor(topic)).map(({ partition }) => partition),
    [0, 1],
  )
  assert.ok((await consumer.listTopics()).some(({ name }) => name === topic))
}

async function readsCommitted(given: Given): Promise<void> {
  const { java, kafka } = given
  const topic = 'transactions'
  await createTopic(given, topic)
  const record = (value: string) => ({ partition: 0, key: null, value: base64(value), headers: [] })
  await java.call('transaction', {
    topic,
    transactionalId: 't',
    commit: [record('a'), record('b')],
    abort: [record('x')],
  })
  await java.call('transaction', {
    topic,
    transactionalId: 't',
    commit: [record('c')],
    abort: [record('y'), record('z')],
  })
  for (const [isolationLevel, expected] of [
    ['read_committed', ['a', 'b', 'c']],
    ['read_uncommitted', ['a', 'b', 'x', 'c', 'y', 'z']],
  ] as const) {
    await using consumer = kafka.consumer({ autoOffsetReset: 'earliest', isolationLevel })
    consumer.assign([{ topic, partition: 0 }])
    assert.deepEqual(await readValues(consumer, expected.length), expected)
    assert.deepEqual(await consumer.poll({ timeoutMs: 300 }), [])
  }
}

async function stopsBeforeOpen(given: Given): Promise<void> {
  const { java, kafka } = given
  const topic = 'open-transaction'
  await createTopic(given, topic)
  await produce(given, topic, 3)
  await java.call('openTransaction', { topic, transactionalId: 'open', group: 'open-group', offset: 7 })
  await using consumer = kafka.consumer({ autoOffsetReset: 'earliest', isolationLevel: 'read_committed' })
  consumer.assign([{ topic, partition: 0 }])
  assert.deepEqual(await readValues(consumer, 3), ['0', '1', '2'])
  assert.deepEqual(await consumer.poll({ timeoutMs: 300 }), [])
  assert.equal((await consumer.endOffsets([{ topic, partition: 0 }]))[0]?.offset, 3)
  await java.call('endTransaction', { transactionalId: 'open', commits: true })
  await read(consumer, 1)
}

async function resets(given: Given): Promise<void> {
  const { kafka } = given
  const topic = 'resets'
  await createTopic(given, topic)
  await using producer = kafka.producer()
  await producer.send(topic, { value: 'old', timestamp: Date.now() - 3_600_000 })
  await producer.send(topic, { value: 'young', timestamp: Date.now() - 60_000 })
  for (const [autoOffsetReset, expected] of [
    ['earliest', 'old'],
    ['by_duration:PT30M', 'young'],
    ['latest', 'new'],
  ] as const) {
    await using consumer = kafka.consumer({ autoOffsetReset, maxPollRecords: 1 })
    consumer.assign([{ topic, partition: 0 }])
    await consumer.position({ topic, partition: 0 })
    if (autoOffsetReset === 'latest') await producer.send(topic, { value: 'new' })
    assert.deepEqual(await readValues(consumer, 1), [expected], autoOffsetReset)
  }
  await using consumer = kafka.consumer({ autoOffsetReset: 'none' })
  consumer.assign([{ topic, partition: 0 }])
  await assert.rejects(consumer.poll({ timeoutMs: 5_000 }), NoOffsetError)
  consumer.seek({ topic, partition: 0 }, 1_000)
  await assert.rejects(consumer.poll({ timeoutMs: 5_000 }), NoOffsetError)
}

async function survivesDeletion(given: Given): Promise<void> {
  const topic = 'deleted'
  await createTopic(given, topic)
  await produce(given, topic, 10)
  await given.java.call('deleteRecords', { topic, partition: 0, before: 6 })
  await using consumer = given.kafka.consumer({ autoOffsetReset: 'earliest' })
  consumer.assign([{ topic, partition: 0 }])
  consumer.seek({ topic, partition: 0 }, 2)
  assert.deepEqual(await readValues(consumer, 4), ['6', '7', '8', '9'])
}

async function readsLarge(given: Given): Promise<void> {
  const topic = 'large'
  await createTopic(given, topic)
  await using producer = given.kafka.producer()
  await producer.send(topic, { value: Buffer.alloc(900_000, 'x') })
  await using consumer = given.kafka.consumer({
    autoOffsetReset: 'earliest',
    maxPartitionFetchBytes: 1_000,
    fetchMaxBytes: 2_000,
  })
  consumer.assign([{ topic, partition: 0 }])
  assert.equal((await read(consumer, 1))[0]?.valueBytes, 900_000)
}
