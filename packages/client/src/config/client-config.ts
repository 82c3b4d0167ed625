/**
 * Options of a client, from one table of rows that bear Kafka's names: the public option is the camelCase of the name
 * (`linger.ms` → `lingerMs`), derived by type; Kafka's own spelling is taken too, with native values or text. A name that
 * is not known is refused, with the one that was probably meant. All mistakes are reported at once.
 *
 * Invariant: what comes out has every row of the table, under its camelCase name, parsed and checked.
 */
import {
  type ConfigDefinition,
  type ConfigDefinitions,
  ConfigError,
  type ConfigProblem,
  type ConfigValue,
  type ValueOf,
  closestName,
  invalidValueMessage,
  parseConfig,
  textFromValue,
} from '@gregor/config'
import { javaOnlyConfigs } from './java-only-configs.ts'

/** `linger.ms` → `lingerMs`. */
export type OptionName<N extends string> = N extends `${infer Head}.${infer Rest}`
  ? `${Head}${Capitalize<OptionName<Rest>>}`
  : N

/** What may be given for a value: itself; a list also as one text with commas. */
type Given<V> = V extends readonly string[] ? V | string : V

/** Public options of a client with table `T`: each row by its camelCase name or as Kafka spells it. */
export type ClientOptions<T extends ConfigDefinitions> = {
  readonly [N in keyof T & string as OptionName<N>]?: Given<ValueOf<T[N]>> | undefined
} & {
  readonly [N in keyof T & string as N extends OptionName<N> ? never : N]?: Given<ValueOf<T[N]>> | string | undefined
}

/** All rows of table `T`, as values. */
export type ClientConfig<T extends ConfigDefinitions> = {
  readonly [N in keyof T & string as OptionName<N>]: ValueOf<T[N]>
}

export interface ReadOptions {
  /** For messages: `producer`. */
  readonly client: string
  /** Options that are no configs: functions, objects. They are left alone. */
  readonly others?: readonly string[]
  /** Text by Kafka's name, as a file has it. What is given as an option goes before it. */
  readonly properties?: ReadonlyMap<string, string> | undefined
  /** What a key of `properties` that is not in the table does. Default: it is refused. */
  readonly unknownProperty?: 'refuse' | 'ignore'
  /** Instead of the table's, by Kafka's name, where nothing is given. */
  readonly defaults?: Readonly<Record<string, ConfigValue>>
  /** Told of keys that change nothing here. */
  readonly warn?: (message: string) => void
}

/**
 * Reads options by a table.
 *
 * @throws ConfigError with everything that is wrong: unknown names, values of another type or out of range.
 */
export function readOptions<T extends ConfigDefinitions>(
  table: T,
  options: Readonly<Record<string, unknown>>,
  read: ReadOptions,
): ClientConfig<T> {
  const problems: ConfigProblem[] = []
  const values: Record<string, ConfigValue | undefined> = {}
  const given = givenValues(table, options, read, problems)
  for (const [name, definition] of Object.entries(table)) {
    const value = given.get(name)
    const fallback = read.defaults?.[name] ?? definition.default
    values[optionName(name)] = value === undefined ? fallback : parsed(definition, value, problems)
    if (definition.isRequired && values[optionName(name)] === undefined && value === undefined) {
      problems.push({ key: name, message: `${read.client}: ${optionName(name)} is missing. ${definition.doc}` })
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  // One value for each row, of the row's type: parsed by it, or its default.
  return values as ClientConfig<T>
}

/** `linger.ms` → `lingerMs`. */
export function optionName(name: string): string {
  return name.replaceAll(/\.(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** What was given, by Kafka's name. */
function givenValues(
  table: ConfigDefinitions,
  options: Readonly<Record<string, unknown>>,
  read: ReadOptions,
  problems: ConfigProblem[],
): Map<string, unknown> {
  const given = new Map<string, unknown>()
  for (const [name, text] of read.properties ?? []) {
    if (Object.hasOwn(table, name)) given.set(name, text)
    else if (!isJavaOnly(name, read) && read.unknownProperty !== 'ignore') problems.push(unknown(table, name, read))
  }
  const names = new Map(
    Object.keys(table).flatMap((name) => [[name, name] as const, [optionName(name), name] as const]),
  )
  const spelled = new Map<string, string>()
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || read.others?.includes(option) === true) continue
    const name = names.get(option)
    if (name === undefined) {
      if (!isJavaOnly(option, read)) problems.push(unknown(table, option, read))
      continue
    }
    const twice = spelled.get(name)
    if (twice !== undefined) {
      problems.push({ key: name, message: `${read.client}: ${twice} and ${option} are the same; give one of them.` })
    }
    spelled.set(name, option)
    given.set(name, value)
  }
  return given
}

function isJavaOnly(name: string, { client, warn }: ReadOptions): boolean {
  if (!Object.hasOwn(javaOnlyConfigs, name)) return false
  warn?.(`${client}: ${name} changes nothing here: ${javaOnlyConfigs[name]}`)
  return true
}

function unknown(table: ConfigDefinitions, name: string, { client, others = [] }: ReadOptions): ConfigProblem {
  const isSpelledAsKafka = name.includes('.')
  const rows = Object.keys(table)
  const candidates = isSpelledAsKafka ? rows : [...rows.map(optionName), ...others]
  const close = closestName(name, candidates, 3)
  const advice = close === undefined ? 'Remove it.' : `Did you mean ${close}?`
  return { key: name, message: `${client}: there is no option ${name}. ${advice}` }
}

function parsed(definition: ConfigDefinition, value: unknown, problems: ConfigProblem[]): ConfigValue | undefined {
  const text = textOf(definition, value)
  if (text === undefined) {
    const shown = definition.type === 'password' ? '[hidden]' : typeof value
    const message = `Invalid value ${shown} for configuration ${definition.name}: expected is ${typeName(definition)}`
    problems.push({ key: definition.name, message })
    return undefined
  }
  const outcome = parseConfig(definition, text)
  if (!('problem' in outcome)) return outcome.value
  problems.push({ key: definition.name, message: invalidValueMessage(definition, text, outcome) })
  return undefined
}

/** As a properties file would have it; `undefined`: a value of the wrong kind. */
function textOf(definition: ConfigDefinition, value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return isNumeric(definition) ? textFromValue(definition.type, value) : undefined
  if (typeof value === 'boolean') return definition.type === 'boolean' ? String(value) : undefined
  if (definition.type !== 'list' || !Array.isArray(value)) return undefined
  return value.every((element) => typeof element === 'string') ? value.join(',') : undefined
}

function isNumeric({ type }: ConfigDefinition): boolean {
  return type === 'int' || type === 'short' || type === 'long' || type === 'double'
}

function typeName(definition: ConfigDefinition): string {
  if (isNumeric(definition)) return definition.type === 'double' ? 'a number' : 'a whole number'
  if (definition.type === 'boolean') return 'true or false'
  return definition.type === 'list' ? 'a list of texts' : 'a text'
}
