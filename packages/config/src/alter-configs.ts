/**
 * Changes of configs that are asked for (KIP-133, KIP-339): what they make of the stored ones, and whether that is
 * allowed. This is the controller's half, for every resource; what only the broker itself can judge of its own
 * configs is in `alter-broker-configs`. Pure; outcomes are Kafka's error codes and messages.
 */
import { unreachable } from '@gregor/base'
import type { BrokerConfig } from './broker-config.ts'
import { brokerConfigs } from './broker-configs.ts'
import { clientMetricsConfigs } from './client-metrics-configs.ts'
import { defaultText, invalidValueMessage, parseConfig } from './config-text.ts'
import type { ConfigDefinition, ConfigDefinitions } from './definition.ts'
import { groupConfigs } from './group-configs.ts'
import { groupProblem } from './group-bounds.ts'
import { topicText } from './log-config.ts'
import { remoteStorageProblem } from './remote-storage-rules.ts'
import { topicConfigs } from './topic-configs.ts'

/** Resources that have stored configs. Loggers have none: they are changed and forgotten. */
export type ConfigResourceType = 'topic' | 'broker' | 'clientMetrics' | 'group'

/** Resource types as the protocol numbers them. */
export const resourceTypeCodes = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

export type ConfigOperationType = 'set' | 'delete' | 'append' | 'subtract'

/** One change, as IncrementalAlterConfigs names it; AlterConfigs replaces everything, which is only `set`. */
export interface ConfigOperation {
  readonly name: string
  readonly operation: ConfigOperationType
  /** Not there for `delete`. */
  readonly value?: string
}

export interface AlterProblem {
  readonly error: 'INVALID_CONFIG' | 'INVALID_REQUEST'
  readonly message: string
}

export type Altered =
  | {
      readonly error: 'NONE'
      /** All configs of the resource afterwards. */
      readonly configs: ReadonlyMap<string, string>
      /** What to write down: the new value, or `undefined` for a config that goes. */
      readonly changes: ReadonlyMap<string, string | undefined>
    }
  | AlterProblem

/** The longest value that can be stored. */
const VALUE_LENGTH_MAX = 32_767

const operationTypes: readonly ConfigOperationType[] = ['set', 'delete', 'append', 'subtract']

/**
 * The operations of a request, in the protocol's numbers, or what makes the request itself invalid: a key twice, a
 * missing value, an operation nobody knows. `configOperation` is missing in AlterConfigs.
 */
export function operationsFromRequest(
  configs: readonly { readonly name: string; readonly configOperation?: number; readonly value: string | null }[],
): readonly ConfigOperation[] | AlterProblem {
  const names = configs.map(({ name }) => name)
  if (new Set(names).size < names.length) return invalidRequest('Error due to duplicate config keys')
  const missing = configs.filter(({ configOperation, value }) => value === null && configOperation !== 1)
  if (missing.length > 0)
    return invalidRequest(`Null value not supported for : ${missing.map(({ name }) => name).join(', ')}`)
  const operations: ConfigOperation[] = []
  for (const { name, configOperation = 0, value } of configs) {
    const operation = operationTypes[configOperation]
    if (operation === undefined) return invalidRequest(`Unknown operations type ${configOperation}`)
    operations.push({ name, operation, ...(value === null ? {} : { value }) })
  }
  return operations
}

/** Carries operations out on what is stored. Appending starts from the default where nothing is stored. */
export function applyOperations(
  type: ConfigResourceType,
  current: ReadonlyMap<string, string>,
  operations: readonly ConfigOperation[],
): Altered {
  const changes = new Map<string, string | undefined>()
  for (const { name, operation, value } of operations) {
    if (operation === 'delete') changes.set(name, undefined)
    else if (operation === 'set') changes.set(name, value)
    else {
      const definition = splittable(type, name)
      if (definition === undefined) {
        return invalidConfig(`Can't ${operation.toUpperCase()} to key ${name} because its type is not LIST.`)
      }
      const before = current.get(name) ?? defaultText(definition) ?? ''
      changes.set(name, operation === 'append' ? appended(before, value ?? '') : subtracted(before, value ?? ''))
    }
  }
  return altered(current, changes, type)
}

/** Makes these the only configs of the resource (AlterConfigs). */
export function replaceConfigs(
  type: ConfigResourceType,
  current: ReadonlyMap<string, string>,
  configs: ReadonlyMap<string, string>,
): Altered {
  const changes = new Map<string, string | undefined>(configs)
  for (const name of current.keys()) if (!configs.has(name)) changes.set(name, undefined)
  return altered(current, changes, type)
}

/**
 * Whether a resource may have these configs.
 *
 * @param config - of the controller, whose defaults and bounds count.
 * @param existing - what is stored before the change.
 */
export function resourceProblem(
  config: BrokerConfig,
  type: ConfigResourceType,
  configs: ReadonlyMap<string, string>,
  existing: ReadonlyMap<string, string>,
): AlterProblem | undefined {
  for (const [name, value] of configs) {
    if (value.length <= VALUE_LENGTH_MAX) continue
    return invalidConfig(`The value of ${name} is longer than ${VALUE_LENGTH_MAX} characters`)
  }
  switch (type) {
    case 'broker':
      return undefined
    case 'topic':
      return topicProblem(config, configs, existing)
    case 'group':
      return groupConfigProblem(config, configs)
    case 'clientMetrics':
      return clientMetricsProblem(configs)
    default:
      return unreachable(type)
  }
}

