/**
 * Options as joptsimple 5.0.4 reads them, the way Kafka’s tools set it up: long names whole (no abbreviations), behind one
 * dash or two; `--name value` and `--name=value`; a required argument is the next word, whatever it looks like, an
 * optional one only if it does not begin with a dash; repeats are collected; `--` ends the options; what is no option is
 * an argument and, mostly, ignored. A value is converted when the tool asks for it, so it is refused only then.
 */
import { ToolExit } from './tool-exit.ts'

/** What an option takes. */
export interface OptionKind<Value, Absent = undefined> {
  readonly argument: 'none' | 'required' | 'optional'
  readonly summary: string
  /** Stands for the argument in the help. */
  readonly placeholder: string
  /** Further names. */
  readonly aliases: readonly string[]
  /** Names it had in older versions, which guides still show. They are taken, and not shown. */
  readonly formerly: readonly string[]
  /** Taken, and not shown. */
  readonly isHidden: boolean
  /** One argument holds several values. */
  readonly separatedBy: string | undefined
  readonly absent: Absent
  /** Must be given. */
  readonly isRequired: boolean
  /** `undefined`: the text is none. */
  readonly convert: (text: string) => Value | undefined
}

export type OptionKinds = Readonly<Record<string, OptionKind<unknown, unknown>>>
type ValueOf<K> = K extends OptionKind<infer Value, unknown> ? Value : never
type AbsentOf<K> = K extends OptionKind<unknown, infer Absent> ? Absent : never

interface OptionParts<Absent> {
  readonly summary: string
  readonly placeholder?: string
  readonly aliases?: readonly string[]
  readonly formerly?: readonly string[]
  readonly isHidden?: boolean
  readonly separatedBy?: string
  readonly isRequired?: boolean
  /** What the tool reads where the option is not given. */
  readonly absent?: Absent
}

/** A switch. */
export function flag(summary: string, parts: Omit<OptionParts<never>, 'summary'> = {}): OptionKind<true> {
  return { ...kind({ ...parts, summary }, 'none', () => true as const), absent: undefined }
}

/** A switch of older versions that changes nothing any more. */
export const ignoredFlag = flag('Does nothing any more.', { isHidden: true })

/** Takes a text. */
export function text(parts: OptionParts<string> & { readonly absent: string }): OptionKind<string, string>
export function text(parts: OptionParts<never>): OptionKind<string>
export function text(parts: OptionParts<string>): OptionKind<string, string | undefined> {
  return kind({ placeholder: 'String', ...parts }, 'required', (given) => given)
}

/** Takes a text or nothing. */
export function optionalText(parts: OptionParts<string>): OptionKind<string, string | undefined> {
  return kind({ placeholder: 'String', ...parts }, 'optional', (given) => given)
}

/** Takes a whole number of Java’s `Integer`. */
export function integer(parts: OptionParts<number> & { readonly absent: number }): OptionKind<number, number>
export function integer(parts: OptionParts<never>): OptionKind<number>
export function integer(parts: OptionParts<number>): OptionKind<number, number | undefined> {
  return kind({ placeholder: 'Integer', ...parts }, 'required', (given) => wholeNumber(given, 2 ** 31))
}

/** Takes a whole number of Java’s `Long`; beyond 2^53 it is rounded. */
export function long(parts: OptionParts<number> & { readonly absent: number }): OptionKind<number, number>
export function long(parts: OptionParts<never>): OptionKind<number>
export function long(parts: OptionParts<number>): OptionKind<number, number | undefined> {
  return kind({ placeholder: 'Long', ...parts }, 'required', (given) => wholeNumber(given, 2 ** 63))
}

/** Takes a whole number of Java’s `Long` or nothing, which is the same as leaving it out. */
export function optionalLong(parts: OptionParts<number> & { readonly absent: number }): OptionKind<number, number> {
  const made = kind({ placeholder: 'Long', ...parts }, 'optional', (given) => wholeNumber(given, 2 ** 63))
  return { ...made, absent: parts.absent }
}

/** Takes a whole number of Java’s `Integer` or nothing, which is the same as leaving it out. */
export function optionalInteger(parts: OptionParts<number> & { readonly absent: number }): OptionKind<number, number> {
  const made = kind({ placeholder: 'Integer', ...parts }, 'optional', (given) => wholeNumber(given, 2 ** 31))
  return { ...made, absent: parts.absent }
}

