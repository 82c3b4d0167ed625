/** Which ACLs of which resources the options of kafka-acls mean. Pure. */
import type { AclOperation } from '@gregor/client'
import { supportedOperations } from '@gregor/security'
import { usageError } from '../joptsimple.ts'
import { principalOf, principalText } from '../principals.ts'
import type { AclOptions } from './acl-options.ts'
import { type AclEntry, type AclResource, entryText, resourceText } from './acl-text.ts'
import { operationNamed } from './operation-names.ts'

export interface ResourceAcls {
  readonly resource: AclResource
  readonly entries: readonly AclEntry[]
}

const cluster: AclResource = { resourceType: 'CLUSTER', resourceName: 'kafka-cluster', patternType: 'LITERAL' }
const anyHost = '*'

/** For adding: every resource is one, and every one has entries. @throws ToolExit with the help */
export function specificAclsByResource(given: AclOptions): readonly ResourceAcls[] {
  const patternType = given.value('resource-pattern-type')
  if (patternType !== 'LITERAL' && patternType !== 'PREFIXED') {
    throw usageError(`A '--resource-pattern-type' value of '${patternType}' is not valid when adding acls.`)
  }
  const wanted = aclsByResource(given)
  if (wanted.some(({ entries }) => entries.length === 0)) {
    throw usageError('You must specify one of: --allow-principal, --deny-principal when trying to add ACLs.')
  }
  return wanted
}

/** @throws ToolExit with the help where no resource is named, or an operation means nothing for one. */
export function aclsByResource(given: AclOptions): readonly ResourceAcls[] {
  const wanted = new Map<string, ResourceAcls>()
  const add = (resource: AclResource, entries: readonly AclEntry[]): void => {
    const key = resourceText(resource)
    const all = [...(wanted.get(key)?.entries ?? []), ...entries]
    const unique = new Map(all.map((entry) => [entryText(entry), entry]))
    wanted.set(key, { resource, entries: [...unique.values()] })
  }
  const resources = resourcesOf(given)
  if (resources.length === 0) {
    throw usageError(
      'You must provide at least one resource: --topic <topic> or --cluster or --group <group> or --delegation-token <Delegation Token ID>',
    )
  }
  const of = (type: string): readonly AclResource[] => resources.filter(({ resourceType }) => resourceType === type)
  if (given.has('producer')) {
    for (const topic of of('TOPIC')) add(topic, entriesOf(given, ['WRITE', 'DESCRIBE', 'CREATE']))
    for (const id of of('TRANSACTIONAL_ID')) add(id, entriesOf(given, ['WRITE', 'DESCRIBE']))
    if (given.has('idempotent')) add(cluster, entriesOf(given, ['IDEMPOTENT_WRITE']))
  }
  if (given.has('consumer')) {
    for (const topic of of('TOPIC')) add(topic, entriesOf(given, ['READ', 'DESCRIBE']))
    for (const group of of('GROUP')) add(group, entriesOf(given, ['READ']))
  }
  if (!given.hasAny('producer', 'consumer')) {
    const named = given.values('operation').map((name) => operationNamed(name.trim()))
    const operations = named.length === 0 ? (['ALL'] as const) : named
    for (const resource of resources) add(resource, entriesOf(given, operations))
  }
  for (const each of wanted.values()) checkOperations(each)
  return [...wanted.values()]
}

/** Those that are named; none is no mistake here. */
export function resourcesOf(given: AclOptions): readonly AclResource[] {
  const patternType = given.value('resource-pattern-type')
  const named = (resourceType: AclResource['resourceType'], names: readonly string[]): readonly AclResource[] =>
    names.map((resourceName) => ({ resourceType, resourceName, patternType }))
  const trimmed = (name: 'topic' | 'group' | 'delegation-token' | 'user-principal'): readonly string[] =>
    given.values(name).map((each) => each.trim())
  const isOfCluster = patternType === 'LITERAL' && given.hasAny('cluster', 'idempotent')
  const all = [
    ...named('TOPIC', trimmed('topic')),
    ...(isOfCluster ? [cluster] : []),
    ...named('GROUP', trimmed('group')),
    ...named('TRANSACTIONAL_ID', given.values('transactional-id')),
    ...named('DELEGATION_TOKEN', trimmed('delegation-token')),
    ...named('USER', trimmed('user-principal')),
  ]
  return [...new Map(all.map((resource) => [resourceText(resource), resource])).values()]
}

function entriesOf(given: AclOptions, operations: readonly AclOperation[]): readonly AclEntry[] {
  return [
    ...entries(given, operations, { principals: 'allow-principal', hosts: 'allow-host', permissionType: 'ALLOW' }),
    ...entries(given, operations, { principals: 'deny-principal', hosts: 'deny-host', permissionType: 'DENY' }),
  ]
}

function entries(
  given: AclOptions,
  operations: readonly AclOperation[],
  by: {
    readonly principals: 'allow-principal' | 'deny-principal'
    readonly hosts: 'allow-host' | 'deny-host'
    readonly permissionType: 'ALLOW' | 'DENY'
  },
): readonly AclEntry[] {
  const principals = given.values(by.principals).map((text) => principalText(principalOf(text.trim())))
  const hosts = given.has(by.hosts) ? given.values(by.hosts).map((host) => host.trim()) : [anyHost]
  const { permissionType } = by
  return principals.flatMap((principal) =>
    operations.flatMap((operation) => hosts.map((host) => ({ principal, host, operation, permissionType }))),
  )
}

function checkOperations({ resource: { resourceType }, entries: wanted }: ResourceAcls): void {
  if (resourceType === 'ANY' || resourceType === 'UNKNOWN') return
  const valid: readonly string[] = ['ALL', ...supportedOperations[resourceType]]
  if (wanted.every(({ operation }) => valid.includes(operation))) return
  throw usageError(`ResourceType ${resourceType} only supports operations [${valid.join(', ')}]`)
}
