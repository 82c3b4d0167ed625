/** Principals, authorizers, ACLs and quotas. This file is the package’s public interface. */
export {
  operationCodes,
  patternTypeCodes,
  permissionTypeCodes,
  resourceTypeCodes,
  supportedOperations,
} from './acl-codes.ts'
export type { AclOperation, PatternType, PermissionType, ResourceType } from './acl-codes.ts'
export { allowAll } from './authorizer.ts'
export type { Authorizer, Resource } from './authorizer.ts'
export { anonymous, principalFromText, textFromPrincipal } from './principal.ts'
export type { Principal } from './principal.ts'