function kind<Value, Absent>(
  parts: OptionParts<Absent>,
  argument: OptionKind<Value>['argument'],
  convert: OptionKind<Value>['convert'],
): OptionKind<Value, Absent | undefined> {
  const { summary, placeholder = '', aliases = [], formerly = [], isHidden = false } = parts
  const { separatedBy, isRequired = false, absent } = parts
  return { argument, summary, placeholder, aliases, formerly, isHidden, separatedBy, isRequired, absent, convert }
}

function wholeNumber(given: string, bound: number): number | undefined {
  if (!/^[+-]?\d+$/.test(given)) return undefined
  const number = Number(given)
  return number >= -bound && number < bound ? number : undefined
}

const helpOption = flag('Print this text.')
const versionOption = flag('Print the version of Apache Kafka whose tool this is.')

/** Every tool of this dialect has these. */
export const sharedOptions = { help: helpOption, version: versionOption }

/** What was typed. */
export class GivenOptions<Kinds extends OptionKinds = OptionKinds> {
  /** Words that belong to no option. */
  readonly arguments: readonly string[]
  /** All that was typed. */
  readonly words: readonly string[]
  /** The names of what was given, in order, each time. */
  readonly order: readonly string[]
  readonly isHelpWanted: boolean
  readonly isVersionWanted: boolean
  readonly #kinds: Kinds
  readonly #texts: ReadonlyMap<OptionKind<unknown, unknown>, readonly string[]>

  constructor(
    kinds: Kinds,
    given: {
      readonly texts: ReadonlyMap<OptionKind<unknown, unknown>, readonly string[]>
      readonly arguments: readonly string[]
      readonly order: readonly string[]
      readonly words: readonly string[]
    },
  ) {
    this.#kinds = kinds
    this.order = given.order
    this.words = given.words
    this.#texts = given.texts
    this.arguments = given.arguments
    this.isHelpWanted = given.texts.has(helpOption)
    this.isVersionWanted = given.texts.has(versionOption)
  }

  has(...names: readonly (keyof Kinds & string)[]): boolean {
    return names.every((name) => this.#texts.has(this.#kind(name)))
  }

  hasAny(...names: readonly (keyof Kinds & string)[]): boolean {
    return names.some((name) => this.has(name))
  }

  /**
   * The only value, or what stands for none.
   * @throws ToolExit where it was given several times or cannot be converted.
   */
  value<Name extends keyof Kinds & string>(name: Name): ValueOf<Kinds[Name]> | AbsentOf<Kinds[Name]> {
    const values = this.values(name)
    if (values.length > 1) {
      throw new ToolExit(`Found multiple arguments for option ${this.#named(name)}, but you asked for only one`)
    }
    const [only] = values
    // The table of kinds says which it is.
    return only ?? (this.#kind(name).absent as AbsentOf<Kinds[Name]>)
  }

  /** All values, in the order given; none where the option was not given. @throws ToolExit */
  values<Name extends keyof Kinds & string>(name: Name): readonly ValueOf<Kinds[Name]>[] {
    const optionKind = this.#kind(name)
    return (this.#texts.get(optionKind) ?? []).map((each) => {
      const value = optionKind.convert(each)
      if (value === undefined) throw new ToolExit(`Cannot parse argument '${each}' of option ${this.#named(name)}`)
      return value as ValueOf<Kinds[Name]>
    })
  }

  /** @throws ToolExit with the help, for the first that is missing. */
  require(...names: readonly (keyof Kinds & string)[]): void {
    for (const name of names) {
      if (!this.has(name)) throw usageError(`Missing required argument "${this.bracketed(name)}"`)
    }
  }

  /** Where `used` is given none of the others may be. @throws ToolExit with the help */
  exclude(used: keyof Kinds & string, others: readonly (keyof Kinds & string)[]): void {
    if (!this.has(used)) return
    for (const other of others) {
      if (!this.has(other)) continue
      throw usageError(`Option "${this.bracketed(used)}" can't be used with option "${this.bracketed(other)}"`)
    }
  }

  /** Exactly one of them. @throws ToolExit with the help */
  requireOneOf(...names: readonly (keyof Kinds & string)[]): void {
    if (names.filter((name) => this.has(name)).length === 1) return
    const listed = names.map((name) => this.bracketed(name)).join(', ')
    throw usageError(`Exactly one of the following arguments is required: ${listed}`)
  }

  /** As joptsimple writes an option: `[topic]`, with all of its names. */
  bracketed(name: keyof Kinds & string): string {
    return `[${[name, ...this.#kind(name).aliases].join(', ')}]`
  }

  #named(name: keyof Kinds & string): string {
    return [name, ...this.#kind(name).aliases].join('/')
  }

  #kind(name: keyof Kinds & string): OptionKind<unknown, unknown> {
    return this.#kinds[name] as OptionKind<unknown, unknown>
  }
}

