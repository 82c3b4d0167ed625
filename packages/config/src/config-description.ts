/**
 * What DescribeConfigs says of a resource: every config with its value, where the value comes from and what it would
 * be without that (KIP-226, KIP-569). The entries have the fields of the response, so that a handler hands them on.
 *
 * Kafka's own rules, odd ones included: a secret, and any key that nobody knows, has a null value; where the value
 * comes from a synonym that stands behind an unset one (log.retention.hours), the source is said to be the default.
 */
import type { BrokerConfig } from './broker-config.ts'
import { brokerConfigs } from './broker-configs.ts'
import type { BrokerConfigName } from './broker-configs.ts'
import { clientMetricsConfigs } from './client-metrics-configs.ts'
import { defaultText, parseConfig } from './config-text.ts'
import type { ConfigDefinition, ConfigType } from './definition.ts'
import { groupConfigs } from './group-configs.ts'
import { isTopicConfig, topicText } from './log-config.ts'
import { brokerSynonyms, groupSynonyms, topicSynonyms } from './synonyms.ts'
import type { GroupConfigName } from './synonyms.ts'
import { topicConfigs } from './topic-configs.ts'

/** Where a value comes from, as DescribeConfigs numbers it. Version 0 says only whether it is `default`. */
export const configSourceCodes = {
  topic: 1,
  broker: 2,
  cluster: 3,
  static: 4,
  default: 5,
  logger: 6,
  clientMetrics: 7,
  group: 8,
} as const

/** Types as DescribeConfigs numbers them; 0 is one that is not known. */
export const configTypeCodes: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}

/** An entry of the response. `configSource` is never missing: for version 0, `isDefault` is whether it is 5. */
export interface DescribedConfig {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly DescribedSynonym[]
  readonly configType: number
  readonly documentation: string | null
}

export interface DescribedSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

/** What is asked for. */
export interface DescribeOptions {
  /** Null or empty: all. */
  readonly names: readonly string[] | null
  readonly includesSynonyms: boolean
  readonly includesDocumentation: boolean
}

/** Like internal ones these are shown only where they are set: Kafka has them in a table apart, or not at all. */
const shownWhenSet: readonly string[] = [
  'follower.replication.throttled.rate',
  'leader.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second',
  'gregor.monitoring.address',
]

/** All configs of this broker. */
export function describeBroker(config: BrokerConfig, options: DescribeOptions): readonly DescribedConfig[] {
  const { effective } = config.layers
  const definitions = Object.values<ConfigDefinition>(brokerConfigs)
  const known = definitions.filter(({ name, isInternal }) => !isInternal && !shownWhenSet.includes(name))
  const named = new Set(known.map(({ name }) => name))
  const others = [...effective.keys()].filter((name) => !named.has(name))
  return [...others, ...named].filter(isWanted(options)).map((name) => {
    const type = typeOf(name)
    const value = Object.hasOwn(brokerConfigs, name) ? config.text(name as BrokerConfigName) : effective.get(name)
    return entry({ name, type, value, readOnly: isReadOnly(name) }, brokerLayers(config, name, type), options)
  })
}

/** What was set for all brokers at once; nothing else is shown. */
export function describeClusterDefault(config: BrokerConfig, options: DescribeOptions): readonly DescribedConfig[] {
  return [...config.layers.cluster.entries()]
    .filter(([name]) => isWanted(options)(name))
    .map(([name, value]) => {
      const type = typeOf(name)
      const synonyms = brokerLayers(config, name, type).filter(({ source }) => source === configSourceCodes.cluster)
      return entry({ name, type, value, readOnly: isReadOnly(name) }, synonyms, options)
    })
}

/** @param own - the configs of the topic, as they are stored. */
export function describeTopic(
  config: BrokerConfig,
  own: ReadonlyMap<string, string>,
  options: DescribeOptions,
): readonly DescribedConfig[] {
  const definitions = Object.values<ConfigDefinition>(topicConfigs).filter(
    (each) => !each.isInternal || own.has(each.name),
  )
  return definitions
    .filter(({ name }) => isWanted(options)(name))
    .map((definition) => {
      const { name, type } = definition
      const value = isTopicConfig(name) ? topicText(config, own, name) : undefined
      const broker = isTopicConfig(name) ? topicSynonyms[name]?.[0]?.name : undefined
      const behind = broker === undefined ? [] : brokerLayers(config, broker, typeOf(broker))
      return entry({ name, type, value, readOnly: false }, [...ownLayer(name, value, own, 'topic'), ...behind], options)
    })
}

/** @param own - the configs of the group, as they are stored. A group that does not exist has none. */
export function describeGroup(
  config: BrokerConfig,
  own: ReadonlyMap<string, string>,
  options: DescribeOptions,
): readonly DescribedConfig[] {
  const definitions = Object.values<ConfigDefinition>(groupConfigs)
  return definitions
    .filter(({ name }) => isWanted(options)(name))
    .map((definition) => {
      const { name, type } = definition
      const broker = groupSynonyms[name as GroupConfigName]
      const usual = broker === undefined ? defaultText(definition) : config.text(broker)
      const value = canonical(definition, own.get(name)) ?? usual
      const behind =
        broker === undefined
          ? [{ name, value: usual ?? null, source: configSourceCodes.default }]
          : brokerLayers(config, broker, typeOf(broker))
      return entry({ name, type, value, readOnly: false }, [...ownLayer(name, value, own, 'group'), ...behind], options)
    })
}

