/**
 * A command as one value: from it come its parser, its help text and its page in the reference. `run` gets what was
 * typed, typed, and the program it runs in; what it returns is the exit code.
 */
import type { Program } from './program.ts'
import { UsageError } from './usage-error.ts'

/** What an argument or option takes: how it is named, read, and what it is when it is left out. */
export interface Kind<Value, Absent = undefined> {
  readonly summary: string
  /** Stands for the value in the help text. `undefined`: an option that takes none. */
  readonly placeholder: string | undefined
  readonly mayRepeat: boolean
  readonly absent: Absent
  /** @throws UsageError; `name` is how the user knows it. */
  readonly read: (texts: readonly string[], name: string) => Value
}

export type AnyKind = Kind<unknown, unknown>

/** An argument that may be left out. */
export interface OptionalKind<Value, Absent> extends Kind<Value, Absent> {
  readonly isOptional: true
}

type ArgumentValue<K extends AnyKind> = K extends { readonly isOptional: true } ? OptionValue<K> : ReturnType<K['read']>
type OptionValue<K extends AnyKind> = ReturnType<K['read']> | K['absent']

export type Given<Arguments extends Kinds, Options extends Kinds> = {
  readonly [Name in keyof Arguments]: ArgumentValue<Arguments[Name]>
} & { readonly [Name in keyof Options]: OptionValue<Options[Name]> }

export type Kinds = Readonly<Record<string, AnyKind>>

export interface Command<Arguments extends Kinds = Kinds, Options extends Kinds = Kinds> {
  /** Its words: `log verify`. */
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** In order; those that may be left out come last. */
  readonly arguments: Arguments
  /** By their long names. */
  readonly options: Options
  readonly examples: readonly string[]
  readonly run: (given: Given<Arguments, Options>, program: Program) => Promise<number>
}

/** Ties the type of what `run` gets to the arguments and options. */
export function defineCommand<Arguments extends Kinds, Options extends Kinds>(
  command: Command<Arguments, Options>,
): Command {
  // The parser makes what the kinds say.
  return command as unknown as Command
}

export function text({ summary, placeholder }: { summary: string; placeholder?: string }): Kind<string> {
  return {
    summary,
    placeholder: placeholder ?? 'text',
    mayRepeat: false,
    absent: undefined,
    read: ([first = '']) => first,
  }
}

/** A whole number. */
export function integer({ summary, min }: { summary: string; min: number }): Kind<number> {
  return {
    summary,
    placeholder: 'count',
    mayRepeat: false,
    absent: undefined,
    read([first = ''], name) {
      const value = Number(first)
      if (/^-?\d+$/.test(first) && Number.isSafeInteger(value) && value >= min) return value
      throw new UsageError(`${name} ${first}: give a whole number from ${min} on`)
    },
  }
}

/** A text, as often as one likes. */
export function texts({
  summary,
  placeholder,
}: {
  summary: string
  placeholder: string
}): Kind<readonly string[], readonly string[]> {
  return { summary, placeholder, mayRepeat: true, absent: [], read: (all) => all }
}

/** A switch: there or not. */
export function flag({ summary }: { summary: string }): Kind<true, false> {
  return { summary, placeholder: undefined, mayRepeat: true, absent: false, read: () => true }
}

/** `key=value`, as often as one likes; of several with one key the last wins. The value may hold further `=`. */
export function keyValues({
  summary,
}: {
  summary: string
}): Kind<ReadonlyMap<string, string>, ReadonlyMap<string, string>> {
  return {
    summary,
    placeholder: 'key=value',
    mayRepeat: true,
    absent: new Map(),
    read: (texts, name) =>
      new Map(
        texts.map((each) => {
          const at = each.indexOf('=')
          if (at < 1) throw new UsageError(`${name} ${each}: give it as key=value`)
          return [each.slice(0, at).trim(), each.slice(at + 1)]
        }),
      ),
  }
}

export function optional<Value, Absent>(kind: Kind<Value, Absent>): OptionalKind<Value, Absent> {
  return { ...kind, isOptional: true }
}

export function isOptional(kind: AnyKind): boolean {
  return 'isOptional' in kind
}
