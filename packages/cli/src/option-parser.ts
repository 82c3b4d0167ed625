/**
 * Splits what was typed into options and arguments, by the rules of joptsimple, which Kafka’s tools parse with:
 * `--name value` and `--name=value`, any prefix of a name that means only one, one dash instead of two, options and
 * arguments in any order, `--` ends the options. An option that takes a value takes the next word, whatever it is.
 *
 * Stricter in one thing: a value for an option that takes none is refused instead of ignored.
 */
import { UsageError } from './usage-error.ts'

export interface OptionShape {
  readonly takesValue: boolean
  readonly mayRepeat: boolean
}

export interface SplitWords {
  /** By full name, each text in the order given; an option without a value has as many empty texts as times. */
  readonly options: ReadonlyMap<string, readonly string[]>
  readonly arguments: readonly string[]
}

/** @param shapes - every option by its full name. @throws UsageError */
export function splitWords(words: readonly string[], shapes: ReadonlyMap<string, OptionShape>): SplitWords {
  const options = new Map<string, string[]>()
  const rest: string[] = []
  const queue = [...words]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      rest.push(...queue.splice(0))
      continue
    }
    if (!word.startsWith('-') || word === '-') {
      rest.push(word)
      continue
    }
    const [written = word, inline] = splitAtFirst(word, '=')
    const name = fullName(written, shapes)
    const shape = shapes.get(name)
    const value = shape?.takesValue === true ? (inline ?? queue.shift()) : ''
    if (value === undefined) throw new UsageError(`${written} needs a value`)
    if (shape?.takesValue !== true && inline !== undefined) throw new UsageError(`${written} takes no value`)
    const before = options.get(name) ?? []
    if (before.length > 0 && shape?.mayRepeat !== true) throw new UsageError(`--${name} was given more than once`)
    options.set(name, [...before, value])
  }
  return { options, arguments: rest }
}

/** What a written option means: its exact name, or the only one that begins so. */
function fullName(written: string, shapes: ReadonlyMap<string, OptionShape>): string {
  const name = written.replace(/^--?/, '')
  if (shapes.has(name)) return name
  const candidates = name === '' ? [] : [...shapes.keys()].filter((each) => each.startsWith(name))
  const [only] = candidates
  if (only === undefined) throw new UsageError(`${written} is not a recognized option`)
  if (candidates.length > 1) {
    throw new UsageError(`${written} is ambiguous: ${candidates.map((each) => `--${each}`).join(', ')}`)
  }
  return only
}

function splitAtFirst(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
