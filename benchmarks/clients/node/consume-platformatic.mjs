/** @platformatic/kafka: its stream, by events, which is faster there than `for await`. */

import { Consumer } from '@platformatic/kafka'

import { Reading, given } from './consume-load.mjs'

const consumer = new Consumer({ clientId: 'benchmark', groupId: given.group, bootstrapBrokers: [given.bootstrap] })
const reading = new Reading()
const stream = await consumer.consume({ topics: [given.topic], mode: 'earliest', autocommit: true })
stream.on('data', ({ value }) => reading.took(1, value?.length ?? 0))
await reading.done
process.exit(0)
