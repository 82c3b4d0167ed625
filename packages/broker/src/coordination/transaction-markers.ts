/**
 * Writes the markers that end a transaction into partitions that this node leads (KIP-98): for WriteTxnMarkers, and for
 * the transaction coordinators of this node. In partitions with the offsets of groups the group coordinator writes
 * them, since it then knows which offsets count.
 */
import { transactionMarkerBatch, type ProtocolError } from '@gregor/protocol'
import type { Replicas } from '../replication/replicas.ts'
import { coordinatorRefusal } from './group-requests.ts'
import { groupTopic, type GroupCoordinators } from './group-coordinators.ts'

export interface TransactionMarker {
  readonly outcome: 'Commit' | 'Abort'
  readonly producerId: number
  readonly producerEpoch: number
  /** Leader epoch of the transaction coordinator’s partition. */
  readonly coordinatorEpoch: number
  /** 2: the marker’s epoch is above that of the records (KIP-890). */
  readonly transactionVersion: number
}

export interface MarkerServices {
  readonly replicas: Replicas
  readonly groups: GroupCoordinators
}

/** @returns NONE once the marker is committed. Else nothing was written, or it is not known to be safe. */
export async function writeMarker(
  marker: TransactionMarker,
  { topic, partition: index }: { readonly topic: string; readonly partition: number },
  { services, nowMs }: { readonly services: MarkerServices; readonly nowMs: number },
): Promise<ProtocolError> {
  const partition = services.replicas.hosted(topic, index)
  if (typeof partition === 'string') return 'UNKNOWN_TOPIC_OR_PARTITION'
  if (topic === groupTopic) return completeOffsets(marker, index, services.groups)
  const { transactionVersion } = marker
  const batch = transactionMarkerBatch({ ...marker, timestamp: nowMs })
  return (await partition.appendMarker(batch, { nowMs, transactionVersion })).error
}

async function completeOffsets(
  marker: TransactionMarker,
  index: number,
  groups: GroupCoordinators,
): Promise<ProtocolError> {
  try {
    await groups.writeMarker(index, { ...marker, type: 'WriteTxnMarker' })
    return 'NONE'
  } catch (error) {
    const refusal = coordinatorRefusal(error)
    return isNotThere(refusal) ? 'NOT_LEADER_OR_FOLLOWER' : refusal
  }
}

/** What a transaction coordinator would not expect of a partition. */
function isNotThere(error: ProtocolError): boolean {
  return (
    error === 'COORDINATOR_NOT_AVAILABLE' || error === 'COORDINATOR_LOAD_IN_PROGRESS' || error === 'NOT_COORDINATOR'
  )
}
