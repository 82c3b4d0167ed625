/**
 * Configs of topics, brokers, groups and the rest. What is about one broker, or its loggers, goes to that broker; all else
 * to any node.
 */
import { AlterConfigs, DescribeConfigs, IncrementalAlterConfigs, ListConfigResources } from '@gregor/protocol'
import type { NodeChoice } from '../cluster/cluster.ts'
import { UnsupportedVersionError } from '../errors.ts'
import {
  type AdminContext,
  type CallOptions,
  type Report,
  call,
  check,
  errorOf,
  inRounds,
  passingAtController,
} from './call.ts'
import {
  type ConfigEntry,
  type ConfigResourceType,
  codeOfConfigResource,
  configEntry,
  configResourceTypeAt,
} from './config-entry.ts'
import type { Results } from './results.ts'
import { inParts } from './routing.ts'

export interface ConfigResource {
  readonly type: ConfigResourceType
  /** Of a broker: its id; empty for what holds for all brokers. */
  readonly name: string
}

export interface DescribeConfigsOptions extends CallOptions {
  /** Default: false. */
  readonly includeSynonyms?: boolean
  /** Default: false. */
  readonly includeDocumentation?: boolean
  /** Only these, by name. Default: all. */
  readonly keys?: readonly string[]
}

/** By name. */
export type Configs = ReadonlyMap<string, ConfigEntry>

export type AlterConfigOperation =
  | { readonly operation: 'SET'; readonly name: string; readonly value: string }
  /** Back to the default. */
  | { readonly operation: 'DELETE'; readonly name: string }
  /** To the list that the config is: values with commas between them. */
  | { readonly operation: 'APPEND' | 'SUBTRACT'; readonly name: string; readonly value: string }

export interface ConfigAlteration {
  readonly resource: ConfigResource
  readonly operations: readonly AlterConfigOperation[]
}

export interface ConfigReplacement {
  readonly resource: ConfigResource
  /** All that shall be set. */
  readonly configs: Readonly<Record<string, string>>
}

export interface AlterConfigsOptions extends CallOptions {
  /** Only says what would come of it. */
  readonly validateOnly?: boolean
}

const operationCodes = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

export function describeConfigs(
  context: AdminContext,
  resources: readonly ConfigResource[],
  options: DescribeConfigsOptions,
): Promise<Results<ConfigResource, Configs>> {
  const rounds = { ...options, name: 'describeConfigs', keyOf: resourceKey, passing: passingAtController }
  return inRounds(context, resources, rounds, (open, report, given) =>
    inParts(byNode(open), report, async (node, part) => {
      const request = (version: number) => ({
        resources: part.map((one) => ({ ...resourceInput(one), configurationKeys: options.keys ?? null })),
        includeSynonyms: version >= synonymsVersion && (options.includeSynonyms ?? false),
        includeDocumentation: version >= documentationVersion && (options.includeDocumentation ?? false),
      })
      const { response } = await context.cluster.send(node, DescribeConfigs, request, given)
      const find = finder(part)
      for (const { resourceType, resourceName, errorCode, errorMessage, configs } of response.results) {
        const resource = find(resourceType, resourceName)
        if (resource === undefined) continue
        const error = errorOf(errorCode, errorMessage)
        if (error !== undefined) report.failed(resource, error)
        else report.done(resource, new Map(configs.map((config) => [config.name, configEntry(config, resource.type)])))
      }
    }),
  )
}

/** KIP-226. */
const synonymsVersion = 1
/** KIP-569. */
const documentationVersion = 3

