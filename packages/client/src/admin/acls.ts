/** Access control lists: which principal may do what to which resource, from where (KIP-140, 290). */
import { CreateAcls, DeleteAcls, DescribeAcls } from '@gregor/protocol'
import {
  type AdminContext,
  type CallOptions,
  call,
  check,
  errorOf,
  failure,
  inRounds,
  passingAtController,
} from './call.ts'
import {
  type AclOperation,
  type AclPermissionType,
  type PatternType,
  type ResourceType,
  aclOperations,
  patternTypes,
  permissionTypes,
  resourceTypes,
  wordAt,
} from './resource-words.ts'
import type { Results } from './results.ts'

export interface AclBinding {
  readonly resourceType: ResourceType
  readonly resourceName: string
  /** `LITERAL` (default): that name, `*` for every name. `PREFIXED`: every name that begins so. */
  readonly patternType?: PatternType
  /** Kind and name: `User:ann`; `User:*` for everybody. */
  readonly principal: string
  /** An address; `*` for every one. */
  readonly host: string
  readonly operation: AclOperation
  readonly permissionType: AclPermissionType
}

/** What is left out matches everything. */
export interface AclBindingFilter {
  readonly resourceType?: ResourceType
  readonly resourceName?: string
  /** `MATCH`: every pattern that the name matches; needs a name. Default: `ANY`. */
  readonly patternType?: PatternType
  readonly principal?: string
  readonly host?: string
  readonly operation?: AclOperation
  readonly permissionType?: AclPermissionType
}

/** What a filter deleted, each or the error that kept it. */
export interface DeletedAcl {
  readonly binding: Required<AclBinding>
  readonly error: Error | undefined
}

export function describeAcls(
  context: AdminContext,
  filter: AclBindingFilter,
  options: CallOptions,
): Promise<readonly Required<AclBinding>[]> {
  return call(context, 'describeAcls', options, async (given) => {
    const { response } = await context.cluster.send('any', DescribeAcls, filterInput(filter), given)
    check(response.errorCode, response.errorMessage)
    return response.resources.flatMap(({ acls, ...resource }) => acls.map((acl) => binding({ ...resource, ...acl })))
  })
}

export function createAcls(
  context: AdminContext,
  acls: readonly AclBinding[],
  options: CallOptions,
): Promise<Results<AclBinding, void>> {
  const rounds = { ...options, name: 'createAcls', keyOf: bindingKey, passing: passingAtController }
  return inRounds(context, acls, rounds, async (open, report, given) => {
    const { response } = await context.cluster.send('controller', CreateAcls, { creations: open.map(creation) }, given)
    for (const [index, { errorCode, errorMessage }] of response.results.entries()) {
      const item = open[index]
      if (item === undefined) break
      const error = errorOf(errorCode, errorMessage)
      if (error === undefined) report.done(item, undefined)
      else report.failed(item, error)
    }
  })
}

/** For each filter what it matched. */
export function deleteAcls(
  context: AdminContext,
  filters: readonly AclBindingFilter[],
  options: CallOptions,
): Promise<Results<AclBindingFilter, readonly DeletedAcl[]>> {
  const rounds = { ...options, name: 'deleteAcls', keyOf: filterKey, passing: passingAtController }
  return inRounds(context, filters, rounds, async (open, report, given) => {
    const { response } = await context.cluster.send('controller', DeleteAcls, { filters: open.map(filterInput) }, given)
    for (const [index, { errorCode, errorMessage, matchingAcls }] of response.filterResults.entries()) {
      const item = open[index]
      if (item === undefined) break
      const error = errorOf(errorCode, errorMessage)
      const matched = matchingAcls.map((one) => ({
        binding: binding(one),
        error: errorOf(one.errorCode, one.errorMessage),
      }))
      if (error === undefined) report.done(item, matched)
      else report.failed(item, error)
    }
  })
}

function creation(acl: AclBinding) {
  if (acl.resourceName === '') throw failure('INVALID_REQUEST', 'the resource name of an ACL is empty')
  return {
    resourceType: resourceTypes.indexOf(acl.resourceType),
    resourceName: acl.resourceName,
    resourcePatternType: patternTypes.indexOf(acl.patternType ?? 'LITERAL'),
    principal: acl.principal,
    host: acl.host,
    operation: aclOperations.indexOf(acl.operation),
    permissionType: permissionTypes.indexOf(acl.permissionType),
  }
}

function filterInput(filter: AclBindingFilter) {
  return {
    resourceTypeFilter: resourceTypes.indexOf(filter.resourceType ?? 'ANY'),
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: patternTypes.indexOf(filter.patternType ?? 'ANY'),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: aclOperations.indexOf(filter.operation ?? 'ANY'),
    permissionType: permissionTypes.indexOf(filter.permissionType ?? 'ANY'),
  }
}

interface AnsweredAcl {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

function binding(acl: AnsweredAcl): Required<AclBinding> {
  return {
    resourceType: wordAt(resourceTypes, acl.resourceType),
    resourceName: acl.resourceName,
    patternType: wordAt(patternTypes, acl.patternType),
    principal: acl.principal,
    host: acl.host,
    operation: wordAt(aclOperations, acl.operation),
    permissionType: wordAt(permissionTypes, acl.permissionType),
  }
}

function bindingKey(acl: AclBinding): string {
  const { resourceType, resourceName, patternType = 'LITERAL', principal, host, operation, permissionType } = acl
  return JSON.stringify([resourceType, resourceName, patternType, principal, host, operation, permissionType])
}

function filterKey(filter: AclBindingFilter): string {
  return JSON.stringify(filterInput(filter))
}
