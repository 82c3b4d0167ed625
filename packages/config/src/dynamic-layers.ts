/**
 * Configs that were changed while a broker runs (KIP-226): which of those stored are accepted, and how they cover the
 * ones below them. The checks on a change that is asked for are in `alter-broker-configs`.
 */
import { brokerConfigs } from './broker-configs.ts'
import { parseConfig } from './config-text.ts'
import type { ConfigDefinition } from './definition.ts'
import { listenerConfigBase, unitSynonyms } from './synonyms.ts'

/** As they are stored in the cluster metadata. */
export interface DynamicConfigs {
  /** Set for this one broker. */
  readonly broker: ReadonlyMap<string, string>
  /** Set for all brokers. */
  readonly cluster: ReadonlyMap<string, string>
}

/** Of a listener these may be set for all brokers at once, too. */
const clusterWideOfListeners: readonly string[] = [
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
]

/** TLS stores and keys: while a broker runs they are changed for one listener at a time, never for all. */
const securityConfigs: readonly string[] = [
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.key.password',
  'ssl.keystore.key',
  'ssl.keystore.certificate.chain',
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.certificates',
]

/** Why a config may not be set dynamically at this level; `undefined`: it may. Unknown names may: plugins have some. */
export function levelProblem(name: string, level: 'broker' | 'cluster'): string | undefined {
  if (dynamicDefinition(name)?.scope === 'read-only') return 'Cannot update these configs dynamically'
  if (securityConfigs.includes(name)) {
    return 'These security configs can be dynamically updated only per-listener using the listener prefix'
  }
  if (level === 'cluster' && isPerBroker(name)) {
    return 'Cannot update these configs at default cluster level, broker id must be specified'
  }
  return undefined
}

/** The definition by which a dynamic value is checked; a listener's config is checked by the general one. */
export function dynamicDefinition(name: string): ConfigDefinition | undefined {
  const base = listenerConfigBase(name) ?? name
  return Object.hasOwn(brokerConfigs, base) ? brokerConfigs[base as keyof typeof brokerConfigs] : undefined
}

/** Leaves out what must not be there; it stays stored, and is named. */
export function acceptedDynamic({
  broker,
  cluster,
}: DynamicConfigs): DynamicConfigs & { readonly warnings: readonly string[] } {
  const warnings: string[] = []
  const accepted = (configs: ReadonlyMap<string, string>, level: 'broker' | 'cluster'): ReadonlyMap<string, string> => {
    const kept = new Map<string, string>()
    for (const [name, text] of configs) {
      const problem = levelProblem(name, level) ?? valueProblem(name, text)
      if (problem === undefined) kept.set(name, text)
      else warnings.push(`dynamic config ${name} is ignored: ${problem}`)
    }
    return kept
  }
  return { broker: accepted(broker, 'broker'), cluster: accepted(cluster, 'cluster'), warnings }
}

/** `over` on top of `properties`. A covered config takes those with it that mean the same in another unit. */
export function overlay(
  properties: ReadonlyMap<string, string>,
  over: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  if (over.size === 0) return properties
  const result = new Map(properties)
  for (const [name, text] of over) {
    for (const synonym of unitSynonyms(name)) result.delete(synonym)
    result.set(name, text)
  }
  return result
}

function valueProblem(name: string, text: string): string | undefined {
  const definition = dynamicDefinition(name)
  const parsed = definition === undefined ? undefined : parseConfig(definition, text)
  return parsed !== undefined && 'problem' in parsed ? parsed.problem : undefined
}

function isPerBroker(name: string): boolean {
  const base = listenerConfigBase(name)
  if (base !== undefined) return !clusterWideOfListeners.includes(base)
  return Object.hasOwn(brokerConfigs, name) && brokerConfigs[name as keyof typeof brokerConfigs].scope === 'per-broker'
}
