/** What a server refuses, and what is told of it: per record, and without harm to what is sent beside it. */

import assert from 'node:assert/strict'

import { KafkaError } from '@gregor/client'

import type { Given, ProducerCase } from './suite.ts'

export const refusalCases: readonly ProducerCase[] = [
  { name: 'splits batches that are too large for the topic, and fails a record that is so by itself', body: splits },
  { name: 'tells the records of a refused batch apart', body: tellsRecordsApart },
  { name: 'refuses a time that the topic does not take, and goes on', body: refusesTimes },
  { name: 'gives up a topic that is not there, and a partition that it does not have', body: knowsWhatIsThere },
]

async function splits({ kafka, java }: Given): Promise<string> {
  const topic = 'small-batches'
  await java.call('create', { topic, partitions: 1, configs: { 'max.message.bytes': '2000' } })
  await using producer = kafka.producer()
  const values = Array.from({ length: 200 }, (_, index) => `${index}`.padEnd(100, '.'))
  const all = producer.sendAll(
    topic,
    values.map((value) => ({ value })),
  )
  const large = assert.rejects(producer.send(topic, { value: Buffer.alloc(3_000) }), { code: 'MESSAGE_TOO_LARGE' })
  const sent = await all
  await large
  assert.equal((await producer.send(topic, { value: 'after' })).offset, 200)
  assert.deepEqual(
    sent.map(({ offset }) => offset),
    values.map((_, index) => index),
  )
  const read = await java.call('consume', { topic, partition: 0, from: 'earliest', count: 201 })
  assert.deepEqual(
    read.map(({ value }) => Buffer.from(value ?? '', 'base64').toString()),
    [...values, 'after'],
  )
  return `${producer.metrics()['batch-split-total']} batches were split`
}

async function tellsRecordsApart({ kafka, java }: Given): Promise<string> {
  const topic = 'compacted'
  await java.call('create', { topic, partitions: 1, configs: { 'cleanup.policy': 'compact' } })
  await using producer = kafka.producer()
  const results = await Promise.allSettled(['a', null, 'c'].map((key) => producer.send(topic, { key, value: 'x' })))
  const reasons = results.map((result) => {
    assert.ok(result.status === 'rejected' && result.reason instanceof KafkaError)
    return result.reason
  })
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['INVALID_RECORD', 'INVALID_RECORD', 'INVALID_RECORD'],
  )
  assert.match(reasons[0]?.message ?? '', /other records of its batch/)
  assert.doesNotMatch(reasons[1]?.message ?? '', /other records of its batch/)
  assert.equal((await producer.send(topic, { key: 'd', value: 'x' })).offset, 0)
  return reasons[1]?.message ?? ''
}

async function refusesTimes({ kafka, java }: Given): Promise<void> {
  const topic = 'times'
  await java.call('create', { topic, partitions: 1, configs: { 'message.timestamp.before.max.ms': '60000' } })
  await using producer = kafka.producer()
  await producer.send(topic, { value: 'now' })
  await assert.rejects(producer.send(topic, { value: 'long ago', timestamp: 1_000 }), { code: 'INVALID_TIMESTAMP' })
  assert.equal((await producer.send(topic, { value: 'now' })).offset, 1)
}

async function knowsWhatIsThere({ kafka, java }: Given): Promise<void> {
  const topic = 'three'
  await java.call('create', { topic, partitions: 3, configs: {} })
  await using producer = kafka.producer({ maxBlockMs: 1_000 })
  await assert.rejects(producer.send(topic, { value: 'x', partition: 3 }), {
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
    message: /partition 3 is not one of the 3/,
  })
  await assert.rejects(producer.send('no such topic!', { value: 'x' }), { code: 'INVALID_TOPIC_EXCEPTION' })
}
