/** Every API that the controller answers, in key order: the only list. */
import { createAcls, deleteAcls } from './acls.ts'
import { brokerHeartbeat, brokerRegistration, controllerRegistration, unregisterBroker } from './brokers.ts'
import { alterConfigs, incrementalAlterConfigs } from './configs.ts'
import type { ControllerHandler } from './controller-handler.ts'
import { assignReplicasToDirs } from './directories.ts'
import { electLeaders } from './elections.ts'
import { updateFeatures } from './feature-updates.ts'
import { alterPartition } from './isr.ts'
import { createPartitions } from './partitions.ts'
import { allocateProducerIds } from './producer-ids.ts'
import { alterClientQuotas } from './quotas.ts'
import { alterPartitionReassignments, listPartitionReassignments } from './reassignment.ts'
import { alterUserScramCredentials } from './scram.ts'
import { deleteTopics } from './topic-deletion.ts'
import { createTopics } from './topics.ts'

export const controllerHandlers: readonly ControllerHandler[] = [
  createTopics,
  deleteTopics,
  createAcls,
  deleteAcls,
  alterConfigs,
  createPartitions,
  electLeaders,
  incrementalAlterConfigs,
  alterPartitionReassignments,
  listPartitionReassignments,
  alterClientQuotas,
  alterUserScramCredentials,
  alterPartition,
  updateFeatures,
  brokerRegistration,
  brokerHeartbeat,
  unregisterBroker,
  allocateProducerIds,
  controllerRegistration,
  assignReplicasToDirs,
]

const byKey: ReadonlyMap<number, ControllerHandler> = new Map(controllerHandlers.map((one) => [one.api.key, one]))

export function handlerFor(apiKey: number): ControllerHandler | undefined {
  return byKey.get(apiKey)
}