export function incrementalAlterConfigs(
  context: AdminContext,
  alterations: readonly ConfigAlteration[],
  options: AlterConfigsOptions,
): Promise<Results<ConfigResource, void>> {
  const byKey = new Map(alterations.map((one) => [resourceKey(one.resource), one.operations]))
  const rounds = { ...options, name: 'incrementalAlterConfigs', keyOf: resourceKey, passing: passingAtController }
  const resources = alterations.map(({ resource }) => resource)
  return inRounds(context, resources, rounds, (open, report, given) =>
    inParts(byNode(open), report, async (node, part) => {
      const request = {
        resources: part.map((resource) => ({
          ...resourceInput(resource),
          configs: (byKey.get(resourceKey(resource)) ?? []).map((one) => ({
            name: one.name,
            configOperation: operationCodes[one.operation],
            value: one.operation === 'DELETE' ? null : one.value,
          })),
        })),
        validateOnly: options.validateOnly ?? false,
      }
      const { response } = await context.cluster.send(node, IncrementalAlterConfigs, request, given)
      reportAltered(part, response.responses, report)
    }),
  )
}

export function alterConfigs(
  context: AdminContext,
  given: readonly ConfigReplacement[],
  options: AlterConfigsOptions,
): Promise<Results<ConfigResource, void>> {
  const byKey = new Map(given.map((one) => [resourceKey(one.resource), one.configs]))
  const rounds = { ...options, name: 'alterConfigs', keyOf: resourceKey, passing: passingAtController }
  const resources = given.map(({ resource }) => resource)
  return inRounds(context, resources, rounds, (open, report, attempt) =>
    inParts(byNode(open), report, async (node, part) => {
      const request = {
        resources: part.map((resource) => ({
          ...resourceInput(resource),
          configs: Object.entries(byKey.get(resourceKey(resource)) ?? {}).map(([name, value]) => ({ name, value })),
        })),
        validateOnly: options.validateOnly ?? false,
      }
      const { response } = await context.cluster.send(node, AlterConfigs, request, attempt)
      reportAltered(part, response.responses, report)
    }),
  )
}

/** Brokers older than 4.1 list client metrics resources only (KIP-1142). */
export function listConfigResources(
  context: AdminContext,
  types: readonly ConfigResourceType[],
  options: CallOptions,
): Promise<readonly ConfigResource[]> {
  return call(context, 'listConfigResources', options, async (given) => {
    const request = (version: number) => {
      if (version >= allTypesVersion) return { resourceTypes: types.map(codeOfConfigResource) }
      if (types.length === 1 && types[0] === 'CLIENT_METRICS') return {}
      throw new UnsupportedVersionError('the node lists no resources but those of client metrics')
    }
    const { response } = await context.cluster.send('any', ListConfigResources, request, given)
    check(response.errorCode)
    return response.configResources.map((one) => ({
      type: configResourceTypeAt(one.resourceType),
      name: one.resourceName,
    }))
  })
}

const allTypesVersion = 1

interface AlteredResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

function reportAltered(
  part: readonly ConfigResource[],
  responses: readonly AlteredResource[],
  report: Report<ConfigResource, void>,
): void {
  const find = finder(part)
  for (const { resourceType, resourceName, errorCode, errorMessage } of responses) {
    const resource = find(resourceType, resourceName)
    if (resource === undefined) continue
    const error = errorOf(errorCode, errorMessage)
    if (error === undefined) report.done(resource, undefined)
    else report.failed(resource, error)
  }
}

function byNode(resources: readonly ConfigResource[]): ReadonlyMap<NodeChoice, readonly ConfigResource[]> {
  return Map.groupBy(resources, ({ type, name }): NodeChoice => {
    const isOfOneBroker = (type === 'BROKER' || type === 'BROKER_LOGGER') && name !== ''
    return isOfOneBroker ? brokerId(name) : 'any'
  })
}

/** A name that is no id goes to any node, which says what it thinks of it. */
function brokerId(name: string): NodeChoice {
  return /^\d{1,9}$/.test(name) ? Number(name) : 'any'
}

function resourceInput({ type, name }: ConfigResource) {
  return { resourceType: codeOfConfigResource(type), resourceName: name }
}

function finder(resources: readonly ConfigResource[]): (type: number, name: string) => ConfigResource | undefined {
  const byKey = new Map(resources.map((one) => [resourceKey(one), one]))
  return (type, name) => byKey.get(resourceKey({ type: configResourceTypeAt(type), name }))
}

function resourceKey({ type, name }: ConfigResource): string {
  return `${type} ${name}`
}
