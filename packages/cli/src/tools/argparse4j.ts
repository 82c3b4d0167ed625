/**
 * Options as argparse4j 0.7.0 reads them, for those of Kafka’s tools that use it: `--name value` and `--name=value`, any
 * prefix of a name that means only one, letters together, a word that begins with a dash is never a value, commands
 * with options of their own, and of several required options that are missing the last is complained of.
 */

/** An option or, without `flags`, an argument by position. Its key in the table is what the tool asks for. */
export interface ArgparseOption {
  /** `['-b', '--bootstrap-server']` */
  readonly flags?: readonly string[]
  readonly summary: string
  /** `store` unless given. */
  readonly action?: 'store' | 'append' | 'storeTrue' | 'version'
  /** How many values one use takes: 1 unless given, `+` one or more, `*` any number, `?` one or none. */
  readonly count?: '+' | '*' | '?'
  /** As Java names it in what it says about a text that is none. `String` unless given. */
  readonly type?: 'String' | 'Integer' | 'Long' | 'Short' | 'Double'
  readonly choices?: readonly string[]
  readonly isRequired?: boolean
  readonly absent?: string | number
  /** Stands for the value in usage and help. The key in capitals unless given. */
  readonly placeholder?: string
  /** Neither in usage nor in help. */
  readonly isHidden?: boolean
}

export interface ArgparseCommand {
  readonly summary?: string
  readonly options: Readonly<Record<string, ArgparseOption>>
  /** Of each at most one may be given; one must where it is required. */
  readonly groups?: readonly { readonly options: readonly string[]; readonly isRequired?: boolean }[]
}

export type ArgparseValue = string | number | boolean

/** What was typed, by the keys of the options. */
export class Namespace {
  readonly #values: ReadonlyMap<string, readonly ArgparseValue[]>

