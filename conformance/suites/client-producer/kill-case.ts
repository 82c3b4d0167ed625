/** The server is killed and started again while our producer sends as fast as it can, to four partitions, in transactions and without. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import type { SentRecord } from '@gregor/client'

import type { Server, ServerOptions } from '../../harness/server.ts'
import type { Given } from './suite.ts'

export interface KillContext extends Given {
  readonly server: Server
  readonly startServer: (options?: ServerOptions) => Promise<Server>
  readonly directory: string
  readonly rounds: number
}

const partitions = 4
const roundMs = { min: 300, spread: 700 }
/** At a time, so that the case stays small enough to be read back. */
const burst = 50

export async function survivesKills(context: KillContext): Promise<string> {
  const { java, server, startServer, directory, rounds } = context
  const topics = ['killed', 'killed-transactions']
  for (const topic of topics) await java.call('create', { topic, partitions, configs: {} })
  const load = { isOver: false }
  const sending = sendUntil(context, load)
  const transactions = transactUntil(context, load)
  let current = server
  for (let round = 0; round < rounds; round++) {
    await sleep(roundMs.min + ((round * 389) % roundMs.spread))
    await current.kill()
    current = await startServer({
      directory,
      port: server.port,
      properties: { 'message.max.bytes': 2_000_000 },
    })
  }
  // Transactions go on, too.
  await sleep(1_500)
  load.isOver = true
  const [sent, committed] = await Promise.all([sending, transactions])
  const read = await java.call('readAll', {
    topics: topics.map((name) => ({ name, partitions })),
    isolation: 'read_committed',
  })
  const seen = (topic: string, partition: number): readonly string[] =>
    (read[`${topic}-${partition}`] ?? []).map(({ value }) => Buffer.from(value ?? '', 'base64').toString())
  for (let partition = 0; partition < partitions; partition++) {
    const expected = sent.filter((one) => one.place.partition === partition)
    const values = seen('killed', partition)
    assert.deepEqual(
      values,
      expected.map(({ value }) => value),
      `partition ${partition}: once each, in order`,
    )
    for (const { value, place } of expected) assert.equal(values[place.offset], value)
    const numbers = seen('killed-transactions', partition).map(Number)
    assert.deepEqual(numbers, committed, `transactions in partition ${partition}`)
  }
  return `${sent.length} records, ${committed.length} transactions`
}

interface Sent {
  readonly value: string
  readonly place: SentRecord
}

async function sendUntil({ kafka }: Given, load: { readonly isOver: boolean }): Promise<readonly Sent[]> {
  await using producer = kafka.producer({ batchSize: 1_000, maxInFlightRequestsPerConnection: 5 })
  const sent: Promise<Sent>[] = []
  for (let number = 0; !load.isOver;) {
    for (const end = number + burst; number < end; number++) {
      const value = `${number}`
      const partition = number % partitions
      sent.push(producer.send('killed', { value, partition }).then((place) => ({ value, place })))
    }
    await sleep(2)
  }
  return await Promise.all(sent)
}

/** Each is there in every partition once. Whose commit has no answer within its time is asked again, not done again. */
async function transactUntil({ kafka }: Given, load: { readonly isOver: boolean }): Promise<readonly number[]> {
  await using producer = kafka.producer({ transactionalId: 'killed' })
  const committed: number[] = []
  for (let number = 0; !load.isOver; number++) {
    await producer.transaction((transaction) => {
      for (let partition = 0; partition < partitions; partition++) {
        transaction.offer('killed-transactions', { value: `${number}`, partition })
      }
      return Promise.resolve()
    })
    committed.push(number)
  }
  return committed
}
