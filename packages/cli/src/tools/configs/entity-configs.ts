/** Describing and altering what kafka-configs is asked for: configs of resources here, quotas in `quota-configs.ts`. */
import { UnsupportedVersionError, type Admin, type ConfigEntry, type ConfigResource } from '@gregor/client'
import type { Program } from '../../program.ts'
import { errorCodeOf } from '../java-errors.ts'
import type { ConfigsGiven } from '../kafka-configs.ts'
import { ToolExit } from '../tool-exit.ts'
import { configChanges, type ConfigChanges } from './config-changes.ts'
import { isBrokerId, type Entities, type EntityType } from './entities.ts'
import { alterQuotas, describeQuotas } from './quota-configs.ts'

export interface ConfigsAsked {
  readonly given: ConfigsGiven
  readonly entities: Entities
  readonly admin: Admin
  readonly program: Program
}

const resourceTypes = {
  topics: { type: 'TOPIC', source: 'DYNAMIC_TOPIC_CONFIG' },
  brokers: { type: 'BROKER', source: 'DYNAMIC_BROKER_CONFIG' },
  'broker-loggers': { type: 'BROKER_LOGGER', source: undefined },
  'client-metrics': { type: 'CLIENT_METRICS', source: 'DYNAMIC_CLIENT_METRICS_CONFIG' },
  groups: { type: 'GROUP', source: 'DYNAMIC_GROUP_CONFIG' },
} as const
type ResourceEntityType = keyof typeof resourceTypes

const describeTimeoutMs = 30_000
const alterTimeoutMs = 30_000

function isOfResources(type: EntityType): type is ResourceEntityType {
  return Object.hasOwn(resourceTypes, type)
}

function singular(type: EntityType): string {
  return type.slice(0, -1)
}

// ------------------------------------------------------------------------------------------------------------ alter

export async function alterEntity(asked: ConfigsAsked): Promise<void> {
  const { given, entities, program } = asked
  const [type = 'topics'] = entities.types
  const [name = ''] = entities.names
  const changes = configChanges(given, program)
  if (!isOfResources(type)) await alterQuotas(changes, asked)
  else await alterResource({ type, name }, changes, asked)
  program.out.line(
    name === ''
      ? `Completed updating default config for ${type} in the cluster.`
      : `Completed updating config for ${singular(type)} ${name}.`,
  )
}

async function alterResource(
  { type, name }: { readonly type: ResourceEntityType; readonly name: string },
  { added, deleted }: ConfigChanges,
  { admin }: ConfigsAsked,
): Promise<void> {
  if (type === 'brokers' && name !== '') requireBrokerId(type, name)
  if (type === 'broker-loggers') {
    const known = new Set((await resourceConfigs(type, name, { admin, isAll: false })).map((entry) => entry.name))
    const unknown = [...deleted, ...added.keys()].filter((logger) => !known.has(logger))
    if (unknown.length > 0) throw new ToolExit(`Invalid broker logger(s): ${unknown.join(',')}`)
  }
  const resource: ConfigResource = { type: resourceTypes[type].type, name }
  const operations = [
    ...deleted.map((key) => ({ operation: 'DELETE', name: key }) as const),
    ...Array.from(added, ([key, value]) => ({ operation: 'SET', name: key, value }) as const),
  ]
  const results = await admin.incrementalAlterConfigs([{ resource, operations }], { timeoutMs: alterTimeoutMs })
  results.all()
}

// --------------------------------------------------------------------------------------------------------- describe

export async function describeEntities(asked: ConfigsAsked): Promise<void> {
  const { given, entities, admin, program } = asked
  const [type = 'topics'] = entities.types
  if (!isOfResources(type)) return describeQuotas(asked)
  const [name] = entities.names
  const isAll = given.has('all')
  if (name !== undefined && !isAll && !(await isThere(type, name, admin))) {
    program.out.line(`The ${singular(type)} '${name}' doesn't exist and doesn't have dynamic config.`)
    return
  }
  for (const one of name === undefined ? await allOf(type, admin) : [name]) {
    const which = isAll ? 'All' : 'Dynamic'
    program.out.line(
      one === ''
        ? `Default configs for ${type} in the cluster are:`
        : `${which} configs for ${singular(type)} ${one} are:`,
    )
    for (const entry of await resourceConfigs(type, one, { admin, isAll })) program.out.line(entryLine(entry))
  }
}

