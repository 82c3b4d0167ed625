/**
 * CreateAcls (30) and DeleteAcls (31): who may do what (KIP-140, prefixes KIP-290). An entry that is there already is
 * not created again; what a filter matches is deleted as of now.
 */
import { randomUuid } from '@gregor/base'
import type { AccessControlEntry } from '@gregor/metadata'
import { CreateAcls, DeleteAcls } from '@gregor/protocol'
import type { MetadataRecordInput, RequestOf } from '@gregor/protocol'
import { matchesFilter } from './acl-filter.ts'
import { errorFields, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { defineControllerHandler, refusal } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { clusterResource } from './controller-options.ts'

type Creation = RequestOf<typeof CreateAcls>['creations'][number]
type Filter = RequestOf<typeof DeleteAcls>['filters'][number]
type Entry = Omit<AccessControlEntry, 'id'>

/** In one request: more would be a batch that cannot be written at once. */
const recordsMax = 10_000
const clusterType = 4
const noAuthorizer = problem('SECURITY_DISABLED', 'No Authorizer is configured.')

export const createAcls = defineControllerHandler(CreateAcls, {
  clusterOperation: 'Alter',
  decide({ creations }, asked) {
    if (!hasAuthorizer(asked)) return refusal(noAuthorizer)
    const known = new Set([...asked.image.acls.values()].map(keyOf))
    const records: MetadataRecordInput[] = []
    const results = creations.map((creation) => {
      const found = creationProblem(creation)
      const entry = entryFrom(creation)
      if (found === undefined && !known.has(keyOf(entry))) {
        known.add(keyOf(entry))
        records.push({ type: 'AccessControlEntryRecord', id: newAclId(asked), ...entry })
      }
      return errorFields(found)
    })
    return { response: { results }, records }
  },
  refuse: ({ creations }, found) => ({ results: creations.map(() => found) }),
})

export const deleteAcls = defineControllerHandler(DeleteAcls, {
  clusterOperation: 'Alter',
  decide({ filters }, asked) {
    if (!hasAuthorizer(asked)) return refusal(noAuthorizer)
    const all = [...asked.image.acls.values()]
    const found = filters.map((filter) => ({
      filter: filterProblem(filter),
      acls: filterProblem(filter) === undefined ? all.filter((acl) => matchesFilter(acl, filter)) : [],
    }))
    const ids = new Set(found.flatMap(({ acls }) => acls.map(({ id }) => id)))
    if (ids.size > recordsMax) {
      return refusal(
        problem('INVALID_REQUEST', `Cannot remove more than ${recordsMax} acls in a single delete operation.`),
      )
    }
    return {
      response: {
        filterResults: found.map(({ filter, acls }) => ({
          ...errorFields(filter),
          matchingAcls: acls.map(({ id: _, ...entry }) => ({ errorCode: 0, ...entry })),
        })),
      },
      records: [...ids].map((id) => ({ type: 'RemoveAccessControlEntryRecord', id })),
    }
  },
  refuse: ({ filters }, found) => ({ filterResults: filters.map(() => ({ ...found, matchingAcls: [] })) }),
})

function hasAuthorizer({ config }: Asked): boolean {
  return config.get('authorizer.class.name') !== ''
}

function entryFrom({ resourcePatternType: patternType, ...rest }: Creation): Entry {
  return { ...rest, patternType }
}

function keyOf({ resourceType, resourceName, patternType, principal, host, operation, permissionType }: Entry): string {
  return JSON.stringify([resourceType, resourceName, patternType, principal, host, operation, permissionType])
}

function newAclId({ given, image }: Asked): string {
  let id = randomUuid(given.random)
  while (image.acls.has(id)) id = randomUuid(given.random)
  return id
}

function creationProblem(creation: Creation): ApiProblem | undefined {
  const text = creationText(creation)
  return text === undefined ? undefined : problem('INVALID_REQUEST', text)
}

function creationText(creation: Creation): string | undefined {
  const { resourceType, resourceName, resourcePatternType, principal, operation, permissionType } = creation
  if (resourceType === clusterType && resourceName !== clusterResource.name) {
    return `The only valid name for the CLUSTER resource is ${clusterResource.name}`
  }
  if (resourceName === '') return 'Invalid empty resource name'
  if (!isBetween(resourceType, 2, 7)) return `Invalid resourceType ${nameOf(resourceTypes, resourceType)}`
  if (!isBetween(resourcePatternType, 3, 4)) return `Invalid patternType ${nameOf(patternTypes, resourcePatternType)}`
  if (!isBetween(operation, 2, 15)) return `Invalid operation ${nameOf(anyOrUnknown, operation)}`
  if (!isBetween(permissionType, 2, 3)) return `Invalid permissionType ${nameOf(anyOrUnknown, permissionType)}`
  if (principal.includes(':')) return undefined
  return `Could not parse principal from \`${principal}\` (no colon is present separating the principal type from the principal name)`
}

function filterProblem({
  resourceTypeFilter,
  patternTypeFilter,
  operation,
  permissionType,
}: Filter): ApiProblem | undefined {
  if (!isBetween(resourceTypeFilter, 1, 7) || !isBetween(patternTypeFilter, 1, 4)) {
    return problem('INVALID_REQUEST', 'Unknown patternFilter.')
  }
  if (isBetween(operation, 1, 15) && isBetween(permissionType, 1, 3)) return undefined
  return problem('INVALID_REQUEST', 'Unknown entryFilter.')
}

function isBetween(code: number, min: number, max: number): boolean {
  return code >= min && code <= max
}

const anyOrUnknown = ['UNKNOWN', 'ANY']
const resourceTypes = anyOrUnknown
const patternTypes = [...anyOrUnknown, 'MATCH']

function nameOf(names: readonly string[], code: number): string {
  return names[code] ?? 'UNKNOWN'
}
