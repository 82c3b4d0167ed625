/** @confluentinc/kafka-javascript, on librdkafka: `eachBatch`, with batches as large as it lets them be. */

import confluent from '@confluentinc/kafka-javascript'

import { Reading, given } from './consume-load.mjs'

const { Kafka, logLevel } = confluent.KafkaJS
const kafka = new Kafka({ kafkaJS: { clientId: 'benchmark', brokers: [given.bootstrap], logLevel: logLevel.NOTHING } })
const consumer = kafka.consumer({
  kafkaJS: { groupId: given.group, fromBeginning: true },
  'js.consumer.max.batch.size': -1,
})
const reading = new Reading()
await consumer.connect()
await consumer.subscribe({ topic: given.topic })
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
