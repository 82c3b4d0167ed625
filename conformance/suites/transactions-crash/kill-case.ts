/**
 * Three clients, each with one transaction after the other, while the server is killed and started again. Each knows of
 * most of its transactions how they ended; of those it does not know, either is right, but not a part of one.
 */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { errorName, ListOffsets } from '@gregor/protocol'

import { Driver, type TransactionsResult } from '../../clients/driver.ts'
import { javaClient } from '../../clients/programs.ts'
import { RawClient } from '../../harness/raw-client.ts'
import type { Server } from '../../harness/server.ts'
import { started, type CrashContext } from '../crash/kill-cases.ts'

const recordCount = 10
/** How long a round lasts until the server is killed. */
const roundMs = { min: 300, max: 1_500 }
const group = 'offsets-in-transactions'
const settleMsMax = 30_000

export async function seesWholeTransactions(context: CrashContext & { readonly rounds: number }): Promise<string> {
  const { startServer, directory, loads, rounds } = context
  let server = await startServer({ directory })
  const { port } = server
  const reader = Driver.start(await javaClient(), server.bootstrap)
  const writers = loads.map(({ name, program }) => ({ name, driver: started(program, server) }))
  for (const { name, driver } of writers) {
    const topic = topicOf(name)
    await driver.call('create', { topic, partitions: 2, configs: { 'segment.bytes': '1048576' } })
    const offsets = name === 'java' ? { group } : {}
    await driver.call('startTransactions', { topic, transactionalId: topic, count: recordCount, ...offsets })
  }
  for (let round = 0; round < rounds; round++) {
    await sleep(roundMs.min + ((round * 389) % (roundMs.max - roundMs.min)))
    await server.kill()
    server = await startServer({ directory, port })
  }
  await sleep(roundMs.max)
  const said: string[] = []
  for (const { name, driver } of writers) {
    const result = await driver.call('stopTransactions', {})
    await driver.close()
    const seen = await requireWhole(reader, server, { name, result })
    if (name === 'java') {
      const committed = await reader.call('committed', { group, topic: topicOf(name), partition: 0 })
      assert.equal(committed, Math.max(...seen), 'the group’s offset is that of the last transaction that committed')
    }
    const { committed, aborted, unknown } = result
    said.push(`${name}: ${committed.length} committed, ${aborted.length} aborted, ${unknown.length} not known`)
  }
  await reader.close()
  await server.stop()
  return said.join('; ')
}

function topicOf(name: string): string {
  return `transactions-of-${name}`
}

/** Resolves to the numbers of the transactions that were seen. */
async function requireWhole(
  reader: Driver,
  server: Server,
  { name, result }: { readonly name: string; readonly result: TransactionsResult },
): Promise<ReadonlySet<number>> {
  const topic = topicOf(name)
  await requireNoneOpen(server, topic)
  const read = await reader.call('readAll', { topics: [{ name: topic, partitions: 2 }], isolation: 'read_committed' })
  const indexesOf = new Map<number, number[]>()
  for (const partition of [0, 1]) {
    let last = -1
    for (const { value } of read[`${topic}-${partition}`] ?? []) {
      const [number = -1, index = -1] = Buffer.from(value ?? '', 'base64')
        .toString()
        .split(':')
        .map(Number)
      assert.ok(number >= last, `${topic}-${partition}: transaction ${number} comes after ${last}`)
      assert.equal(index % 2, partition)
      last = number
      indexesOf.set(number, [...(indexesOf.get(number) ?? []), index])
    }
  }
  const all = Array.from({ length: recordCount }, (_, index) => index)
  for (const [number, indexes] of indexesOf)
    assert.deepEqual(
      indexes.toSorted((a, b) => a - b),
      all,
      `${topic}: transaction ${number} is torn`,
    )
  const lost = result.committed.filter((number) => !indexesOf.has(number))
  assert.deepEqual(lost.slice(0, 10), [], `${topic}: ${lost.length} committed transactions are lost`)
  const undead = result.aborted.filter((number) => indexesOf.has(number))
  assert.deepEqual(undead.slice(0, 10), [], `${topic}: ${undead.length} aborted transactions are read`)
  assert.ok(result.committed.length > 0, `${topic}: nothing was committed`)
  return new Set(indexesOf.keys())
}

/** Nothing holds readers back for ever: the last stable offset comes to the end. */
async function requireNoneOpen(server: Server, topic: string): Promise<void> {
  const client = new RawClient(server.port)
  const endOf = async (partitionIndex: number, isolationLevel: number): Promise<number> => {
    const partitions = [{ partitionIndex, timestamp: -1 }]
    const answer = await client.call(ListOffsets, {
      replicaId: -1,
      isolationLevel,
      topics: [{ name: topic, partitions }],
    })
    const found = answer === 'closed' ? undefined : answer.topics[0]?.partitions[0]
    assert.equal(errorName(found?.errorCode ?? -1), 'NONE')
    return found?.offset ?? -1
  }
  const until = performance.now() + settleMsMax
  for (const partition of [0, 1]) {
    for (;;) {
      const [stable, end] = [await endOf(partition, 1), await endOf(partition, 0)]
      if (stable === end) break
      assert.ok(
        performance.now() < until,
        `${topic}-${partition}: a transaction is open at ${stable}, the end is ${end}`,
      )
      await sleep(100)
    }
  }
  client.close()
}
