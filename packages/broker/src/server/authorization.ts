/**
 * The question every handler asks before it acts, in one short form. The rules are the authorizer’s.
 */
import type { AclOperation, ResourceType } from '@gregor/security'
import type { RequestContext } from './request-context.ts'
import type { Services } from './services.ts'

export const clusterName = 'kafka-cluster'

export function isAllowed(
  { authorizer }: Pick<Services, 'authorizer'>,
  context: Pick<RequestContext, 'principal' | 'clientAddress'>,
  operation: AclOperation,
  resource: { readonly type: ResourceType; readonly name: string },
): boolean {
  return authorizer.allows(context.principal, context.clientAddress, operation, resource)
}

/** What the client may do with a resource, as the bit field of KIP-430. */
export function authorizedOperations(
  { authorizer }: Pick<Services, 'authorizer'>,
  context: Pick<RequestContext, 'principal' | 'clientAddress'>,
  resource: { readonly type: ResourceType; readonly name: string },
): number {
  return authorizer.authorizedOperations(context.principal, context.clientAddress, resource)
}

/** Described groups, each with what the client may do with it (KIP-430). */
export function withAuthorizedOperations<Group extends { readonly groupId: string; readonly errorCode?: number }>(
  services: Pick<Services, 'authorizer'>,
  context: Pick<RequestContext, 'principal' | 'clientAddress'>,
  groups: readonly Group[],
): Group[] {
  return groups.map((group) => {
    if (group.errorCode !== 0) return group
    const resource = { type: 'GROUP', name: group.groupId } as const
    return { ...group, authorizedOperations: authorizedOperations(services, context, resource) }
  })
}

export function isAllowedOnTopic(
  services: Services,
  context: RequestContext,
  operation: AclOperation,
  name: string,
): boolean {
  return isAllowed(services, context, operation, { type: 'TOPIC', name })
}

export function isAllowedOnCluster(services: Services, context: RequestContext, operation: AclOperation): boolean {
  return isAllowed(services, context, operation, { type: 'CLUSTER', name: clusterName })
}
