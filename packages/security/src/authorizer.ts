/**
 * Who may do what: the question every handler asks before it acts, and the answer where nobody is to be kept out.
 * Answers are immediate; an authorizer that needs to load something answers no until it has.
 */
import { supportedOperations, operationCodes } from './acl-codes.ts'
import type { AclOperation, ResourceType } from './acl-codes.ts'
import type { Principal } from './principal.ts'

export interface Resource {
  readonly type: ResourceType
  /** Of the cluster: `kafka-cluster`. */
  readonly name: string
}

export interface Authorizer {
  /** @param host - the address of the client, as text. */
  allows(principal: Principal, host: string, operation: AclOperation, resource: Resource): boolean

  /** Those of `names` on which the operation is allowed, in their order. */
  allowedOf(
    principal: Principal,
    host: string,
    operation: AclOperation,
    resources: { readonly type: ResourceType; readonly names: readonly string[] },
  ): readonly string[]

  /** Whether there is, or could be, a resource of this type on which the operation is allowed (KIP-679). */
  allowsAny(principal: Principal, host: string, operation: AclOperation, type: ResourceType): boolean

  /**
   * All that is allowed on a resource, as responses carry it (KIP-430): bit n stands for the operation with code n.
   * Where it was not asked for, responses carry -2147483648 instead.
   */
  authorizedOperations(principal: Principal, host: string, resource: Resource): number
}

/** Everybody may do everything: what holds without `authorizer.class.name`. */
export const allowAll: Authorizer = {
  allows: () => true,
  allowedOf: (_principal, _host, _operation, { names }) => names,
  allowsAny: () => true,
  authorizedOperations: (_principal, _host, { type }) => operationBits(type, () => true),
}

/** The bits of those operations that exist for a type of resource and for which `isAllowed` holds. */
export function operationBits(type: ResourceType, isAllowed: (operation: AclOperation) => boolean): number {
  let bits = 0
  for (const operation of supportedOperations[type]) {
    if (isAllowed(operation)) bits |= 1 << operationCodes[operation]
  }
  return bits
}
