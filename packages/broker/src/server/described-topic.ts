/**
 * Brokers and partitions as a client on one listener may be told about them: Metadata and DescribeTopicPartitions
 * share the rules.
 *
 * Invariant: this node names itself as a leader only where it already serves the partition.
 */
import { type TopicImage, directoryOf, isDirectoryOnline } from '@gregor/metadata'
import { errorCode } from '@gregor/protocol'
import type { RequestContext } from './request-context.ts'
import type { Services } from './services.ts'

export interface BrokerAddress {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isFenced: boolean
}

/** Brokers that have an address on the client’s listener, by id. */
export function brokersOn(
  { metadata }: Services,
  { connection }: RequestContext,
  { includeFenced }: { includeFenced: boolean },
): BrokerAddress[] {
  const addresses: BrokerAddress[] = []
  for (const [nodeId, { fenced, listeners, rack }] of metadata.image.brokers) {
    const endpoint = listeners.get(connection.listener.name)
    if (endpoint === undefined || (fenced && !includeFenced)) continue
    addresses.push({ nodeId, host: endpoint.host, port: endpoint.port, rack: rack ?? null, isFenced: fenced })
  }
  return addresses.toSorted((a, b) => a.nodeId - b.nodeId)
}

export interface DescribedPartition {
  readonly errorCode: number
  readonly leaderId: number
  readonly offlineReplicas: number[]
}

export function describedPartition(
  topic: TopicImage,
  partitionIndex: number,
  context: RequestContext,
  services: Services,
): DescribedPartition {
  const partition = topic.partitions[partitionIndex]
  if (partition === undefined)
    return { errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION'), leaderId: -1, offlineReplicas: [] }
  const { brokers } = services.metadata.image
  const listener = context.connection.listener.name
  const offlineReplicas = partition.replicas.filter((id) => {
    const broker = brokers.get(id)
    if (broker === undefined || broker.fenced || !broker.listeners.has(listener)) return true
    const directory = directoryOf(partition, id)
    return directory !== undefined && !isDirectoryOnline(directory, broker.directories)
  })
  const leader = brokers.get(partition.leader)
  if (leader === undefined || leader.fenced) {
    return { errorCode: errorCode('LEADER_NOT_AVAILABLE'), leaderId: -1, offlineReplicas }
  }
  if (!leader.listeners.has(listener)) {
    // Versions before 6 do not know the listener error.
    const isOld = context.apiKey === 3 && context.apiVersion < 6
    return {
      errorCode: errorCode(isOld ? 'LEADER_NOT_AVAILABLE' : 'LISTENER_NOT_FOUND'),
      leaderId: -1,
      offlineReplicas,
    }
  }
  const isNotReadyHere =
    partition.leader === services.nodeId && !services.replicas.isServing(topic.name, partitionIndex)
  if (isNotReadyHere) return { errorCode: errorCode('LEADER_NOT_AVAILABLE'), leaderId: -1, offlineReplicas }
  return { errorCode: 0, leaderId: partition.leader, offlineReplicas }
}
