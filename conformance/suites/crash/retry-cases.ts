/** A producer that repeats what it sent before a restart: its last five batches to a partition are known. */

import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { BatchBuilder, CreateTopics, errorName, InitProducerId, ListOffsets, Produce } from '@gregor/protocol'

import { RawClient } from '../../harness/raw-client.ts'
import type { Server } from '../../harness/server.ts'
import type { CrashContext } from './kill-cases.ts'

const topic = 'repeated'
const batchCount = 8
const recordsPerBatch = 3
const remembered = 5
/** Lately: a producer is forgotten a day after its last record, as its timestamp has it. The same each time. */
const sentAtMs = Date.now()

interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

interface Answered {
  readonly error: string
  readonly baseOffset: number
}

export async function knowsFiveBatches(
  { startServer, directory }: Pick<CrashContext, 'startServer' | 'directory'>,
  end: 'stop' | 'kill',
): Promise<string> {
  let server = await startServer({ directory })
  const { port } = server
  let client = new RawClient(port)
  try {
    await create(client)
    const producer = await newProducer(client)
    const sent: Answered[] = []
    for (let number = 0; number < batchCount; number++) sent.push(await send(client, producer, number))
    assert.deepEqual(
      sent,
      Array.from({ length: batchCount }, (_, number) => ({ error: 'NONE', baseOffset: number * recordsPerBatch })),
    )
    client.close()
    await server[end]()
    server = await startServer({ directory, port })
    client = new RawClient(port)
    const known = await repeated(client, server, producer)
    // Apache Kafka remembers the last one only.
    assert.equal(known, server.name === 'Gregor' ? remembered : known)
    assert.ok(known >= 1)
    assert.equal((await send(client, producer, batchCount)).baseOffset, batchCount * recordsPerBatch)
    return `${known} known`
  } finally {
    client.close()
    await server.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Sends the last batches again, newest first; how many are known. None of them may be appended. */
async function repeated(client: RawClient, server: Server, producer: Producer): Promise<number> {
  let known = 0
  for (let number = batchCount - 1; number >= batchCount - remembered; number--) {
    const { error, baseOffset } = await send(client, producer, number)
    if (error === 'NONE' && baseOffset === number * recordsPerBatch) known++
    else assert.notEqual(server.name, 'Gregor', `batch ${number} is answered with ${error} and ${baseOffset}`)
  }
  assert.equal(await endOffset(client), batchCount * recordsPerBatch)
  return known
}

async function create(client: RawClient): Promise<void> {
  const topics = [{ name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
  assert.ok((await client.call(CreateTopics, { topics, timeoutMs: 30_000 })) !== 'closed')
  while ((await endOffset(client)) === undefined) await sleep(20)
}

async function newProducer(client: RawClient): Promise<Producer> {
  const request = { transactionalId: null, transactionTimeoutMs: 0, producerId: -1, producerEpoch: -1 }
  for (;;) {
    const answer = await client.call(InitProducerId, request)
    assert.ok(answer !== 'closed')
    const error = errorName(answer.errorCode)
    if (error === 'NONE') return answer
    assert.equal(error, 'COORDINATOR_LOAD_IN_PROGRESS')
    await sleep(100)
  }
}

async function send(client: RawClient, { producerId, producerEpoch }: Producer, number: number): Promise<Answered> {
  const batch = new BatchBuilder({ producerId, producerEpoch, baseSequence: number * recordsPerBatch })
  for (let record = 0; record < recordsPerBatch; record++)
    batch.append(null, Buffer.from(`${number}-${record}`), undefined, sentAtMs)
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch.build() }] }]
  const answer = await client.call(Produce, { transactionalId: null, acks: -1, timeoutMs: 10_000, topicData }, 12)
  const partition = answer === 'closed' ? undefined : answer.responses[0]?.partitionResponses[0]
  assert.ok(partition !== undefined)
  return { error: errorName(partition.errorCode), baseOffset: partition.baseOffset }
}

async function endOffset(client: RawClient): Promise<number | undefined> {
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }]
  const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions }] }
  const answer = await client.call(ListOffsets, request, 7)
  const partition = answer === 'closed' ? undefined : answer.topics[0]?.partitions[0]
  return partition?.errorCode === 0 ? partition.offset : undefined
}