/** @param own - the configs of the subscription, as they are stored. */
export function describeClientMetrics(
  own: ReadonlyMap<string, string>,
  options: DescribeOptions,
): readonly DescribedConfig[] {
  const definitions = Object.values<ConfigDefinition>(clientMetricsConfigs)
  return definitions
    .filter(({ name }) => isWanted(options)(name))
    .map((definition) => {
      const { name, type } = definition
      const value = canonical(definition, own.get(name)) ?? defaultText(definition)
      return entry({ name, type, value, readOnly: false }, ownLayer(name, value, own, 'clientMetrics'), options)
    })
}

/**
 * The configs of a topic as CreateTopics answers them: without synonyms, but where DescribeConfigs says "default" of a
 * synonym's value, the true source.
 */
export function createdTopicConfigs(
  config: BrokerConfig,
  own: ReadonlyMap<string, string>,
): readonly DescribedConfig[] {
  const options: DescribeOptions = { names: null, includesSynonyms: false, includesDocumentation: false }
  return describeTopic(config, own, options).map((described) => {
    if (!isTopicConfig(described.name) || own.has(described.name)) return described
    for (const layer of ['broker', 'cluster', 'static'] as const) {
      for (const { name, factor } of topicSynonyms[described.name] ?? []) {
        const text = config.layers[layer].get(name)
        if (text === undefined) continue
        const value = factor === 1 ? text : String(Number(text) * factor)
        return { ...described, value, configSource: configSourceCodes[layer] }
      }
    }
    return { ...described, configSource: configSourceCodes.default }
  })
}

/** The layers a broker config gets its value from, strongest first. A layer above the name itself is left out. */
function brokerLayers(config: BrokerConfig, name: string, type: ConfigType | undefined): readonly DescribedSynonym[] {
  const synonyms = brokerSynonyms(name)
  const all: DescribedSynonym[] = []
  for (const layer of ['broker', 'cluster', 'static'] as const) {
    for (const synonym of synonyms) {
      const value = config.layers[layer].get(synonym)
      if (value !== undefined) all.push({ name: synonym, value: shown(type, value), source: configSourceCodes[layer] })
    }
  }
  for (const synonym of synonyms) {
    const value = Object.hasOwn(brokerConfigs, synonym)
      ? defaultText(brokerConfigs[synonym as DescribedName])
      : undefined
    if (value !== undefined) all.push({ name: synonym, value: shown(type, value), source: configSourceCodes.default })
  }
  const first = all.findIndex((each) => each.name === name)
  return first < 0 ? [] : all.slice(first)
}

type DescribedName = keyof typeof brokerConfigs

function ownLayer(
  name: string,
  value: string | undefined,
  own: ReadonlyMap<string, string>,
  source: 'topic' | 'group' | 'clientMetrics',
): readonly DescribedSynonym[] {
  return own.has(name) ? [{ name, value: value ?? null, source: configSourceCodes[source] }] : []
}

function entry(
  given: { name: string; type: ConfigType | undefined; value: string | undefined; readOnly: boolean },
  layers: readonly DescribedSynonym[],
  options: DescribeOptions,
): DescribedConfig {
  return {
    name: given.name,
    value: given.value === undefined ? null : shown(given.type, given.value),
    readOnly: given.readOnly,
    configSource: layers[0]?.source ?? configSourceCodes.default,
    isSensitive: isSensitive(given.type),
    synonyms: options.includesSynonyms ? layers : [],
    configType: given.type === undefined ? 0 : configTypeCodes[given.type],
    documentation: options.includesDocumentation ? documentationOf(given.name) : null,
  }
}

/** What nobody knows may be a secret. */
function isSensitive(type: ConfigType | undefined): boolean {
  return type === undefined || type === 'password'
}

function shown(type: ConfigType | undefined, value: string): string | null {
  return isSensitive(type) ? null : value
}

function isWanted({ names }: DescribeOptions): (name: string) => boolean {
  return (name) => names === null || names.length === 0 || names.includes(name)
}

function isReadOnly(name: string): boolean {
  return !Object.hasOwn(brokerConfigs, name) || brokerConfigs[name as DescribedName].scope === 'read-only'
}

function typeOf(name: string): ConfigType | undefined {
  const described = [name, ...brokerSynonyms(name)].find((each) => Object.hasOwn(brokerConfigs, each))
  return described === undefined ? undefined : brokerConfigs[described as DescribedName].type
}

function documentationOf(name: string): string | null {
  for (const table of [brokerConfigs, topicConfigs, groupConfigs, clientMetricsConfigs]) {
    const definitions: Readonly<Record<string, ConfigDefinition>> = table
    if (Object.hasOwn(definitions, name)) return definitions[name]?.doc ?? null
  }
  return null
}

function canonical(definition: ConfigDefinition, text: string | undefined): string | undefined {
  const parsed = text === undefined ? undefined : parseConfig(definition, text)
  return parsed !== undefined && 'text' in parsed ? parsed.text : undefined
}
