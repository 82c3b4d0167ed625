/** kafkajs: `eachBatch`. */

import kafkajs from 'kafkajs'

import { Reading, given } from './consume-load.mjs'

const { Kafka, logLevel } = kafkajs
const kafka = new Kafka({ clientId: 'benchmark', brokers: [given.bootstrap], logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: given.group })
const reading = new Reading()
await consumer.connect()
await consumer.subscribe({ topic: given.topic, fromBeginning: true })
await consumer.run({
  eachBatch({ batch }) {
    let bytes = 0
    for (const { value } of batch.messages) bytes += value?.length ?? 0
    reading.took(batch.messages.length, bytes)
    return Promise.resolve()
  },
})
await reading.done
process.exit(0)
