/** @platformatic/kafka: a `send` for each bunch. */

import { Producer } from '@platformatic/kafka'

import { given, measureProducing } from './produce-load.mjs'

const { topic } = given
const producer = new Producer({ clientId: 'benchmark', bootstrapBrokers: [given.bootstrap] })
await measureProducing((values) => producer.send({ acks: -1, messages: values.map((value) => ({ topic, value })) }))
process.exit(0)
