/** @confluentinc/kafka-javascript, on librdkafka: a `send` for each bunch. Its queue batches by itself. */

import confluent from '@confluentinc/kafka-javascript'

import { given, measureProducing } from './produce-load.mjs'

const { Kafka, logLevel } = confluent.KafkaJS
const kafka = new Kafka({ kafkaJS: { clientId: 'benchmark', brokers: [given.bootstrap], logLevel: logLevel.NOTHING } })
const producer = kafka.producer({ kafkaJS: { acks: -1 }, 'linger.ms': 5, 'batch.size': 16_384 })
await producer.connect()
await measureProducing((values) => producer.send({ topic: given.topic, messages: values.map((value) => ({ value })) }))
process.exit(0)