function entryLine({ name, value, isSensitive, synonyms }: ConfigEntry): string {
  const others = synonyms.map((one) => `${one.source}:${one.name}=${one.value ?? 'null'}`)
  return `  ${name}=${value ?? 'null'} sensitive=${isSensitive} synonyms={${others.join(', ')}}`
}

async function isThere(type: ResourceEntityType, name: string, admin: Admin): Promise<boolean> {
  switch (type) {
    case 'topics': {
      requireTopicName(name)
      const topics = await admin.listTopics({ listInternal: true })
      return topics.some((topic) => topic.name === name)
    }
    case 'brokers':
    case 'broker-loggers':
      return name === '' || (await brokerIds(admin)).includes(name)
    case 'client-metrics':
      return (await subscriptionNames(admin)).includes(name)
    case 'groups':
      return (await groupIds(admin)).includes(name)
  }
}

async function allOf(type: ResourceEntityType, admin: Admin): Promise<readonly string[]> {
  switch (type) {
    case 'topics':
      return (await admin.listTopics({ listInternal: true })).map(({ name }) => name).toSorted()
    case 'brokers':
    case 'broker-loggers':
      return [...(await brokerIds(admin)), '']
    case 'client-metrics':
      return subscriptionNames(admin)
    case 'groups':
      return groupIds(admin)
  }
}

async function brokerIds(admin: Admin): Promise<readonly string[]> {
  return (await admin.describeCluster()).nodes.map(({ nodeId }) => String(nodeId))
}

async function subscriptionNames(admin: Admin): Promise<readonly string[]> {
  return (await admin.listConfigResources(['CLIENT_METRICS'])).map(({ name }) => name)
}

/** Those that there are, and those that have configs: brokers before 4.1 do not tell of the latter (KIP-1142). */
async function groupIds(admin: Admin): Promise<readonly string[]> {
  const { groups, failures } = await admin.listGroups()
  for (const { error } of failures) throw error
  const known = groups.map(({ groupId }) => groupId)
  try {
    const configured = await admin.listConfigResources(['GROUP'])
    return [...new Set([...known, ...configured.map(({ name }) => name)])].toSorted()
  } catch (error) {
    const isUnknown = error instanceof UnsupportedVersionError || errorCodeOf(error) === 'CLUSTER_AUTHORIZATION_FAILED'
    if (!isUnknown) throw error
    return known.toSorted()
  }
}

/** Sorted by name; without `isAll` only what was set for this very resource. */
async function resourceConfigs(
  type: ResourceEntityType,
  name: string,
  { admin, isAll }: { readonly admin: Admin; readonly isAll: boolean },
): Promise<readonly ConfigEntry[]> {
  if (type === 'topics' && name !== '') requireTopicName(name)
  if ((type === 'brokers' || type === 'broker-loggers') && name !== '') requireBrokerId(type, name)
  const resource: ConfigResource = { type: resourceTypes[type].type, name }
  const described = await admin.describeConfigs([resource], { includeSynonyms: true, timeoutMs: describeTimeoutMs })
  const ofDefault = type === 'brokers' && name === '' ? 'DYNAMIC_DEFAULT_BROKER_CONFIG' : resourceTypes[type].source
  return [...described.value(resource).values()]
    .filter(({ source }) => isAll || ofDefault === undefined || source === ofDefault)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function requireBrokerId(type: EntityType, name: string): void {
  if (isBrokerId(name)) return
  throw new ToolExit(`The entity name for ${type} must be a valid integer broker id, found: ${name}`)
}

const topicNameLengthMax = 249

function requireTopicName(name: string): void {
  if (name === '') throw new ToolExit('Topic name is invalid: the empty string is not allowed')
  if (name === '.' || name === '..') throw new ToolExit(`Topic name is invalid: '.' or '..' is not allowed`)
  if (name.length > topicNameLengthMax) {
    throw new ToolExit(
      `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${topicNameLengthMax}`,
    )
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    throw new ToolExit(
      `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`,
    )
  }
}
