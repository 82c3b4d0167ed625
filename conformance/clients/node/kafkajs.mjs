/** kafkajs, told what to do line by line (see ../driver.ts). It reads in groups only. */

import zlib from 'node:zlib'

import kafkajs from 'kafkajs'
import SnappyCodec from 'kafkajs-snappy'

import { decoded, encoded, serve } from './serve.mjs'
import { lz4Compress, lz4Decompress } from '@platformatic/wasm-utils'

const { Kafka, CompressionCodecs, CompressionTypes, ConfigResourceTypes, logLevel } = kafkajs
CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async ({ buffer }) => Buffer.from(lz4Compress(buffer)),
  decompress: async (buffer) => Buffer.from(lz4Decompress(buffer)),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }) => zlib.zstdCompressSync(buffer),
  decompress: async (buffer) => zlib.zstdDecompressSync(buffer),
})

const codecs = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}
const kafka = new Kafka({ clientId: 'conformance', brokers: [process.argv[2]], logLevel: logLevel.NOTHING })
const admin = kafka.admin()
await admin.connect()
let groupCount = 0

await serve({
  async produce({ topic, codec, acks, idempotent, records }) {
    const producer = kafka.producer({ idempotent, maxInFlightRequests: 1 })
    await producer.connect()
    const results = await producer.send({
      topic,
      acks: acks === 'all' ? -1 : Number(acks),
      compression: codecs[codec],
      messages: records.map(message),
    })
    await producer.disconnect()
    // kafkajs tells the first offset of each partition only.
    return results.map(({ partition, baseOffset }) => ({ partition, offset: Number(baseOffset ?? -1) }))
  },
  consume: ({ topic, partition, from, count }) =>
    read({ topic, group: `read-${process.pid}-${groupCount++}`, count, partition, from }),
  group: ({ topic, group, count }) => read({ topic, group, count, commits: true }),
  async offsets({ topic, partition, timestamp }) {
    const here = (found) => found.find((each) => each.partition === partition)
    const { low, high } = here(await admin.fetchTopicOffsets(topic))
    const { offset } = here(await admin.fetchTopicOffsetsByTimestamp(topic, timestamp))
    return { earliest: Number(low), latest: Number(high), atTime: Number(offset) }
  },
  async create({ topic, partitions, configs }) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    // It tells by false that there is one already.
    if (!(await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] })))
      throw new Error('it exists')
    return null
  },
  topics: () => admin.listTopics(),
  async describe({ topic }) {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0].partitions.length
  },
  async grow({ topic, partitions }) {
    await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] })
    return null
  },
  async config({ topic, name }) {
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false })
    return resources[0].configEntries[0].configValue
  },
  async alter({ topic, name, value }) {
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }
    await admin.alterConfigs({ resources: [resource], validateOnly: false })
    return null
  },
  async deleteRecords({ topic, partition, before }) {
    // It looks for the leader before it asks who that is, unless it was told of the topic.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })
    return before
  },
  async delete({ topic }) {
    await admin.deleteTopics({ topics: [topic] })
    return null
  },
  async transaction({ topic, transactionalId, commit, abort }) {
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId })
    await producer.connect()
    for (const [records, end] of [
      [commit, 'commit'],
      [abort, 'abort'],
    ]) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: records.map(message) })
      await transaction[end]()
    }
    await producer.disconnect()
    return null
  },
  async transfer({ source, topic, group, transactionalId, count, commits }) {
    const records = await read({ topic: source, group, count })
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: records.map(({ value }) => ({ value: decoded(value), partition: 0 })) })
    const next = new Map(records.map(({ partition, offset }) => [partition, String(offset + 1)]))
    const partitions = Array.from(next, ([partition, offset]) => ({ partition, offset }))
    await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic: source, partitions }] })
    await transaction[commits ? 'commit' : 'abort']()
    await producer.disconnect()
    return records.map(({ offset }) => offset)
  },
  async fence({ topic, transactionalId, zombie, heir }) {
    const transactions = []
    const producers = []
    for (const record of [zombie, heir]) {
      const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId })
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [message(record)] })
      producers.push(producer)
      transactions.push(transaction)
    }
    await transactions[1].commit()
    const told = await transactions[0].commit().then(
      () => 'nothing',
      (problem) => String(problem),
    )
    for (const producer of producers) await producer.disconnect()
    return told
  },
  // It reads committed transactions only, unless told otherwise.
  consumeCommitted: ({ topic, count }) => read({ topic, group: `read-${process.pid}-${groupCount++}`, count }),
  async walkthrough({ name, topic }) {
    if (name !== 'W8') throw new Error(`no walkthrough ${name}`)
    return seek(topic)
  },
})
await admin.disconnect()

function message({ partition, key, value, headers, timestamp }) {
  const together = {}
  for (const [name, content] of headers) (together[name] ??= []).push(decoded(content))
  return {
    key: decoded(key),
    value: decoded(value),
    headers: together,
    ...(partition !== undefined && { partition }),
    ...(timestamp !== undefined && { timestamp: String(timestamp) }),
  }
}

async function read({ topic, group, count, partition, from, commits = false }) {
  const consumer = kafka.consumer({ groupId: group, rebalanceTimeout: 2_000 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const records = []
  const { promise, resolve } = Promise.withResolvers()
  await consumer.run({
    autoCommit: commits,
    eachMessage: async ({ partition: at, message: { offset, timestamp, key, value, headers } }) => {
      if (records.length === count || (partition !== undefined && at !== partition)) return
      records.push({
        partition: at,
        offset: Number(offset),
        timestamp: Number(timestamp),
        key: encoded(key),
        value: encoded(value),
        headers: Object.entries(headers).flatMap(([name, content]) =>
          [content].flat().map((each) => [name, encoded(each)]),
        ),
      })
      if (records.length === count) resolve()
    },
  })
  if (typeof from === 'number') consumer.seek({ topic, partition, offset: String(from) })
  await Promise.race([promise, new Promise((late) => setTimeout(late, 15_000).unref())])
  await consumer.disconnect()
  return records
}

/** W8: `consumer.seek({ topic, partition: 0, offset: 123 })`. */
async function seek(topic) {
  const [first] = await read({ topic, group: 'walkthrough-8', count: 1, partition: 0, from: 123 })
  return first.offset
}
