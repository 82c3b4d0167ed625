/**
 * Which ACLs a filter means. Null, and ANY (1), match everything; pattern type MATCH (2) asks what would decide about a
 * resource of that name: the literal, the wildcard and every prefix of it (KIP-290).
 */
import type { AccessControlEntry } from '@gregor/metadata'

export interface AclFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

const any = 1
const match = 2
const literal = 3
const wildcard = '*'

export function matchesFilter(acl: AccessControlEntry, filter: AclFilter): boolean {
  return (
    matchesCode(acl.resourceType, filter.resourceTypeFilter) &&
    matchesPattern(acl, filter) &&
    matchesText(acl.principal, filter.principalFilter) &&
    matchesText(acl.host, filter.hostFilter) &&
    matchesCode(acl.operation, filter.operation) &&
    matchesCode(acl.permissionType, filter.permissionType)
  )
}

function matchesPattern(
  { resourceName, patternType }: AccessControlEntry,
  { resourceNameFilter, patternTypeFilter }: AclFilter,
): boolean {
  if (patternTypeFilter === match)
    return resourceNameFilter === null || covers(resourceName, patternType, resourceNameFilter)
  return matchesCode(patternType, patternTypeFilter) && matchesText(resourceName, resourceNameFilter)
}

function covers(resourceName: string, patternType: number, name: string): boolean {
  if (patternType === literal) return resourceName === name || resourceName === wildcard
  return name.startsWith(resourceName)
}

function matchesCode(code: number, wanted: number): boolean {
  return wanted === any || wanted === code
}

function matchesText(text: string, wanted: string | null): boolean {
  return wanted === null || wanted === text
}