  constructor(values: ReadonlyMap<string, readonly ArgparseValue[]>) {
    this.#values = values
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  /** The last one given, or `absent` of the option. */
  text(key: string): string | undefined {
    const value = this.#values.get(key)?.at(-1)
    return value === undefined ? undefined : String(value)
  }

  number(key: string): number | undefined {
    const value = this.#values.get(key)?.at(-1)
    return typeof value === 'number' ? value : undefined
  }

  flag(key: string): boolean {
    return this.#values.get(key)?.at(-1) === true
  }

  texts(key: string): readonly string[] {
    return (this.#values.get(key) ?? []).map(String)
  }
}

/** Why parsing ended early. */
export class ArgparseExit extends Error {
  override readonly name = 'ArgparseExit'
  readonly kind: 'help' | 'version' | 'error'
  /** Whose usage is shown; `undefined`: that of the tool. */
  readonly command: string | undefined
  /** What may have been meant. */
  readonly candidates: readonly string[]

  constructor(
    kind: ArgparseExit['kind'],
    given: {
      readonly message?: string
      readonly command?: string | undefined
      readonly candidates?: readonly string[]
    },
  ) {
    super(given.message ?? kind)
    this.kind = kind
    this.command = given.command
    this.candidates = given.candidates ?? []
  }
}

/** `-h/--help`, `bootstrap_server`: as messages name it. */
export function argparseName(key: string, { flags }: ArgparseOption): string {
  return flags === undefined ? key : flags.join('/')
}

export const helpFlags = ['-h', '--help']

/** @throws ArgparseExit */
export function parseArgparse(
  words: readonly string[],
  tool: ArgparseCommand & { readonly commands?: Readonly<Record<string, ArgparseCommand>> },
): { readonly command: string; readonly namespace: Namespace } {
  const values = new Map<string, ArgparseValue[]>()
  const commandNames = Object.keys(tool.commands ?? {})
  const main = new Parser(tool, { values, command: undefined, endsAtCommand: commandNames.length > 0 })
  const rest = main.read(words)
  if (tool.commands === undefined) {
    main.finish()
    return { command: '', namespace: new Namespace(values) }
  }
  const [word, ...behind] = rest
  if (word === undefined) throw new ArgparseExit('error', { message: 'too few arguments' })
  const command = commandFrom(word, commandNames)
  // What the tool itself misses is told only after what is wrong behind the command.
  const missing = main.missing()
  const parser = new Parser(tool.commands[command] ?? { options: {} }, { values, command, endsAtCommand: false })
  parser.read(behind)
  parser.finish(missing)
  return { command, namespace: new Namespace(values) }
}

function commandFrom(word: string, names: readonly string[]): string {
  if (names.includes(word)) return word
  const found = names.filter((name) => word !== '' && name.startsWith(word))
  const [only] = found
  if (found.length > 1) {
    throw new ArgparseExit('error', {
      message: `ambiguous command: ${word} could match ${found.toSorted().join(', ')}`,
    })
  }
  if (only !== undefined) return only
  const choices = names.map((name) => `'${name}'`).join(', ')
  throw new ArgparseExit('error', { message: `invalid choice: '${word}' (choose from ${choices})` })
}

class Parser {
  readonly #command: ArgparseCommand
  readonly #name: string | undefined
  readonly #endsAtCommand: boolean
  readonly #values: Map<string, ArgparseValue[]>
  /** Absent values of an option go when it is given. */
  readonly #given = new Set<string>()
  readonly #flags = new Map<string, string>()
  readonly #positions: string[]
  readonly #atPosition: string[] = []
  #queue: string[] = []

  constructor(
    command: ArgparseCommand,
    given: {
      readonly values: Map<string, ArgparseValue[]>
      readonly command: string | undefined
      readonly endsAtCommand: boolean
    },
  ) {
    this.#command = command
    this.#name = given.command
    this.#endsAtCommand = given.endsAtCommand
    this.#values = given.values
    this.#positions = Object.keys(command.options).filter((key) => command.options[key]?.flags === undefined)
    for (const flag of helpFlags) this.#flags.set(flag, '')
    for (const [key, { flags = [], absent }] of Object.entries(command.options)) {
      for (const flag of flags) this.#flags.set(flag, key)
      if (absent !== undefined) this.#values.set(key, [absent])
    }
  }

  /** Returns what follows from the word on that is no option, where a command is expected. */
  read(words: readonly string[]): readonly string[] {
    this.#queue = [...words]
    let isBehindSeparator = false
    for (let word = this.#queue[0]; word !== undefined; word = this.#queue[0]) {
      if (word === '--' && !isBehindSeparator) {
        isBehindSeparator = true
        this.#queue.shift()
      } else if (!isBehindSeparator && isFlag(word)) {
        this.#queue.shift()
        this.#readFlag(word)
      } else if (this.#atPosition.length < this.#positionsMax()) {
        this.#atPosition.push(word)
        this.#queue.shift()
      } else if (this.#endsAtCommand && !isBehindSeparator) {
        return this.#queue
      } else {
        throw this.#error(`unrecognized arguments: '${this.#queue.join(' ')}'`)
      }
    }
    return []
  }

  /** @param before - what was found missing before, which goes first. */
  finish(before?: ArgparseExit): void {
    this.#assignPositions()
    const missing = before ?? this.missing()
    if (missing !== undefined) throw missing
  }

  missing(): ArgparseExit | undefined {
    const { options, groups = [] } = this.#command
    const absent = Object.entries(options).filter(
      ([key, { isRequired, flags }]) => isRequired === true && flags !== undefined && !this.#given.has(key),
    )
    const last = absent.at(-1)
    if (last !== undefined) return this.#error(`argument ${argparseName(...last)} is required`)
    const group = groups.findLast((each) => each.isRequired && !each.options.some((key) => this.#given.has(key)))
    if (group === undefined) return undefined
    const names = group.options.map((key) => argparseName(key, options[key] ?? { summary: '' }))
    return this.#error(`one of the arguments ${names.join(' ')} is required`)
  }

  #readFlag(word: string): void {
    const at = word.indexOf('=')
    const written = at === -1 ? word : word.slice(0, at)
    const key = this.#keyOf(written)
    if (key !== undefined) return this.#take(key, at === -1 ? undefined : word.slice(at + 1))
    if (!word.startsWith('--') && this.#takeLetters(word)) return
    throw new ArgparseExit('error', {
      message: `unrecognized arguments: '${word}'`,
      command: this.#name,
      candidates: closest(
        word,
        [...this.#flags.keys()].filter((flag) => flag.startsWith('--')),
      ),
    })
  }

  /** Letters in one word, each an option; the last may be followed by its value. Whether that is what they are. */
  #takeLetters(word: string): boolean {
    for (let index = 1; index < word.length; index += 1) {
      const key = this.#flags.get(`-${word[index] ?? ''}`)
      if (key === undefined) return false
      const rest = word.slice(index + 1)
      if (takesValue(this.#command.options[key])) {
        this.#take(key, rest === '' ? undefined : rest)
        return true
      }
      this.#take(key, undefined)
    }
    return true
  }

  /** By its flag or the beginning of only one; '' is help. */
  #keyOf(written: string): string | undefined {
    const exact = this.#flags.get(written)
    if (exact !== undefined) return exact
    const found = [...this.#flags.keys()].filter((flag) => flag.startsWith(written))
    if (found.length <= 1) return this.#flags.get(found[0] ?? '')
    throw this.#error(`ambiguous option: ${written} could match ${found.toSorted().join(', ')}`)
  }

  #take(key: string, inline: string | undefined): void {
    if (key === '') throw new ArgparseExit('help', { command: this.#name })
    const option = this.#command.options[key]
    if (option === undefined) return
    this.#requireAlone(key, option)
    if (option.action === 'version') throw new ArgparseExit('version', {})
    if (!takesValue(option)) {
      if (inline !== undefined) throw this.#error(`ignore implicit argument '${inline}'`, key)
      this.#values.set(key, [true])
      this.#given.add(key)
      return
    }
    const texts = inline === undefined ? this.#valuesBehind(option) : [inline]
    if (texts.length === 0 && option.count === undefined) throw this.#error('expected one argument', key)
    if (texts.length === 0 && option.count === '+') throw this.#error('expected 1 argument(s)', key)
    const before = option.action === 'append' && this.#given.has(key) ? (this.#values.get(key) ?? []) : []
    this.#values.set(key, [...before, ...texts.map((text) => this.#converted(text, key, option))])
    this.#given.add(key)
  }

  #valuesBehind({ count }: ArgparseOption): readonly string[] {
    const most = count === '+' || count === '*' ? Infinity : 1
    const texts: string[] = []
    for (let next = this.#queue[0]; next !== undefined && texts.length < most && !isFlag(next); next = this.#queue[0]) {
      texts.push(next)
      this.#queue.shift()
    }
    return texts
  }

  #requireAlone(key: string, option: ArgparseOption): void {
    const group = this.#command.groups?.find(({ options }) => options.includes(key))
    const other = group?.options.find((each) => each !== key && this.#given.has(each))
    if (other === undefined) return
    const otherOption = this.#command.options[other] ?? option
    throw this.#error(`not allowed with argument ${argparseName(other, otherOption)}`, key)
  }

  #positionsMax(): number {
    const counts = this.#positions.map((key) => {
      const count = this.#command.options[key]?.count
      return count === '+' || count === '*' ? Infinity : 1
    })
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** In order; one that takes many leaves what the later ones need. */
  #assignPositions(): void {
    const needed = this.#positions.map((key) => ('?*'.includes(this.#command.options[key]?.count ?? '-') ? 0 : 1))
    let left = needed.reduce((sum: number, one) => sum + one, 0)
    if (this.#atPosition.length < left) throw this.#error('too few arguments')
    const queue = [...this.#atPosition]
    for (const [index, key] of this.#positions.entries()) {
      const option = this.#command.options[key]
      if (option === undefined) continue
      left -= needed[index] ?? 0
      const most = option.count === '+' || option.count === '*' ? queue.length - left : Math.min(1, queue.length - left)
      const texts = queue.splice(0, Math.max(0, most))
      if (texts.length === 0) continue
      this.#values.set(
        key,
        texts.map((text) => this.#converted(text, key, option)),
      )
      this.#given.add(key)
    }
  }

  #converted(text: string, key: string, option: ArgparseOption): ArgparseValue {
    const { type = 'String', choices } = option
    if (choices !== undefined && !choices.includes(text)) {
      throw this.#error(`invalid choice: '${text}' (choose from {${choices.join(',')}})`, key)
    }
    if (type === 'String') return text
    const isWhole = type !== 'Double'
    const number = Number(text)
    if ((isWhole ? /^[+-]?\d+$/ : /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i).test(text) && fits(number, type)) {
      return number
    }
    throw this.#error(`could not convert '${text}' to ${type} (For input string: "${text}")`, key)
  }

  #error(message: string, key?: string): ArgparseExit {
    const option = key === undefined ? undefined : this.#command.options[key]
    const about = key === undefined || option === undefined ? '' : `argument ${argparseName(key, option)}: `
    return new ArgparseExit('error', { message: `${about}${message}`, command: this.#name })
  }
}

function isFlag(word: string): boolean {
  return word.startsWith('-') && !/^-\d+$/.test(word)
}

function takesValue(option: ArgparseOption | undefined): boolean {
  return option !== undefined && (option.action ?? 'store') !== 'storeTrue' && option.action !== 'version'
}

function fits(number: number, type: NonNullable<ArgparseOption['type']>): boolean {
  const bits = { String: Infinity, Double: Infinity, Long: 63, Integer: 31, Short: 15 }[type]
  return number >= -(2 ** bits) && number < 2 ** bits
}

/** Those that are few letters away. */
function closest(word: string, flags: readonly string[]): readonly string[] {
  const body = word.replace(/^-+/, '').replace(/=.*$/s, '')
  if (body.length < 2) return []
  return flags.filter((flag) => {
    const other = flag.slice(2)
    return other.startsWith(body.slice(0, 3)) && Math.abs(other.length - body.length) <= 3
  })
}
