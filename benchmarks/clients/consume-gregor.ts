/**
 * Our consumer under measurement, in one of three ways: `poll`, `iterate` (batches, by `for await`) or `each` (a handler for
 * each message). Arguments: as of node/consume-load.mjs, and the way.
 */

import { connect } from '@gregor/client'

import { Reading, given } from './node/consume-load.mjs'

const { topic, group } = given
const way = process.argv[5]
const kafka = await connect({ bootstrap: given.bootstrap, clientId: 'benchmark' })
const reading = new Reading()
const isOver = new AbortController()
const options = { autoOffsetReset: 'earliest', signal: isOver.signal }
void reading.done.then(() => isOver.abort())

if (way === 'poll') {
  const consumer = kafka.consumer({ groupId: group, autoOffsetReset: 'earliest' })
  consumer.subscribe(topic)
  while (!isOver.signal.aborted) {
    for (const { records } of await consumer.poll({ timeoutMs: 1000 })) {
      let bytes = 0
      for (const { value } of records) bytes += value?.length ?? 0
      reading.took(records.length, bytes)
    }
  }
} else if (way === 'iterate') {
  for await (const { records } of kafka.consume(topic, { ...options, group })) {
    let bytes = 0
    for (const { value } of records) bytes += value?.length ?? 0
    reading.took(records.length, bytes)
  }
} else {
  await kafka.consume(topic, { ...options, group }).each(({ value }) => reading.took(1, value?.length ?? 0))
}
await kafka.close()
process.exit(0)
