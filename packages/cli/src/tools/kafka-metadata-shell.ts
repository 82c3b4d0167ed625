/** `kafka-metadata-shell`: the metadata of a cluster, from a file, as a tree of directories and files. */
import { isAbsolute, join } from 'node:path'
import type { MetadataImage } from '@gregor/metadata'
import type { Program } from '../program.ts'
import { exitCodeOfSignal, untilEnding } from './ending.ts'
import { rootNode } from './metadata-shell/image-node.ts'
import { withMetadata } from './metadata-shell/load-metadata.ts'
import { completions, type ShellState, runShellCommand } from './metadata-shell/shell-commands.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const WIDTH = 80

export const kafkaMetadataShell = defineTool({
  name: 'kafka-metadata-shell',
  summary: 'Shows the metadata in a snapshot or segment of the metadata log, as a tree to walk through.',
  examples: ['--snapshot data/__cluster_metadata-0/00000000000000000000.log ls /image/topics/byName'],
  dialect: 'argparse4j',
  options: {
    snapshot: { flags: ['--snapshot', '-s'], isRequired: true, summary: 'The snapshot or segment to read.' },
    command: { count: '*', summary: 'One command: cat, find, ls or tree. Default: a shell that asks for more.' },
  },
  failed(error, { out }) {
    if (!(error instanceof Error)) throw error
    out.error(error instanceof ToolExit ? `Error: ${error.message}` : `Unexpected error: ${error.message}`)
    return 1
  },
  async run(given, program) {
    const { environment, out, workingDirectory } = program
    const snapshot = given.text('snapshot') ?? ''
    const path = isAbsolute(snapshot) ? snapshot : join(workingDirectory, snapshot)
    const words = given.texts('command')
    if (words.length === 0) out.line('Loading...')
    return await withMetadata(environment.disk, path, async (image) => {
      if (words.length === 0) return await runShell(image, program)
      for (const line of runShellCommand(words, stateOf(image, undefined), false)) out.line(line)
      return 0
    })
  },
})

function stateOf(image: MetadataImage, width: number | undefined): ShellState {
  return { root: rootNode(image), workingDirectory: '/', history: [], width, isOver: false }
}

/** @returns the exit code */
async function runShell(image: MetadataImage, program: Program): Promise<number> {
  const { input, out } = program
  const ending = program.ending()
  out.line('Starting...')
  out.line('[ Kafka Metadata Shell ]')
  const state = stateOf(image, out.isTerminal ? WIDTH : undefined)
  const typed = input.prompted({ prompt: '>> ', complete: (line) => completions(line, state) })
  for await (const line of untilEnding(typed, ending)) {
    if (line.trim() !== '') state.history.push(line)
    for (const shown of runShellCommand(wordsOf(line), state, true)) out.line(shown)
    if (state.isOver) return 0
  }
  return ending.aborted ? exitCodeOfSignal(ending) : 0
}

/** Words are apart by blanks; quotes keep them together, and a backslash takes the next letter as it is. */
function wordsOf(line: string): readonly string[] {
  const words = line.matchAll(/(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|[^\s"'\\])+/g)
  return [...words].map(([word]) =>
    word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) =>
      unquoted(double, single, escaped),
    ),
  )
}

function unquoted(double: unknown, single: unknown, escaped: unknown): string {
  if (typeof double === 'string') return double.replace(/\\(.)/g, '$1')
  return typeof single === 'string' ? single : String(escaped)
}
