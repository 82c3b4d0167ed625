/** kafkajs: a `send` for each bunch. */

import kafkajs from 'kafkajs'

import { given, measureProducing } from './produce-load.mjs'

const { Kafka, Partitioners, logLevel } = kafkajs
const kafka = new Kafka({ clientId: 'benchmark', brokers: [given.bootstrap], logLevel: logLevel.NOTHING })
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, maxInFlightRequests: 5 })
await producer.connect()
await measureProducing((values) =>
  producer.send({ topic: given.topic, acks: -1, messages: values.map((value) => ({ value })) }),
)
process.exit(0)