/** Whether a resource of this name can have configs at all. A topic's name is checked where topics are. */
export function resourceNameProblem(type: ConfigResourceType, name: string): AlterProblem | undefined {
  switch (type) {
    case 'topic':
      return name === '' ? invalidRequest('Default topic resources are not allowed.') : undefined
    case 'group':
      return name === '' ? invalidRequest('Default group resources are not allowed.') : undefined
    case 'clientMetrics':
      return name === '' ? invalidRequest("Subscription name can't be empty") : undefined
    case 'broker':
      if (name === '' || /^\+?[0-9]+$/.test(name)) return undefined
      return invalidRequest(
        /^-[0-9]+$/.test(name) ? 'Invalid negative broker ID.' : `Broker id must be an integer, but it is: ${name}`,
      )
    default:
      return unreachable(type)
  }
}

/** `existing` and `next` with each change written down; a broker's also where nothing changes, to reload its files. */
function altered(
  current: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, string | undefined>,
  type: ConfigResourceType,
): Altered {
  const configs = new Map(current)
  const written = new Map<string, string | undefined>()
  for (const [name, value] of changes) {
    if (current.get(name) !== value || type === 'broker') written.set(name, value)
    if (value === undefined) configs.delete(name)
    else configs.set(name, value)
  }
  return { error: 'NONE', configs, changes: written }
}

function splittable(type: ConfigResourceType, name: string): ConfigDefinition | undefined {
  const tables: Partial<Record<ConfigResourceType, ConfigDefinitions>> = { topic: topicConfigs, broker: brokerConfigs }
  const table = tables[type]
  const definition = table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
  return definition?.type === 'list' ? definition : undefined
}

/** @param more - comma-separated; what is there already is not added again. */
export function appended(list: string, more: string): string {
  const elements = elementsOf(list)
  for (const element of more.split(',')) if (!elements.includes(element)) elements.push(element)
  return elements.join(',')
}

/** @param less - comma-separated; of what is there twice one is left. */
export function subtracted(list: string, less: string): string {
  const elements = elementsOf(list)
  for (const element of less.split(',')) {
    const at = elements.indexOf(element)
    if (at >= 0) elements.splice(at, 1)
  }
  return elements.join(',')
}

function elementsOf(list: string): string[] {
  return list.split(',').filter((element) => element !== '')
}

function topicProblem(
  config: BrokerConfig,
  configs: ReadonlyMap<string, string>,
  existing: ReadonlyMap<string, string>,
): AlterProblem | undefined {
  const message = valuesProblem(topicConfigs, configs, 'Unknown topic config name')
  if (message !== undefined) return invalidConfig(message)
  const value = (name: 'min.compaction.lag.ms' | 'max.compaction.lag.ms'): bigint =>
    BigInt(topicText(config, configs, name) ?? 0)
  const [min, max] = [value('min.compaction.lag.ms'), value('max.compaction.lag.ms')]
  if (min > max) {
    return invalidConfig(
      `conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})`,
    )
  }
  const remote = remoteStorageProblem(config, configs, existing)
  return remote === undefined ? undefined : invalidConfig(remote)
}

function groupConfigProblem(config: BrokerConfig, configs: ReadonlyMap<string, string>): AlterProblem | undefined {
  const message = valuesProblem(groupConfigs, configs, 'Unknown group config name') ?? groupProblem(config, configs)
  return message === undefined ? undefined : invalidConfig(message)
}

const clientMatches: readonly string[] = [
  'client_id',
  'client_instance_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
]

function clientMetricsProblem(configs: ReadonlyMap<string, string>): AlterProblem | undefined {
  const unknown = [...configs.keys()].find((name) => !Object.hasOwn(clientMetricsConfigs, name))
  if (unknown !== undefined) return invalidRequest(`Unknown client metrics configuration: ${unknown}`)
  const message = valuesProblem(clientMetricsConfigs, configs, 'Unknown')
  if (message !== undefined) return invalidConfig(message)
  const interval = Number(configs.get('interval.ms') ?? 300_000)
  if (interval < 100 || interval > 3_600_000) {
    return invalidRequest(
      `Invalid value ${interval} for interval.ms, interval must be between 100 and 3600000 (1 hour)`,
    )
  }
  const bad = elementsOf(configs.get('match') ?? '').find((pattern) => !isClientPattern(pattern.trim()))
  return bad === undefined ? undefined : invalidConfig(`Illegal client matching pattern: ${bad.trim()}`)
}

function isClientPattern(text: string): boolean {
  const [name = '', pattern = '', ...rest] = text.split('=')
  if (rest.length > 0 || pattern === '' || !clientMatches.includes(name.trim())) return false
  try {
    return new RegExp(pattern.trim()) instanceof RegExp
  } catch {
    return false
  }
}

/** The first name nobody knows, or the first value that is not allowed. */
function valuesProblem(
  definitions: ConfigDefinitions,
  configs: ReadonlyMap<string, string>,
  unknown: string,
): string | undefined {
  for (const [name, text] of configs) {
    const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined
    if (definition === undefined) return `${unknown}: ${name}`
    const parsed = parseConfig(definition, text)
    if ('problem' in parsed) return invalidValueMessage(definition, text, parsed)
  }
  return undefined
}

export function invalidConfig(message: string): AlterProblem {
  return { error: 'INVALID_CONFIG', message }
}

export function invalidRequest(message: string): AlterProblem {
  return { error: 'INVALID_REQUEST', message }
}
