/** The server is killed and started again while two of our members read what our producer goes on writing. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Server, ServerOptions } from '../../harness/server.ts'
import { until } from '../groups/member.ts'
import { Member, createTopic } from './reading.ts'
import type { Given } from './suite.ts'

export interface KillContext extends Given {
  readonly server: Server
  readonly startServer: (options?: ServerOptions) => Promise<Server>
  readonly directory: string
  readonly properties: Readonly<Record<string, string | number>>
  readonly rounds: number
}

const partitions = 4
const betweenMs = 700
const msMax = 60_000

export async function survivesKills(context: KillContext): Promise<string> {
  const { server, startServer, directory, properties, rounds } = context
  const topic = 'killed'
  await createTopic(context, topic, partitions)
  const options = { groupId: topic, sessionTimeoutMs: 6_000, heartbeatIntervalMs: 500 }
  const members = [
    new Member(context, topic, options),
    new Member(context, topic, { ...options, groupInstanceId: 'fixed' }),
  ]
  const load = { isOver: false }
  const sending = send(context, topic, load)
  let current = server
  for (let round = 0; round < rounds; round++) {
    await sleep(betweenMs)
    await current.kill()
    current = await startServer({ directory, port: server.port, properties })
  }
  await sleep(betweenMs)
  load.isOver = true
  const sent = await sending
  const distinct = (): Set<string> => new Set(members.flatMap(({ read }) => read))
  const present = (): unknown => [sent, distinct().size, members.map(({ owned, told }) => [owned, told])]
  await until('all is read', () => distinct().size >= sent, { msMax, present })
  for (const member of members) await member.close({ leave: true })
  const all = members.flatMap(({ read }) => read)
  for (const { read } of members) {
    for (let partition = 0; partition < partitions; partition++) assertOrder(read, partition)
  }
  return `${sent} records, ${all.length - distinct().size} read again`
}

/** Offsets grow, but for going back to what was committed. */
function assertOrder(read: readonly string[], partition: number): void {
  const offsets = read.filter((one) => one.startsWith(`${partition}@`)).map((one) => Number(one.split('@')[1]))
  for (const [index, offset] of offsets.entries()) {
    const before = offsets[index - 1]
    assert.ok(before === undefined || offset <= before + 1, `partition ${partition}: ${offset} after ${before}`)
  }
}

async function send({ kafka }: Given, topic: string, load: { readonly isOver: boolean }): Promise<number> {
  await using producer = kafka.producer()
  let count = 0
  const sent: Promise<unknown>[] = []
  while (!load.isOver) {
    for (let index = 0; index < 20; index++, count++) {
      sent.push(producer.send(topic, { value: `${count}`, partition: count % partitions }))
    }
    await sleep(10)
  }
  await Promise.all(sent)
  return count
}
