/** @platformatic/kafka, told what to do line by line (see ../driver.ts). */

import { Admin, Consumer, Producer } from '@platformatic/kafka'

import { decoded, encoded, serve } from './serve.mjs'

const base = { clientId: 'conformance', bootstrapBrokers: [process.argv[2]], strict: true }
const topicType = 2
const set = 0
const admin = new Admin(base)

await serve({
  async produce({ topic, codec, acks, idempotent, records }) {
    const producer = new Producer({ ...base, autocreateTopics: true })
    const { offsets } = await producer.send({
      messages: records.map((record) => message(topic, record)),
      acks: { all: -1, 1: 1, 0: 0 }[acks],
      compression: codec,
      idempotent,
    })
    await producer.close()
    // It tells the first offset of each batch only.
    return (offsets ?? []).map(({ partition, offset }) => ({ partition, offset: Number(offset) }))
  },
  async consume({ topic, partition, from, count }) {
    const consumer = new Consumer({ ...base, groupId: 'none' })
    const metadata = await consumer.metadata({ topics: [topic] })
    const { id, partitions } = metadata.topics.get(topic)
    const { leader } = partitions[partition]
    let next = BigInt(from === 'earliest' ? await offsetAt(topic, partition, -2n) : from)
    const records = []
    for (const endMs = Date.now() + 15_000; records.length < count && Date.now() < endMs;) {
      const fetchOffset = next
      const asked = {
        partition,
        currentLeaderEpoch: -1,
        fetchOffset,
        lastFetchedEpoch: -1,
        partitionMaxBytes: 4 * 1024 * 1024,
      }
      const { responses } = await consumer.fetch({
        node: leader,
        maxWaitTime: 500,
        topics: [{ topicId: id, partitions: [asked] }],
      })
      for (const batch of responses.flatMap((each) => each.partitions).flatMap((each) => each.records ?? [])) {
        for (const record of batch.records) {
          const offset = batch.firstOffset + BigInt(record.offsetDelta)
          if (offset < next || records.length === count) continue
          next = offset + 1n
          records.push({
            partition,
            offset: Number(offset),
            timestamp: Number(batch.firstTimestamp + BigInt(record.timestampDelta)),
            key: encoded(record.key),
            value: encoded(record.value),
            headers: [...record.headers].map(([name, content]) => [name.toString(), encoded(content)]),
          })
        }
      }
    }
    await consumer.close()
    return records
  },
  async group({ topic, group, count }) {
    const consumer = new Consumer({ ...base, groupId: group, autocommit: false })
    const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
    const records = []
    const late = setTimeout(() => stream.close(), 15_000)
    for await (const { partition, offset, timestamp, key, value, headers, commit } of stream) {
      records.push({
        partition,
        offset: Number(offset),
        timestamp: Number(timestamp),
        key: encoded(key),
        value: encoded(value),
        headers: [...headers].map(([name, content]) => [name.toString(), encoded(content)]),
      })
      await commit()
      if (records.length === count) break
    }
    clearTimeout(late)
    await consumer.close(true)
    return records
  },
  async offsets({ topic, partition, timestamp }) {
    return {
      earliest: await offsetAt(topic, partition, -2n),
      latest: await offsetAt(topic, partition, -1n),
      atTime: await offsetAt(topic, partition, BigInt(timestamp)),
    }
  },
  async create({ topic, partitions, configs }) {
    const entries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: entries })
  },
  topics: () => admin.listTopics(),
  async describe({ topic }) {
    const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
    return topics.get(topic).partitionsCount
  },
  async grow({ topic, partitions }) {
    // It cannot leave the brokers to the controller.
    const { brokers, topics } = await admin.metadata({ topics: [topic] })
    const added = partitions - topics.get(topic).partitionsCount
    const assignments = Array.from({ length: added }, () => ({ brokerIds: [...brokers.keys()] }))
    await admin.createPartitions({ topics: [{ name: topic, count: partitions, assignments }], validateOnly: false })
  },
  async config({ topic, name }) {
    const resources = [{ resourceType: topicType, resourceName: topic, configurationKeys: [name] }]
    const [{ configs }] = await admin.describeConfigs({ resources })
    return configs[0].value
  },
  alter: ({ topic, name, value }) =>
    admin.incrementalAlterConfigs({
      resources: [{ resourceType: topicType, resourceName: topic, configs: [{ name, configOperation: set, value }] }],
    }),
  async deleteRecords({ topic, partition, before }) {
    const topics = [{ name: topic, partitions: [{ partition, offset: BigInt(before) }] }]
    const [deleted] = await admin.deleteRecords({ topics })
    return Number(deleted.partitions[0].lowWatermark)
  },
  delete: ({ topic }) => admin.deleteTopics({ topics: [topic] }),
  async transaction({ topic, transactionalId, commit, abort }) {
    const producer = new Producer({ ...base, idempotent: true, transactionalId })
    for (const [records, end] of [
      [commit, 'commit'],
      [abort, 'abort'],
    ]) {
      const transaction = await producer.beginTransaction()
      await transaction.send({ messages: records.map((record) => message(topic, record)) })
      await transaction[end]()
    }
    await producer.close()
  },
})
await admin.close()

function message(topic, { partition, key, value, headers, timestamp }) {
  return {
    topic,
    key: decoded(key),
    value: decoded(value),
    headers: new Map(headers.map(([name, content]) => [Buffer.from(name), decoded(content)])),
    ...(partition !== undefined && { partition }),
    ...(timestamp !== undefined && { timestamp: BigInt(timestamp) }),
  }
}

async function offsetAt(topic, partition, timestamp) {
  const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }]
  const [found] = await admin.listOffsets({ topics })
  return Number(found.partitions[0].offset)
}
