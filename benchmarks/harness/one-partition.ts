/** What the questions about one partition's files ask of a server: a topic, the partition's end, its folder. */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { CreateTopics, ListOffsets } from '@gregor/protocol'

import { RawClient } from '../../conformance/harness/raw-client.ts'
import type { Server } from '../../conformance/harness/server.ts'

export const topic = 'filled'

export function partitionFolder(directory: string): string {
  return join(directory, 'data', `${topic}-0`)
}

/** Makes the topic, and ends the server with kill -9 once its empty log is there. */
export async function createAndKill(server: Server, configs: Readonly<Record<string, string>> = {}): Promise<void> {
  const client = new RawClient(server.port)
  const entries = Object.entries(configs).map(([name, value]) => ({ name, value }))
  const topics = [{ name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: entries }]
  await client.call(CreateTopics, { topics, timeoutMs: 30_000 })
  await endOffset(client)
  client.close()
  await server.kill()
}

/** Of the partition, as soon as the server tells it. */
export async function endOffset(client: RawClient): Promise<number> {
  for (;;) {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }]
    const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions }] }
    const answer = await client.call(ListOffsets, request, 7)
    const partition = answer === 'closed' ? undefined : answer.topics[0]?.partitions[0]
    if (partition?.errorCode === 0) return partition.offset
    await sleep(2)
  }
}
