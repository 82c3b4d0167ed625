/** What the handlers of group APIs share: a client in the coordinator’s words, and a failure in the client’s. */
import type { RequestContext as GroupRequestContext } from '@gregor/coordinators'
import { featureLevel } from '@gregor/metadata'
import type { ProtocolError } from '@gregor/protocol'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'
import { CoordinatorError, coordinatorFailure } from './coordinator-shard.ts'

export function groupContext({ apiVersion, clientId, clientAddress }: RequestContext): GroupRequestContext {
  return { apiVersion, clientId, clientHost: `/${clientAddress}` }
}

/** @throws whatever is no answer of a coordinator: a bug, for dispatch to report. */
export function coordinatorRefusal(error: unknown): ProtocolError {
  const failure = coordinatorFailure(error)
  if (failure instanceof CoordinatorError) return failure.error
  throw failure
}

/** Whether groups may use the protocol of KIP-848 here. */
export function servesConsumerGroups({ metadata, config }: Pick<Services, 'metadata' | 'config'>): boolean {
  const isFinalized = featureLevel(metadata.image, 'group.version') > 0
  return isFinalized && config.get('group.coordinator.rebalance.protocols').includes('consumer')
}
