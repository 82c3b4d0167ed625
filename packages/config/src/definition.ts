/**
 * What a config is: its type, default, bounds, scope and documentation, as one value from which the parser, the
 * typed access, DescribeConfigs and the reference pages are derived. Tables of these are the only place where a
 * config is described.
 *
 * Values in memory: LONG is a `number` in which `Infinity` stands for Java's Long.MAX_VALUE ("no limit"); LIST is an
 * array of strings; CLASS and PASSWORD are strings; a config without default that is not set is `undefined`.
 */

export type ConfigType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password'

/** Java's Long.MAX_VALUE, where Kafka means "no limit". */
export const NO_LIMIT = Infinity

/** How a running broker may be told another value: not at all, for itself alone, or also for the whole cluster. */
export type ConfigScope = 'read-only' | 'per-broker' | 'cluster-wide'

export type Importance = 'high' | 'medium' | 'low'

export type ConfigValue = boolean | number | string | readonly string[]

/** What a value must satisfy beyond its type. Data, so that it can be printed as well as checked. */
export type Validator =
  | { readonly kind: 'range'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'oneOf'; readonly values: readonly string[]; readonly ignoresCase?: boolean }
  | { readonly kind: 'list'; readonly values?: readonly string[]; readonly mayBeEmpty: boolean }
  | { readonly kind: 'nonEmpty' }
  | { readonly kind: 'custom'; readonly allowed: string; readonly problem: (value: ConfigValue) => string | undefined }

export interface ConfigDefinition<V extends ConfigValue | undefined = ConfigValue | undefined> {
  readonly name: string
  readonly type: ConfigType
  readonly default: V
  /** No default, and a broker does not start without it. */
  readonly isRequired: boolean
  readonly validator: Validator | undefined
  readonly scope: ConfigScope
  readonly importance: Importance
  /** Left out of DescribeConfigs and of the reference unless it was set. */
  readonly isInternal: boolean
  readonly doc: string
}

/** A table of configs by name. */
export type ConfigDefinitions = Readonly<Record<string, ConfigDefinition>>

/** The type of the value of config `D`. */
export type ValueOf<D> = D extends ConfigDefinition<infer V> ? V : never

/** A definition that does not know its name yet: the key in the table is the name. */
export type Unnamed<V extends ConfigValue | undefined> = Omit<ConfigDefinition<V>, 'name'>

interface Facts {
  readonly doc: string
  readonly scope?: ConfigScope
  readonly importance?: Importance
  readonly isInternal?: true
  readonly isRequired?: true
}

interface WithDefault<V> {
  readonly default: V
}

interface Required {
  readonly isRequired: true
}

interface Bounds {
  readonly min?: number
  readonly max?: number
}

/** Gives each definition the name it has as a key. */
export function defineConfigs<T extends Readonly<Record<string, Unnamed<ConfigValue | undefined>>>>(
  table: T,
): { readonly [N in keyof T]: T[N] extends Unnamed<infer V> ? ConfigDefinition<V> : never } {
  // Named in place: nobody else has seen them yet, and to copy 380 is felt at each start.
  const named = table as unknown as Record<string, { name: string }>
  for (const [name, definition] of Object.entries(named)) {
    if (definition.name === '') definition.name = name
    else named[name] = { ...definition, name }
  }
  // The mapped type says exactly what the loop did.
  return table as unknown as { readonly [N in keyof T]: T[N] extends Unnamed<infer V> ? ConfigDefinition<V> : never }
}

export function boolean(facts: Facts & WithDefault<boolean>): Unnamed<boolean> {
  return define('boolean', facts, facts.default, undefined)
}

/** A whole number of 32 bits. */
export function int(facts: IntFacts & (WithDefault<number> | Required)): Unnamed<number>
export function int(facts: IntFacts): Unnamed<number | undefined>
export function int(facts: IntFacts & Partial<WithDefault<number>>): Unnamed<number | undefined> {
  return define('int', facts, facts.default, facts.validator ?? range(facts))
}

interface IntFacts extends Facts, Bounds {
  readonly validator?: Validator
}

/** A whole number of 16 bits. */
export function short(facts: Facts & Bounds & WithDefault<number>): Unnamed<number> {
  return define('short', facts, facts.default, range(facts))
}

/** A whole number of 64 bits: `Infinity` is Long.MAX_VALUE. */
export function long(facts: Facts & Bounds & WithDefault<number>): Unnamed<number>
export function long(facts: Facts & Bounds): Unnamed<number | undefined>
export function long(facts: Facts & Bounds & Partial<WithDefault<number>>): Unnamed<number | undefined> {
  return define('long', facts, facts.default, range(facts))
}

export function double(facts: Facts & Bounds & WithDefault<number>): Unnamed<number> {
  return define('double', facts, facts.default, range(facts))
}

export function string(facts: Facts & { readonly validator?: Validator } & WithDefault<string>): Unnamed<string>
export function string(facts: Facts & { readonly validator?: Validator }): Unnamed<string | undefined>
export function string(
  facts: Facts & { readonly validator?: Validator } & Partial<WithDefault<string>>,
): Unnamed<string | undefined> {
  return define('string', facts, facts.default, facts.validator)
}

/** A string that is one of `values`. */
export function oneOf<const V extends string>(values: readonly V[], facts: Facts & WithDefault<V>): Unnamed<V> {
  return define('string', facts, facts.default, { kind: 'oneOf', values })
}

/** Comma-separated. Never with an empty or a doubled element, except under a `validator` of its own. */
export function list(facts: ListFacts & (WithDefault<readonly string[]> | Required)): Unnamed<readonly string[]>
export function list(facts: ListFacts): Unnamed<readonly string[] | undefined>
export function list(
  facts: ListFacts & Partial<WithDefault<readonly string[]>>,
): Unnamed<readonly string[] | undefined> {
  const { values, mayBeEmpty = true } = facts
  const validator = facts.validator ?? { kind: 'list', mayBeEmpty, ...(values === undefined ? {} : { values }) }
  return define('list', facts, facts.default, validator)
}

interface ListFacts extends Facts {
  readonly values?: readonly string[]
  readonly mayBeEmpty?: boolean
  readonly validator?: Validator
}

/** The name of a Java class: kept and shown, loaded by nobody. */
export function className(facts: Facts & WithDefault<string>): Unnamed<string>
export function className(facts: Facts): Unnamed<string | undefined>
export function className(facts: Facts & Partial<WithDefault<string>>): Unnamed<string | undefined> {
  return define('class', facts, facts.default, undefined)
}

/** Never printed, logged or sent. */
export function password(facts: Facts): Unnamed<string | undefined> {
  return define<string | undefined>('password', facts, undefined, undefined)
}

function range({ min, max }: Bounds): Validator | undefined {
  if (min === undefined) return max === undefined ? undefined : { kind: 'range', max }
  return max === undefined ? { kind: 'range', min } : { kind: 'range', min, max }
}

function define<V extends ConfigValue | undefined>(
  type: ConfigType,
  facts: Facts,
  defaultValue: V,
  validator: Validator | undefined,
): Unnamed<V> {
  const definition: ConfigDefinition<V> = {
    // `defineConfigs` knows it.
    name: '',
    type,
    default: defaultValue,
    isRequired: facts.isRequired === true,
    validator,
    scope: facts.scope ?? 'read-only',
    importance: facts.importance ?? 'medium',
    isInternal: facts.isInternal === true,
    doc: facts.doc,
  }
  return definition
}
