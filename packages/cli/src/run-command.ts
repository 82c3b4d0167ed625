/** From the words that were typed to a command’s exit code. What a user got wrong is said in one line. */
import { start } from './commands/start.ts'
import { isOptional, type Command, type Kinds } from './command.ts'
import { commandHelp, programHelp, usage } from './help.ts'
import { splitWords, type OptionShape } from './option-parser.ts'
import type { Program } from './program.ts'
import { UsageError } from './usage-error.ts'
import { kafkaVersion, version } from './version.ts'

/** Every command has these, as Kafka’s tools do. */
const shared: readonly (readonly [string, OptionShape])[] = [
  ['help', { takesValue: false, mayRepeat: true }],
  ['version', { takesValue: false, mayRepeat: true }],
]

/** @param words - without the program’s own name. */
export async function runCommand(words: readonly string[], program: Program): Promise<number> {
  const { out } = program
  if (words[0] === 'tool') {
    const { runTool } = await import('./tools/run-tool.ts')
    return runTool(words.slice(1), program)
  }
  // A start does without the others, and without what they need.
  const commands = words[0] === start.name ? [start] : (await import('./commands/index.ts')).commands
  const command = commands.find(({ name }) => name === words.slice(0, name.split(' ').length).join(' '))
  if (command === undefined) return withoutCommand(words, commands, program)
  try {
    const given = words.slice(command.name.split(' ').length)
    const { options, arguments: rest } = splitWords(given, shapesOf(command))
    if (options.has('help')) return said(() => out.line(commandHelp(command)))
    if (options.has('version')) return said(() => out.line(versionText))
    return await command.run({ ...argumentsOf(command, rest), ...optionsOf(command.options, options) }, program)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    out.error(`gregor ${command.name}: ${error.message}`)
    out.error(`Usage: gregor ${usage(command)}`)
    return 1
  }
}

const versionText = `gregor ${version} (Apache Kafka ${kafkaVersion})`

function withoutCommand([word]: readonly string[], commands: readonly Command[], { out }: Program): number {
  if (word === '--help' || word === '-h' || word === 'help') return said(() => out.line(programHelp(commands)))
  if (word === '--version' || word === '-v') return said(() => out.line(versionText))
  out.error(word === undefined ? programHelp(commands) : `gregor: ${word} is no command; gregor --help lists them`)
  return 1
}

function said(say: () => void): number {
  say()
  return 0
}

function shapesOf({ options }: Command): ReadonlyMap<string, OptionShape> {
  const own = Object.entries(options).map(
    ([name, kind]) => [name, { takesValue: kind.placeholder !== undefined, mayRepeat: kind.mayRepeat }] as const,
  )
  return new Map([...own, ...shared])
}

function argumentsOf(command: Command, words: readonly string[]): Record<string, unknown> {
  const kinds = Object.entries(command.arguments)
  if (words.length > kinds.length) throw new UsageError(`${words[kinds.length] ?? ''} is too much`)
  return Object.fromEntries(
    kinds.map(([name, kind], index) => {
      const word = words[index]
      if (word === undefined && !isOptional(kind)) throw new UsageError(`${name} is missing`)
      return [name, word === undefined ? kind.absent : kind.read([word], name)]
    }),
  )
}

function optionsOf(kinds: Kinds, given: ReadonlyMap<string, readonly string[]>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => {
      const texts = given.get(name)
      return [name, texts === undefined ? kind.absent : kind.read(texts, `--${name}`)]
    }),
  )
}
