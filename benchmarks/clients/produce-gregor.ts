/**
 * Our producer under measurement, handing over bunches in one of three ways: `sendAll` (a promise for a bunch), `send` (a
 * promise for each message) or `offer` (none). Arguments: as of node/produce-load.mjs, and the way.
 */

import { connect } from '@gregor/client'

import { given, measureProducing } from './node/produce-load.mjs'

const { topic } = given
const way = process.argv[6]
const kafka = await connect({ bootstrap: given.bootstrap, clientId: 'benchmark' })
const producer = kafka.producer()
const sendBunch: Readonly<Record<string, (values: readonly Buffer[]) => Promise<unknown>>> = {
  sendAll: (values) =>
    producer.sendAll(
      topic,
      values.map((value) => ({ value })),
    ),
  send: (values) => Promise.all(values.map((value) => producer.send(topic, { value }))),
  async offer(values) {
    for (const value of values) if (!producer.offer(topic, { value })) await producer.drained()
    // As every program does that reads what it sends from somewhere.
    await new Promise(setImmediate)
  },
}
const chosen = sendBunch[way ?? '']
if (chosen === undefined) throw new TypeError(`${way} is no way of sending`)
await measureProducing(chosen, () => producer.flush())
await kafka.close()
process.exit(0)
