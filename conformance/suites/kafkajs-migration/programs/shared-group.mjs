/** One group of a kafkajs consumer and one of ours, each leading once: every record is read, by both of them. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { connect, roundRobinAssignor } from '@gregor/client'
import kafkajs from 'kafkajs'

const [bootstrap = ''] = process.argv.slice(2)
const topic = 'shared'
const partitionCount = 4
const groupId = 'moving'
const kafka = await connect({ bootstrap })
const admin = kafka.admin()
;(await admin.createTopics([{ name: topic, numPartitions: partitionCount }])).all()
const producer = kafka.producer()

for (const first of ['kafkajs', 'ours']) {
  const seen = []
  const stop = new AbortController()
  const theirs = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING }).consumer({
    groupId,
    heartbeatInterval: 200,
    maxWaitTimeInMs: 100,
  })
  let ours = Promise.resolve()
  const start = {
    async kafkajs() {
      await theirs.subscribe({ topic, fromBeginning: true })
      await theirs.run({ eachMessage: async ({ message }) => void seen.push(`kafkajs ${String(message.value)}`) })
    },
    async ours() {
      const likeKafkajs = () => ({ ...roundRobinAssignor(), name: 'RoundRobinAssigner' })
      const reading = kafka.consume(topic, {
        group: groupId,
        assignors: [likeKafkajs],
        autoOffsetReset: 'earliest',
        heartbeatIntervalMs: 200,
        signal: stop.signal,
      })
      ours = reading.each((record) => void seen.push(`ours ${String(record.value)}`))
      await Promise.resolve()
    },
  }
  await start[first]()
  await stableWith(1)
  await start[first === 'ours' ? 'kafkajs' : 'ours']()
  await stableWith(2)
  for (let partition = 0; partition < partitionCount; partition++)
    await producer.send(topic, { value: `${first} first, ${partition}`, partition })
  while (seen.length < partitionCount) await sleep(20)
  assert.equal(seen.filter((text) => text.startsWith('ours')).length, partitionCount / 2, seen.join('\n'))
  stop.abort()
  await ours
  await theirs.disconnect()
}
await kafka.close()

async function stableWith(memberCount) {
  for (;;) {
    const [group] = (await admin.describeConsumerGroups([groupId])).all()
    if (group?.state === 'Stable' && group.members.length === memberCount) return
    await sleep(20)
  }
}
