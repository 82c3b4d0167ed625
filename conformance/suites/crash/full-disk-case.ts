/**
 * A node whose disk is full: a small file system in memory, which takes the right to mount one. Writes are refused, reads
 * go on, and writes come back with the space; nothing of what was acknowledged is lost, and nothing is left half written.
 */

import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { BatchBuilder, CreateTopics, errorName, Fetch, Produce, recordCountAt } from '@gregor/protocol'

import { run, runWell } from '../../harness/process.ts'
import { RawClient } from '../../harness/raw-client.ts'
import type { CrashContext } from './kill-cases.ts'

const topic = 'filling'
const diskBytes = 48 * 1024 * 1024
const ballastBytes = 12 * 1024 * 1024
const recordBytes = 600_000
const main = join(import.meta.dirname, '..', '..', '..', 'packages', 'cli', 'src', 'main.ts')

/** Whether this user may, and this system can. */
export async function canMount(directory: string): Promise<boolean> {
  mkdirSync(directory, { recursive: true })
  try {
    if ((await mount(directory)) !== 0) return false
    await runWell('umount', [directory])
    return true
  } catch {
    return false
  }
}

async function mount(directory: string): Promise<number | null> {
  return (await run('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', directory])).status
}

export async function refusesWhileFull({
  startServer,
  directory,
}: Pick<CrashContext, 'startServer' | 'directory'>): Promise<string> {
  mkdirSync(directory, { recursive: true })
  assert.equal(await mount(directory), 0)
  try {
    const ballast = join(directory, 'ballast')
    writeFileSync(ballast, Buffer.alloc(ballastBytes))
    const server = await startServer({ directory })
    const client = new RawClient(server.port)
    try {
      assert.equal(await create(client, topic), 'NONE')
      let count = 0
      let error = await send(client)
      for (; error === 'NONE'; error = await send(client)) count++
      assert.equal(error, 'KAFKA_STORAGE_ERROR')
      assert.ok(count * recordBytes > diskBytes / 2, `full after ${count} records`)
      assert.equal(await send(client), 'KAFKA_STORAGE_ERROR')
      assert.equal(await readAll(client), count)
      // As long as a node that is full may be left alone: heartbeats, checkpoints and syncs fall into that.
      await sleep(6_000)
      assert.equal(await send(client), 'KAFKA_STORAGE_ERROR')
      // It may fit what is left of a page of the metadata log, but not what a new log takes.
      const refused = await create(client, 'too-late')
      assert.ok(['NONE', 'KAFKA_STORAGE_ERROR'].includes(refused), refused)
      rmSync(ballast)
      if (refused !== 'NONE') assert.equal(await create(client, 'too-late'), 'NONE')
      for (let number = 0; number < 5; number++, count++) assert.equal(await send(client), 'NONE')
      assert.equal(await readAll(client), count)
      await server.stop()
      const verified = await runWell(process.execPath, [main, 'log', 'verify', join(directory, 'data')])
      const again = await startServer({ directory, port: server.port })
      client.close()
      assert.equal(await readAll(client), count)
      await again.stop()
      return `${count} records; ${verified.trim().split('\n').at(-1)}`
    } finally {
      client.close()
      await server.kill()
    }
  } finally {
    await runWell('umount', [directory])
  }
}

async function create(client: RawClient, name: string): Promise<string> {
  const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
  const answer = await client.call(CreateTopics, { topics, timeoutMs: 30_000 })
  assert.ok(answer !== 'closed')
  return errorName(answer.topics[0]?.errorCode ?? -1)
}

async function send(client: RawClient): Promise<string> {
  const batch = new BatchBuilder().append(null, Buffer.alloc(recordBytes, 'x'), undefined, 1_767_225_600_000).build()
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch }] }]
  const answer = await client.call(Produce, { transactionalId: null, acks: -1, timeoutMs: 10_000, topicData }, 12)
  assert.ok(answer !== 'closed')
  return errorName(answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1)
}

/** How many records are there, read from the first one on. */
async function readAll(client: RawClient): Promise<number> {
  let offset = 0
  for (;;) {
    const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 4_000_000 }]
    const answer = await client.call(
      Fetch,
      { maxWaitMs: 100, minBytes: 1, maxBytes: 4_000_000, topics: [{ topic, partitions }] },
      12,
    )
    assert.ok(answer !== 'closed')
    const partition = answer.responses[0]?.partitions[0]
    assert.equal(errorName(partition?.errorCode ?? -1), 'NONE')
    const records = partition?.records ?? Buffer.alloc(0)
    const before = offset
    for (let at = 0; at + 61 <= records.length; at += 12 + records.readInt32BE(at + 8)) {
      if (at + 12 + records.readInt32BE(at + 8) <= records.length) offset += recordCountAt(records, at)
    }
    if (offset === before) return offset
  }
}
