/**
 * A member of a group that says what it is given, what it has committed and how much memory it has, one line of JSON each,
 * with the time: until it is told `stop`, or killed.
 */

import { connect } from '@gregor/client'

import { type MemberLine, memoryNow } from '../soak-lines.ts'

const [bootstrap = '', topic = '', groupId = '', protocol] = process.argv.slice(2)
const groupProtocol = protocol === 'classic' ? 'classic' : 'consumer'

const stopping = new AbortController()
process.stdin.once('data', () => stopping.abort())

await using kafka = await connect({ bootstrap, logLevel: 'error' })
const consumer = kafka.consumer({
  groupId,
  groupProtocol,
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  ...(groupProtocol === 'classic'
    ? { partitionAssignmentStrategy: 'cooperative-sticky', sessionTimeoutMs: 6_000, heartbeatIntervalMs: 1_000 }
    : {}),
})
consumer.subscribe([topic])
const reporting = setInterval(() => say({ kind: 'memory', memory: memoryNow() }), 1_000)
while (!stopping.signal.aborted) {
  try {
    const batches = await consumer.poll({ timeoutMs: 1_000, signal: stopping.signal })
    for (const { partition, records } of batches) {
      const [first, last] = [records.at(0), records.at(-1)]
      if (first !== undefined && last !== undefined)
        say({ kind: 'given', partition, from: first.offset, to: last.offset, count: records.length })
    }
    if (batches.length === 0) continue
    const offsets = batches.map(({ topic: name, partition, next }) => ({ topic: name, partition, ...next }))
    await consumer.commit(offsets, { timeoutMs: 20_000 })
    for (const { partition, offset } of offsets) say({ kind: 'committed', partition, offset })
  } catch (error) {
    if (!stopping.signal.aborted) say({ kind: 'failed', reason: String(error) })
  }
}
clearInterval(reporting)
await consumer.close()
process.stdin.destroy()

function say(what: MemberLine['what']): void {
  const line: MemberLine = { atMs: Date.now(), what }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
