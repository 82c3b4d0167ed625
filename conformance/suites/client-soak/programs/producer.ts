/**
 * Sends numbered records until it is told `stop`, then says what became of them, and ends. Each second one line of JSON
 * with what it has so far. A record's key is its number modulo the key count: so each key's numbers grow.
 */

import { setTimeout as sleep } from 'node:timers/promises'

import { connect } from '@gregor/client'

import { type ProducerLine, memoryNow } from '../soak-lines.ts'

const [bootstrap = '', topic = '', perSecond = '0'] = process.argv.slice(2)
const keyCount = 97
const turnMs = 20

let isStopped = false
process.stdin.once('data', () => {
  isStopped = true
})

await using kafka = await connect({ bootstrap, logLevel: 'error' })
const producer = kafka.producer({ deliveryTimeoutMs: 300_000, lingerMs: 5, compressionType: 'lz4' })
let sent = 0
let acknowledged = 0
const failures: string[] = []
const reporting = setInterval(() => say(false), 1_000)
for (let turn = 0; !isStopped; turn++) {
  const due = Math.floor(((turn + 1) * turnMs * Number(perSecond)) / 1_000)
  while (sent < due) {
    const number = sent++
    producer.send(topic, { key: String(number % keyCount), value: String(number) }).then(
      () => acknowledged++,
      (error: unknown) => failures.push(`${number}: ${String(error)}`),
    )
  }
  await sleep(turnMs)
}
await producer.flush()
clearInterval(reporting)
say(true)
await producer.close()
process.stdin.destroy()

function say(isLast: boolean): void {
  const line: ProducerLine = { sent, acknowledged, failures, memory: memoryNow(), isLast }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
