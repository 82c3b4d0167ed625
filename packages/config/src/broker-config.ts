/**
 * The configuration of one node, checked and typed: `config.get('log.segment.bytes')` is a number. A value, not a
 * register: a change while the broker runs makes another `BrokerConfig` (`withDynamic`), and whoever owns the node
 * hands it on.
 *
 * Layers, strongest first: what was set for this broker, what was set for the whole cluster, the file with its
 * overrides and what `embedded-defaults` fills in, Kafka's defaults.
 */
import { assert } from '@gregor/base'
import { knownConfigs } from './broker-configs.ts'
import type { BrokerConfigName, BrokerConfigs } from './broker-configs.ts'
import { ConfigError } from './config-error.ts'
import type { ConfigProblem } from './config-error.ts'
import { resolveReferences } from './config-references.ts'
import type { ReferenceReaders } from './config-references.ts'
import { defaultText, loggableText, parseConfig, allowedText } from './config-text.ts'
import { crossCheck, crossCheckWarnings } from './cross-checks.ts'
import type { ConfigDefinition, ConfigValue, ValueOf } from './definition.ts'
import { acceptedDynamic, overlay } from './dynamic-layers.ts'
import type { DynamicConfigs } from './dynamic-layers.ts'
import { withEmbeddedDefaults } from './embedded-defaults.ts'
import { exposureWarnings, nodeListeners } from './node-listeners.ts'
import type { NodeListeners } from './node-listeners.ts'
import { strangeKeyWarnings } from './strange-keys.ts'
import { brokerSynonyms, listenerConfigBase } from './synonyms.ts'

export interface LoadOptions {
  /** The file, as `parseProperties` gives it. Left out: an empty file. */
  readonly properties?: ReadonlyMap<string, string>
  /** What was said on the command line; goes before the file. */
  readonly overrides?: ReadonlyMap<string, string>
  /** What `${env:…}`, `${file:…}` and `${directory:…}` read. Left out: they find nothing. */
  readonly references?: ReferenceReaders
}

/** Each layer as it was written, for DescribeConfigs. */
export interface ConfigLayers {
  readonly broker: ReadonlyMap<string, string>
  readonly cluster: ReadonlyMap<string, string>
  readonly static: ReadonlyMap<string, string>
  /** All of them laid over one another. */
  readonly effective: ReadonlyMap<string, string>
}

type Parsed = ReadonlyMap<string, { readonly value: ConfigValue; readonly text: string }>

const noReferences: ReferenceReaders = { environment: () => undefined, file: () => undefined }
const nothing: ReadonlyMap<string, string> = new Map()

export class BrokerConfig {
  readonly layers: ConfigLayers
  readonly listeners: NodeListeners
  /** What `embedded-defaults` filled in. */
  readonly filledIn: ReadonlyMap<string, string>
  /** One line each about what is odd, gone or dangerous; to be logged once, at start. */
  readonly warnings: readonly string[]
  readonly #parsed: Parsed

  private constructor(given: {
    readonly layers: ConfigLayers
    readonly parsed: Parsed
    readonly filledIn: ReadonlyMap<string, string>
    readonly warnings: readonly string[]
  }) {
    this.layers = given.layers
    this.#parsed = given.parsed
    this.filledIn = given.filledIn
    const { listeners, problems } = nodeListeners(this)
    this.listeners = listeners
    if (problems.length > 0) throw new ConfigError(problems)
    const disagreements = crossCheck(this)
    if (disagreements.length > 0) throw new ConfigError(disagreements)
    this.warnings = given.warnings
  }

  /**
   * Reads and checks a configuration. Unknown keys, and keys that Kafka 4 no longer has, are warnings.
   *
   * @throws ConfigError with every value that is not allowed and every disagreement between values; nothing of the
   *   configuration may be used then.
   */
  static load({
    properties = nothing,
    overrides = nothing,
    references = noReferences,
  }: LoadOptions = {}): BrokerConfig {
    const resolved = resolveReferences(new Map([...properties, ...overrides]), references)
    const { properties: given, filledIn } = withEmbeddedDefaults(resolved.properties)
    const written = withOneId(given)
    const { parsed, problems } = parseAll(written)
    const all = [...resolved.problems, ...refusals(resolved.properties), ...problems]
    if (all.length > 0) throw new ConfigError(all)
    const layers: ConfigLayers = { broker: nothing, cluster: nothing, static: written, effective: written }
    const warnings = [...resolved.warnings, ...strangeKeyWarnings(resolved.properties.keys())]
    const config = new BrokerConfig({ layers, parsed, filledIn, warnings })
    warnings.push(...crossCheckWarnings(config), ...exposureWarnings(config.listeners))
    return config
  }

  /**
   * The same node after its dynamic configs became these. What may not be changed while a broker runs, and what does
   * not parse, is left out and named in `warnings`: it may have been written by another version.
   *
   * @throws ConfigError where the configs disagree with one another; the old configuration stays in force then.
   */
  withDynamic(dynamic: DynamicConfigs): BrokerConfig {
    const { broker, cluster, warnings } = acceptedDynamic(dynamic)
    const clamped = clampedIntervals(overlay(overlay(this.layers.static, cluster), broker))
    const isAsWritten = [broker, cluster, this.layers.broker, this.layers.cluster].every(({ size }) => size === 0)
    // What was checked when it was loaded, and what a start asks for three times.
    if (isAsWritten && warnings.length === 0 && clamped.warnings.length === 0) return this
    const effective = clamped.properties
    const { parsed, problems } = parseAll(effective)
    if (problems.length > 0) throw new ConfigError(problems)
    const layers: ConfigLayers = { broker, cluster, static: this.layers.static, effective }
    return new BrokerConfig({ layers, parsed, filledIn: this.filledIn, warnings: [...warnings, ...clamped.warnings] })
  }