/** The message and then the help, on standard error; exit code 1. */
export function usageError(message: string): ToolExit {
  return new ToolExit(message, { withHelp: true })
}

/** @throws ToolExit with joptsimple’s own words, and no help. */
export function parseJoptsimple<Kinds extends OptionKinds>(
  words: readonly string[],
  kinds: Kinds,
): GivenOptions<Kinds> {
  const table = new Map<string, Named>()
  for (const [name, option] of Object.entries({ ...sharedOptions, ...kinds })) {
    const names = [name, ...option.aliases]
    for (const one of [...names, ...option.formerly]) table.set(one, { name, option, names: names.join('/') })
  }
  const parsing: Parsing = { table, texts: new Map(), rest: [], order: [], queue: [...words] }
  for (let word = parsing.queue.shift(); word !== undefined; word = parsing.queue.shift()) readWord(word, parsing)
  requireAll(kinds, parsing)
  return new GivenOptions(kinds, { texts: parsing.texts, arguments: parsing.rest, order: parsing.order, words })
}

interface Named {
  readonly name: string
  readonly option: OptionKind<unknown, unknown>
  readonly names: string
}

interface Parsing {
  readonly table: ReadonlyMap<string, Named>
  readonly texts: Map<OptionKind<unknown, unknown>, string[]>
  readonly rest: string[]
  readonly order: string[]
  readonly queue: string[]
}

function readWord(word: string, parsing: Parsing): void {
  if (word === '--') {
    parsing.rest.push(...parsing.queue.splice(0))
    return
  }
  if (word === '-' || !word.startsWith('-')) {
    parsing.rest.push(word)
    return
  }
  const written = word.startsWith('--') ? word.slice(2) : word.slice(1)
  const at = written.indexOf('=')
  const name = at === -1 ? written : written.slice(0, at)
  const inline = at === -1 ? undefined : written.slice(at + 1)
  const found = parsing.table.get(name)
  if (found !== undefined) take(found, inline, parsing)
  else if (word.startsWith('--')) throw new ToolExit(`${name} is not a recognized option`)
  else takeCluster(written, parsing)
}

/** `-abc`: letters that are options each, the last of which may be followed by its argument. */
function takeCluster(letters: string, parsing: Parsing): void {
  const found: Named[] = []
  for (const letter of letters) {
    const named = parsing.table.get(letter)
    if (named === undefined) throw new ToolExit(`${letter} is not a recognized option`)
    found.push(named)
    if (named.option.argument !== 'none') break
  }
  for (const [index, named] of found.entries()) {
    const rest = letters.slice(index + 1)
    take(named, named.option.argument !== 'none' && rest !== '' ? rest : undefined, parsing)
  }
}

function take({ name, option, names }: Named, inline: string | undefined, { texts, queue, order }: Parsing): void {
  order.push(name)
  const before = texts.get(option) ?? []
  texts.set(option, before)
  if (option.argument === 'none') return
  const next = queue[0]
  const isTaken =
    inline === undefined && next !== undefined && (option.argument === 'required' || fitsOptional(option, next))
  const argument = inline ?? (isTaken ? queue.shift() : undefined)
  if (argument !== undefined) before.push(...separated(argument, option.separatedBy))
  else if (option.argument === 'required') throw new ToolExit(`Option ${names} requires an argument`)
}

/** A word that looks like an option is none where a number is wanted and it is one; what cannot be converted is left. */
function fitsOptional({ convert }: OptionKind<unknown, unknown>, word: string): boolean {
  const value = convert(word)
  return typeof value === 'number' || (value !== undefined && !/^-./.test(word))
}

/** Empty parts are left out, unless there are no others. */
function separated(argument: string, by: string | undefined): readonly string[] {
  if (by === undefined) return [argument]
  const parts = argument.split(by).filter((part) => part !== '')
  return parts.length === 0 ? [argument] : parts
}

function requireAll(kinds: OptionKinds, { texts }: Parsing): void {
  if (texts.has(helpOption) || texts.has(versionOption)) return
  const missing = Object.entries(kinds).filter(([, each]) => each.isRequired && !texts.has(each))
  if (missing.length === 0) return
  const names = missing.map(([name, { aliases }]) => [name, ...aliases].join('/'))
  throw new ToolExit(`Missing required option(s) [${names.join(', ')}]`)
}
