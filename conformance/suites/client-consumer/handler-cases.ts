/** `kafka.consume`: batches, and handlers that run on many records at once while members come and go. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { createTopic, produce } from './reading.ts'
import type { ConsumerCase, Given } from './suite.ts'

export const handlerCases: readonly ConsumerCase[] = [
  { name: 'iterates over batches, commits what is done, and goes on there', body: iterates },
  { name: 'runs a handler on many records at once, each key in order, and commits all', body: handlesConcurrently },
  { name: 'hands over between two handlers in one program: nothing lost, each key in order', body: handsOver },
  { name: 'keeps its place while a handler takes longer than the session', body: isSlow },
]

async function iterates(given: Given): Promise<void> {
  const { kafka } = given
  const topic = 'iterated'
  await createTopic(given, topic)
  await produce(given, topic, 10)
  const seen: string[] = []
  for (let round = 0; round < 2; round++) {
    const stop = new AbortController()
    const consumption = kafka.consume(topic, {
      group: topic,
      autoOffsetReset: 'earliest',
      maxPollRecords: 5,
      signal: stop.signal,
    })
    for await (const batch of consumption) {
      for (const { value } of batch) seen.push(String(value))
      stop.abort()
    }
  }
  assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
}

async function handlesConcurrently(given: Given): Promise<string> {
  const { kafka, java } = given
  const topic = 'handled'
  await createTopic(given, topic, 3)
  await produce(given, topic, 3_000, 3)
  const stop = new AbortController()
  const lastOf = new Map<string, number>()
  let [count, now, most] = [0, 0, 0]
  await kafka.consume(topic, { group: topic, autoOffsetReset: 'earliest', signal: stop.signal }).each(
    async ({ key, partition, value }) => {
      most = Math.max(most, ++now)
      const number = Number(value)
      const name = `${String(key)} ${partition}`
      assert.ok(number > (lastOf.get(name) ?? -1), `${name}: ${number} after ${lastOf.get(name)}`)
      lastOf.set(name, number)
      await sleep(number % 3)
      now--
      if (++count === 3_000) stop.abort()
    },
    { concurrency: 20, order: 'key' },
  )
  for (const partition of [0, 1, 2]) {
    assert.equal(await java.call('committed', { group: topic, topic, partition }), 1_000)
  }
  assert.equal(most, 20)
  return `${lastOf.size} keys`
}

async function handsOver(given: Given): Promise<string> {
  const { kafka } = given
  const topic = 'handed-over'
  await createTopic(given, topic, 4)
  const total = 2_000
  const options = { group: topic, autoOffsetReset: 'earliest', heartbeatIntervalMs: 200, autoCommitIntervalMs: 200 }
  const seen = new Map<string, number>()
  const everybody = new AbortController()
  const handle = (who: string, signal: AbortSignal): Promise<void> =>
    kafka.consume(topic, { ...options, signal }).each(
      async ({ value }) => {
        await sleep(1)
        const key = String(value)
        if (!seen.has(key)) seen.set(key, who.charCodeAt(0))
        if (seen.size === total) everybody.abort()
      },
      { concurrency: 4 },
    )
  const first = handle('a', everybody.signal)
  const producing = produceSlowly(given, topic, total)
  await sleep(500)
  const leaving = new AbortController()
  const second = handle('b', AbortSignal.any([leaving.signal, everybody.signal]))
  await sleep(1_500)
  leaving.abort()
  await second
  await producing
  await first
  assert.equal(seen.size, total)
  const bySecond = [...seen.values()].filter((who) => who === 98).length
  assert.ok(bySecond > 0, 'the second has done nothing')
  return `${bySecond} of ${total} by the second`
}

async function produceSlowly({ kafka }: Given, topic: string, count: number): Promise<void> {
  await using producer = kafka.producer()
  for (let index = 0; index < count; index += 20) {
    const records = Array.from({ length: 20 }, (_, at) => ({ value: `${index + at}`, partition: (index + at) % 4 }))
    await producer.sendAll(topic, records)
    await sleep(10)
  }
}

async function isSlow(given: Given): Promise<void> {
  const { kafka, java } = given
  const topic = 'slow-handler'
  await createTopic(given, topic)
  await produce(given, topic, 2)
  const stop = new AbortController()
  let assigned = 0
  const listener = { assigned: () => void assigned++ }
  const options = { sessionTimeoutMs: 1_500, heartbeatIntervalMs: 300, signal: stop.signal, listener }
  const seen: string[] = []
  await kafka.consume(topic, { group: topic, autoOffsetReset: 'earliest', ...options }).each(async ({ value }) => {
    await sleep(3_000)
    seen.push(String(value))
    if (seen.length === 2) stop.abort()
  })
  assert.deepEqual(seen, ['0', '1'])
  assert.equal(assigned, 1)
  assert.equal(await java.call('committed', { group: topic, topic, partition: 0 }), 2)
}
