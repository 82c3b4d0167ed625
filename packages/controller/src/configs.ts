/**
 * AlterConfigs (33), which replaces all configs of a resource, and IncrementalAlterConfigs (44, KIP-339), which changes
 * those it names: of topics, brokers, groups and client metrics. Each resource succeeds or fails for itself.
 */
import { applyOperations, operationsFromRequest, replaceConfigs } from '@gregor/config'
import type { Altered, ConfigResourceType } from '@gregor/config'
import { configOf } from '@gregor/metadata'
import type { ConfigResource } from '@gregor/metadata'
import { AlterConfigs, IncrementalAlterConfigs } from '@gregor/protocol'
import type { MetadataRecordInput } from '@gregor/protocol'
import { errorFields, isProblem, plainProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { configChangeRecords, keptResourceType } from './config-change.ts'
import { defineControllerHandler } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { clusterResource } from './controller-options.ts'

interface RequestedConfig {
  readonly name: string
  readonly value: string | null
  readonly configOperation?: number
}

interface RequestedResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly RequestedConfig[]
}

interface ResourceResult {
  readonly resourceType: number
  readonly resourceName: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

type Alter = (
  type: ConfigResourceType,
  current: ReadonlyMap<string, string>,
  configs: readonly RequestedConfig[],
) => Altered

export const alterConfigs = defineControllerHandler(AlterConfigs, {
  decide: ({ resources, validateOnly }, asked) => alterResources(asked, { resources, validateOnly, alter: replace }),
  refuse: ({ resources }, found) => ({ responses: resources.map((resource) => ({ ...named(resource), ...found })) }),
})

export const incrementalAlterConfigs = defineControllerHandler(IncrementalAlterConfigs, {
  decide: ({ resources, validateOnly }, asked) => alterResources(asked, { resources, validateOnly, alter: change }),
  refuse: ({ resources }, found) => ({ responses: resources.map((resource) => ({ ...named(resource), ...found })) }),
})

function replace(
  type: ConfigResourceType,
  current: ReadonlyMap<string, string>,
  configs: readonly RequestedConfig[],
): Altered {
  const operations = operationsFromRequest(configs)
  if ('error' in operations) return operations
  return replaceConfigs(type, current, new Map(operations.map(({ name, value }) => [name, value ?? ''])))
}

function change(
  type: ConfigResourceType,
  current: ReadonlyMap<string, string>,
  configs: readonly RequestedConfig[],
): Altered {
  const operations = operationsFromRequest(configs)
  return 'error' in operations ? operations : applyOperations(type, current, operations)
}

function alterResources(
  asked: Asked,
  given: { readonly resources: readonly RequestedResource[]; readonly validateOnly: boolean; readonly alter: Alter },
): {
  readonly response: { readonly responses: readonly ResourceResult[] }
  readonly records: readonly MetadataRecordInput[]
} {
  const same = Map.groupBy(given.resources, ({ resourceType, resourceName }) => `${resourceType}:${resourceName}`)
  const responses: ResourceResult[] = []
  const records: MetadataRecordInput[] = []
  for (const [first, ...others] of same.values()) {
    if (first === undefined) continue
    const outcome = alterResource(asked, first, { isTwice: others.length > 0, alter: given.alter })
    const found = isProblem(outcome) ? outcome : undefined
    responses.push({ ...named(first), ...errorFields(found) })
    if (!isProblem(outcome) && !given.validateOnly) records.push(...outcome)
  }
  return { response: { responses }, records }
}

function alterResource(
  asked: Asked,
  { resourceType, resourceName, configs }: RequestedResource,
  { isTwice, alter }: { readonly isTwice: boolean; readonly alter: Alter },
): readonly MetadataRecordInput[] | ApiProblem {
  const resource = { type: resourceType, name: resourceName }
  const type = keptResourceType(resourceType)
  if (type === undefined) return unkeptProblem(resourceType)
  if (isTwice) return problem('INVALID_REQUEST', 'Duplicate resource.')
  const found = authorizationProblem(asked, resource, type)
  if (found !== undefined) return found
  const altered = alter(type, configOf(asked.image, resource), configs)
  const explicitNames = new Set(configs.map(({ name }) => name))
  return configChangeRecords(asked, { resource, type, altered, explicitNames, isNew: false })
}

/** Loggers have no configs that are kept: brokers change theirs themselves. */
function unkeptProblem(resourceType: number): ApiProblem {
  return resourceType === brokerLoggerType
    ? problem('INVALID_REQUEST', 'Unexpected resource type BROKER_LOGGER.')
    : problem('UNSUPPORTED_VERSION', `Unknown resource type ${resourceType}.`)
}

const brokerLoggerType = 8

function authorizationProblem(
  { context }: Asked,
  { name }: ConfigResource,
  type: ConfigResourceType,
): ApiProblem | undefined {
  switch (type) {
    case 'topic':
    case 'group':
      if (context.allows('AlterConfigs', { type, name })) return undefined
      return plainProblem(type === 'topic' ? 'TOPIC_AUTHORIZATION_FAILED' : 'GROUP_AUTHORIZATION_FAILED')
    default:
      return context.allows('AlterConfigs', clusterResource) ? undefined : plainProblem('CLUSTER_AUTHORIZATION_FAILED')
  }
}

function named({ resourceType, resourceName }: RequestedResource) {
  return { resourceType, resourceName }
}
