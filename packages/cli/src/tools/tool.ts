/**
 * One of Kafka’s command-line tools as one value: its name, the option dialect it is typed in, its help, what it does.
 * A tool says results on standard output and mistakes on standard error, and returns its exit code, as Apache Kafka’s
 * tool of the name does; what differs on purpose is listed in docs/compatibility.md.
 */
import { ArgparseExit, parseArgparse, type ArgparseCommand, type Namespace } from './argparse4j.ts'
import { argparseHelp, argparseUsage, joptsimpleHelp } from './tool-help.ts'
import { kafkaVersion } from '../version.ts'
import { parseJoptsimple, usageError, type GivenOptions, type OptionKinds } from './joptsimple.ts'
import type { Program } from '../program.ts'
import { zookeeperAnswer } from './zookeeper-answer.ts'
import { ToolExit } from './tool-exit.ts'

export interface Tool {
  /** As its script is called, without `.sh`. */
  readonly name: string
  /** One or two sentences: the head of its help. */
  readonly summary: string
  /** Command lines for the reference, each without the tool’s own name. */
  readonly examples: readonly string[]
  /** What `--help` prints. */
  help(): string
  /** @param words - what was typed behind its name. Resolves to the exit code. */
  run(words: readonly string[], program: Program): Promise<number>
}

interface ToolParts {
  readonly name: string
  readonly summary: string
  /** Command lines for the reference, each without the tool’s own name. */
  readonly examples?: readonly string[]
  /** Goes before everything that the tool says went wrong. */
  readonly mistakesBeginWith?: string
  /**
   * What is said of a failure that is no `ToolExit`, and with which exit code the tool ends. Without it: the message
   * on standard error, and 1.
   */
  readonly failed?: (error: unknown, program: Program) => number
}

export interface JoptsimpleTool<Options extends OptionKinds> extends ToolParts {
  readonly dialect: 'joptsimple'
  /** By long name, in the order in which help lists them. `help` and `version` are added. */
  readonly options: Options
  /** Typed without anything, most tools print their help. Those that do not say `false`. */
  readonly helpsWithoutOptions?: boolean
  /** Whether help follows what is said of options that could not be read. */
  readonly helpsOnMistakes?: boolean
  readonly run: (given: GivenOptions<Options>, program: Program) => Promise<number | void>
}

export interface ArgparseTool extends ToolParts, Omit<ArgparseCommand, 'summary'> {
  readonly dialect: 'argparse4j'
  /** What its usage calls it, where that is not its name. */
  readonly usageName?: string
  /** The exit code after `--help`. Default: 0. */
  readonly helpEndsWith?: 1
  /** Typed without anything, it prints its help and ends well. */
  readonly helpsWithoutOptions?: true
  /** What is said of a command line that cannot be read, instead of the usage and the reason. */
  readonly commandLineError?: (message: string) => string
  /** By name. A tool that has some must be given one, behind its own options. */
  readonly commands?: Readonly<Record<string, ArgparseCommand>>
  /** Stands for the names of the commands in usage. All of them unless given. */
  readonly commandPlaceholder?: string
  /** @param command - which of `commands`; '' where the tool has none. */
  readonly run: (given: Namespace, program: Program, command: string) => Promise<number | void>
}

/** Ties what `run` gets to the options. */
export function defineTool<Options extends OptionKinds>(tool: JoptsimpleTool<Options>): Tool
export function defineTool(tool: ArgparseTool): Tool
export function defineTool<Options extends OptionKinds>(tool: JoptsimpleTool<Options> | ArgparseTool): Tool {
  const help = (): string => (tool.dialect === 'joptsimple' ? joptsimpleHelp(tool) : argparseHelp(tool))
  const run = (words: readonly string[], program: Program): Promise<number> =>
    tool.dialect === 'joptsimple' ? runJoptsimple(tool, words, program) : runArgparse(tool, words, program)
  return {
    name: tool.name,
    summary: tool.summary,
    examples: tool.examples ?? [],
    help,
    async run(words, program) {
      const zookeeper = zookeeperAnswer(tool.name, words)
      if (zookeeper !== undefined) {
        for (const line of zookeeper) program.out.error(line)
        return 1
      }
      try {
        return await run(words, program)
      } catch (error) {
        return failedTool(error, { ...tool, help }, program)
      }
    },
  }
}

/** As CommandLineUtils does: what is typed wrong goes before `--help`, and help ends with 1. */
async function runJoptsimple<Options extends OptionKinds>(
  tool: JoptsimpleTool<Options>,
  words: readonly string[],
  program: Program,
): Promise<number> {
  const given = parsed(words, tool)
  const isHelpWanted = given.isHelpWanted || (words.length === 0 && tool.helpsWithoutOptions !== false)
  if (isHelpWanted) throw new ToolExit(tool.summary, { withHelp: true })
  if (given.isVersionWanted) {
    program.out.line(kafkaVersion)
    return 0
  }
  return (await tool.run(given, program)) ?? 0
}

function parsed<Options extends OptionKinds>(
  words: readonly string[],
  { options, helpsOnMistakes }: JoptsimpleTool<Options>,
): GivenOptions<Options> {
  try {
    return parseJoptsimple(words, options)
  } catch (error) {
    if (error instanceof ToolExit && helpsOnMistakes === true) throw usageError(error.message)
    throw error
  }
}

async function runArgparse(tool: ArgparseTool, words: readonly string[], program: Program): Promise<number> {
  if (words.length === 0 && tool.helpsWithoutOptions === true) {
    program.out.line(argparseHelp(tool))
    return 0
  }
  try {
    const { command, namespace } = parseArgparse(words, tool)
    return (await tool.run(namespace, program, command)) ?? 0
  } catch (error) {
    if (!(error instanceof ArgparseExit)) throw error
    if (error.kind === 'help') {
      program.out.line(argparseHelp(tool, error.command))
      return tool.helpEndsWith ?? 0
    }
    if (error.kind === 'version') {
      program.out.line(kafkaVersion)
      return 0
    }
    if (tool.commandLineError !== undefined) {
      program.out.error(tool.commandLineError(error.message))
      return 1
    }
    program.out.error(argparseUsage(tool, error.command))
    program.out.error(`${tool.usageName ?? tool.name}: error: ${error.message}`)
    if (error.candidates.length > 0) {
      program.out.error('')
      program.out.error('did you mean:')
      for (const candidate of error.candidates) program.out.error(`\t${candidate}`)
    }
    return 1
  }
}

function failedTool(
  error: unknown,
  { help, failed, mistakesBeginWith = '' }: Pick<ToolParts, 'failed' | 'mistakesBeginWith'> & Pick<Tool, 'help'>,
  program: Program,
): number {
  if (error instanceof ToolExit) {
    const { message, withHelp, stream, exitCode } = error
    if (message !== '') program.out[stream](withHelp || stream === 'line' ? message : `${mistakesBeginWith}${message}`)
    if (withHelp) program.out.error(help())
    return exitCode
  }
  if (failed !== undefined) return failed(error, program)
  if (!(error instanceof Error)) throw error
  program.out.error(`${mistakesBeginWith}${error.message}`)
  return 1
}
