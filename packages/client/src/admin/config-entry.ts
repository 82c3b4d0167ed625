/** One config of a resource as nodes describe it: its value, where that comes from, and what else there is (KIP-226, 569). */

export type ConfigResourceType = 'UNKNOWN' | 'TOPIC' | 'BROKER' | 'BROKER_LOGGER' | 'CLIENT_METRICS' | 'GROUP'

export type ConfigSource =
  | 'UNKNOWN'
  | 'DYNAMIC_TOPIC_CONFIG'
  | 'DYNAMIC_BROKER_CONFIG'
  | 'DYNAMIC_DEFAULT_BROKER_CONFIG'
  | 'STATIC_BROKER_CONFIG'
  | 'DEFAULT_CONFIG'
  | 'DYNAMIC_BROKER_LOGGER_CONFIG'
  | 'DYNAMIC_CLIENT_METRICS_CONFIG'
  | 'DYNAMIC_GROUP_CONFIG'

export type ConfigType =
  | 'UNKNOWN'
  | 'BOOLEAN'
  | 'STRING'
  | 'INT'
  | 'SHORT'
  | 'LONG'
  | 'DOUBLE'
  | 'LIST'
  | 'CLASS'
  | 'PASSWORD'

export interface ConfigSynonym {
  readonly name: string
  /** Null where sensitive, or unset. */
  readonly value: string | null
  readonly source: ConfigSource
}

export interface ConfigEntry {
  readonly name: string
  /** Null where sensitive, or unset. */
  readonly value: string | null
  readonly source: ConfigSource
  /** Nobody has set it. */
  readonly isDefault: boolean
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** All places that have a value for it, the one that counts first. Empty unless asked for. */
  readonly synonyms: readonly ConfigSynonym[]
  /** UNKNOWN on nodes older than 2.6. */
  readonly type: ConfigType
  /** Null unless asked for. */
  readonly documentation: string | null
}

/** By their number. */
const sources: readonly ConfigSource[] = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  'DYNAMIC_BROKER_LOGGER_CONFIG',
  'DYNAMIC_CLIENT_METRICS_CONFIG',
  'DYNAMIC_GROUP_CONFIG',
]

/** By their number. */
const types: readonly ConfigType[] = [
  'UNKNOWN',
  'BOOLEAN',
  'STRING',
  'INT',
  'SHORT',
  'LONG',
  'DOUBLE',
  'LIST',
  'CLASS',
  'PASSWORD',
]

const resourceTypeCodes: Readonly<Record<ConfigResourceType, number>> = {
  UNKNOWN: 0,
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
}

export function codeOfConfigResource(type: ConfigResourceType): number {
  return resourceTypeCodes[type]
}

export function configResourceTypeAt(code: number): ConfigResourceType {
  for (const [type, known] of Object.entries(resourceTypeCodes)) if (known === code) return type as ConfigResourceType
  return 'UNKNOWN'
}

/** As answers have it. In version 0 there are no sources, but `isDefault`. */
export interface AnsweredConfig {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly isDefault?: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms?: readonly { readonly name: string; readonly value: string | null; readonly source: number }[]
  readonly configType?: number
  readonly documentation?: string | null
}

export function configEntry(config: AnsweredConfig, resource: ConfigResourceType): ConfigEntry {
  const { name, value, readOnly, isSensitive, synonyms = [], configType = 0, documentation = null } = config
  const source = config.configSource === -1 ? oldSource(config, resource) : sourceAt(config.configSource)
  return {
    name,
    value,
    source,
    isDefault: source === 'DEFAULT_CONFIG',
    isReadOnly: readOnly,
    isSensitive,
    synonyms: synonyms.map((one) => ({ name: one.name, value: one.value, source: sourceAt(one.source) })),
    type: types[configType] ?? 'UNKNOWN',
    documentation,
  }
}

function sourceAt(code: number): ConfigSource {
  return sources[code] ?? 'UNKNOWN'
}

function oldSource({ isDefault }: AnsweredConfig, resource: ConfigResourceType): ConfigSource {
  if (isDefault === true) return 'DEFAULT_CONFIG'
  if (resource === 'TOPIC') return 'DYNAMIC_TOPIC_CONFIG'
  return resource === 'BROKER' ? 'STATIC_BROKER_CONFIG' : 'UNKNOWN'
}