  get<N extends BrokerConfigName>(name: N): ValueOf<BrokerConfigs[N]> {
    // The parser makes what the table says.
    return (this.#parsed.get(name)?.value ?? knownConfigs[name].default) as ValueOf<BrokerConfigs[N]>
  }

  /** The value as Kafka prints it, exact for every LONG; `undefined` where none is set and there is no default. */
  text(name: BrokerConfigName): string | undefined {
    return this.#parsed.get(name)?.text ?? defaultText(knownConfigs[name])
  }

  /** Whether it was set at all, by the file, by a dynamic config or by `embedded-defaults`. */
  isSet(name: string): boolean {
    return this.layers.effective.has(name)
  }

  /**
   * What holds for one listener, and there for one SASL mechanism: `listener.name.NAME.MECHANISM.x` before
   * `listener.name.NAME.x` before `x`.
   */
  forListener(listener: string, mechanism?: string): Pick<BrokerConfig, 'get'> {
    const prefix = `listener.name.${listener.toLowerCase()}.`
    const prefixes = mechanism === undefined ? [prefix] : [`${prefix}${mechanism.toLowerCase()}.`, prefix]
    return {
      get: (name) => {
        const own = prefixes.map((each) => this.#parsed.get(each + name)).find((each) => each !== undefined)
        return own === undefined ? this.get(name) : (own.value as ValueOf<BrokerConfigs[typeof name]>)
      },
    }
  }

  /** Every directory that holds data, at least one. */
  get logDirs(): readonly string[] {
    return this.get('log.dirs') ?? this.get('log.dir')
  }

  get metadataLogDir(): string {
    const [first] = this.logDirs
    assert(first !== undefined, 'log.dir is never empty')
    return this.get('metadata.log.dir') ?? first
  }
}

/** The definition behind a name, also behind that of a listener's config; `undefined` for a name nobody knows. */
export function definitionOf(name: string): ConfigDefinition | undefined {
  for (const each of [name, ...brokerSynonyms(name)]) {
    if (Object.hasOwn(knownConfigs, each)) return knownConfigs[each as BrokerConfigName]
  }
  const base = listenerConfigBase(name)
  return base !== undefined && Object.hasOwn(knownConfigs, base) ? knownConfigs[base as BrokerConfigName] : undefined
}

function parseAll(properties: ReadonlyMap<string, string>): { parsed: Parsed; problems: readonly ConfigProblem[] } {
  const parsed = new Map<string, { value: ConfigValue; text: string }>()
  const problems: ConfigProblem[] = []
  for (const [name, text] of properties) {
    const definition = definitionOf(name)
    if (definition === undefined) continue
    const result = parseConfig(definition, text)
    if ('value' in result) parsed.set(name, result)
    else problems.push(badValue(definition, name, text, result.problem))
  }
  for (const definition of Object.values<ConfigDefinition>(knownConfigs)) {
    if (!definition.isRequired || parsed.has(definition.name) || properties.has(definition.name)) continue
    problems.push({ key: definition.name, message: `${definition.name}: missing, and it has no default; add it` })
  }
  return { parsed, problems }
}

function badValue(definition: ConfigDefinition, key: string, text: string, problem: string): ConfigProblem {
  const value = loggableText(definition, text)
  const allowed = allowedText(definition.validator)
  const usual = defaultText(definition)
  const what = [definition.type, ...(allowed === '' ? [] : [`allowed: ${allowed}`])]
  if (usual !== undefined) what.push(`default: ${usual === '' ? 'empty' : usual}`)
  return { key, value, message: `${key}=${value}: ${problem} (${what.join(', ')}); correct or remove the line` }
}

/** A file that expects its data in ZooKeeper must not come up as an empty new cluster. */
function refusals(properties: ReadonlyMap<string, string>): readonly ConfigProblem[] {
  const key = 'zookeeper.connect'
  const value = properties.get(key)
  if (value === undefined || properties.has('process.roles')) return []
  const message = `${key}=${value}: Kafka 4 keeps its metadata itself, and what is in ZooKeeper would be missing; remove the line to start a single new node, or set process.roles to join a cluster`
  return [{ key, value, message }]
}

/** `node.id` and its older name `broker.id` each stand in for the other. */
function withOneId(properties: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const node = properties.get('node.id')
  const broker = properties.get('broker.id')
  if (node !== undefined && (broker === undefined || broker.trim() === '-1'))
    return new Map(properties).set('broker.id', node)
  return node === undefined && broker !== undefined ? new Map(properties).set('node.id', broker) : properties
}

/** Assignment intervals outside their bounds are brought back, as the bounds may have been tightened later. */
function clampedIntervals(properties: ReadonlyMap<string, string>): {
  properties: ReadonlyMap<string, string>
  warnings: readonly string[]
} {
  const clamped = new Map(properties)
  const warnings: string[] = []
  const number = (name: BrokerConfigName): number => Number(clamped.get(name) ?? defaultText(knownConfigs[name]))
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    const name = `group.${kind}.assignment.interval.ms` as const
    if (!clamped.has(name)) continue
    const value = number(name)
    const bounds = [
      number(`group.${kind}.min.assignment.interval.ms`),
      number(`group.${kind}.max.assignment.interval.ms`),
    ]
    const allowed = Math.min(Math.max(value, bounds[0] ?? value), bounds[1] ?? value)
    if (allowed === value) continue
    clamped.set(name, String(allowed))
    warnings.push(`${name}=${value}: out of bounds (${bounds.join(' to ')}); ${allowed} holds`)
  }
  return { properties: clamped, warnings }
}
