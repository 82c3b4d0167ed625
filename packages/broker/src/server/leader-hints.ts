/**
 * Tells a client that came to the wrong broker where the leader is, in the same answer (KIP-951).
 */
import type { RequestContext } from './request-context.ts'
import type { Services } from './services.ts'

export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

const nobody: LeaderHint = { leaderId: -1, leaderEpoch: -1 }

/** The leader as the newest metadata names it; -1 where it names none. */
export function currentLeader({ metadata }: Services, topic: string, partitionIndex: number): LeaderHint {
  const partition = metadata.image.topics.byName.get(topic)?.partitions[partitionIndex]
  return partition === undefined ? nobody : { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch }
}

/** The addresses of those leaders, on the listener the client came through. */
export function nodeEndpoints(
  { metadata }: Services,
  { connection }: RequestContext,
  hints: Iterable<LeaderHint | undefined>,
): { nodeId: number; host: string; port: number; rack: string | null }[] {
  const ids = new Set<number>()
  for (const hint of hints) if (hint !== undefined && hint.leaderId >= 0) ids.add(hint.leaderId)
  const endpoints = []
  for (const nodeId of ids) {
    const broker = metadata.image.brokers.get(nodeId)
    const endpoint = broker?.listeners.get(connection.listener.name)
    if (broker !== undefined && endpoint !== undefined) {
      endpoints.push({ nodeId, host: endpoint.host, port: endpoint.port, rack: broker.rack ?? null })
    }
  }
  return endpoints
}
