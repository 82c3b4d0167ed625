/** ACLs as kafka-acls shows them. */
import type { AclBinding } from '@gregor/client'

export type AclResource = Pick<AclBinding, 'resourceType' | 'resourceName'> & Required<Pick<AclBinding, 'patternType'>>
export type AclEntry = Pick<AclBinding, 'principal' | 'host' | 'operation' | 'permissionType'>

export function resourceText({
  resourceType,
  resourceName,
  patternType = 'LITERAL',
}: Pick<AclBinding, 'resourceType' | 'resourceName' | 'patternType'>): string {
  return `ResourcePattern(resourceType=${resourceType}, name=${resourceName}, patternType=${patternType})`
}

export function entryText({ principal, host, operation, permissionType }: AclEntry): string {
  return `(principal=${principal}, host=${host}, operation=${operation}, permissionType=${permissionType})`
}
