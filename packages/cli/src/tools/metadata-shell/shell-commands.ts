/** The commands of the metadata shell: what each prints. */
import { type ArgparseCommand, ArgparseExit, type Namespace, parseArgparse } from '../argparse4j.ts'
import { type ShellNode, child, childNames, findNodes, treeLines } from './shell-node.ts'

export interface ShellState {
  readonly root: ShellNode
  workingDirectory: string
  /** What was typed, the newest last. */
  readonly history: string[]
  /** Columns of the terminal; `undefined`: there is none, and lists have one entry a line. */
  readonly width: number | undefined
  isOver: boolean
}

interface ShellCommand extends ArgparseCommand {
  readonly summary: string
  /** Makes sense only for somebody who types. */
  readonly isForShell: boolean
  readonly run: (given: Namespace, state: ShellState) => Iterable<string>
}

const targets = { targets: { summary: 'Nodes: paths, with * and ? if you like.', count: '+' } } as const
const paths = { targets: { summary: 'Nodes: paths, with * and ? if you like.', count: '*' } } as const

/** By name, in order. */
const commands: Readonly<Record<string, ShellCommand>> = {
  cat: { summary: 'Show what is in files.', isForShell: false, options: targets, run: cat },
  cd: {
    summary: 'Go to another directory.',
    isForShell: true,
    options: { target: { summary: 'Where to. Default: /', count: '?' } },
    run: changeDirectory,
  },
  exit: { summary: 'End the shell.', isForShell: true, options: {}, run: end },
  find: { summary: 'List all that is below nodes.', isForShell: false, options: paths, run: find },
  help: { summary: 'Show the commands.', isForShell: true, options: {}, run: help },
  history: {
    summary: 'Show what was typed.',
    isForShell: true,
    options: { count: { summary: 'How many of the last.', count: '?', type: 'Integer' } },
    run: history,
  },
  ls: { summary: 'List directories.', isForShell: false, options: paths, run: list },
  man: {
    summary: 'Show what a command takes.',
    isForShell: true,
    options: { cmd: { summary: 'The command.' } },
    run: manual,
  },
  pwd: {
    summary: 'Show where you are.',
    isForShell: true,
    options: {},
    run: (_given, state) => [state.workingDirectory],
  },
  tree: { summary: 'Show nodes and all that is below them.', isForShell: false, options: targets, run: tree },
}

/** @param isShell - somebody types. Errors are lines like others. */
export function* runShellCommand(words: readonly string[], state: ShellState, isShell: boolean): Generator<string> {
  const given = words.slice(0, words.findLastIndex((word) => word !== '') + 1)
  const [first] = given
  if (first === undefined) return
  const known = Object.fromEntries(Object.entries(commands).filter(([, { isForShell }]) => isShell || !isForShell))
  try {
    const { command, namespace } = parseArgparse(given, { options: {}, commands: known })
    if (command !== first) yield `invalid choice: '${first}': did you mean '${command}'?`
    else yield* commands[command]?.run(namespace, state) ?? []
  } catch (error) {
    if (!(error instanceof ArgparseExit)) throw error
    if (error.kind === 'error') yield error.message
    else yield* manualLines(error.command ?? '')
  }
}

/** What the word at the end of a line may become: a command, or else a path. */
export function completions(
  line: string,
  { root, workingDirectory }: ShellState,
): { readonly typed: string; readonly candidates: readonly string[] } {
  const words = line.trimStart().split(/\s+/)
  const typed = words.at(-1) ?? ''
  if (words.length === 1) return { typed, candidates: Object.keys(commands).filter((name) => name.startsWith(typed)) }
  const slash = typed.lastIndexOf('/') + 1
  const [above] = findNodes(root, workingDirectory, slash === 0 ? '.' : typed.slice(0, slash))
  if (above === undefined) return { typed, candidates: [] }
  const names = childNames(above.node).filter((name) => name.startsWith(typed.slice(slash)))
  const candidates = names.map((name) => {
    const isDirectory = child(above.node, name)?.kind === 'directory'
    return `${typed.slice(0, slash)}${name}${isDirectory ? '/' : ''}`
  })
  return { typed, candidates }
}

function* cat(given: Namespace, { root, workingDirectory }: ShellState): Generator<string> {
  for (const target of given.texts('targets')) {
    const found = findNodes(root, workingDirectory, target)
    if (found.length === 0) yield `cat: ${target}: No such file or directory.`
    for (const { node } of found) {
      if (node.kind === 'directory') yield `cat: ${target}: Is a directory`
      else yield* treeLines(node)
    }
  }
}

function* tree(given: Namespace, { root, workingDirectory }: ShellState): Generator<string> {
  for (const target of given.texts('targets')) {
    const found = findNodes(root, workingDirectory, target)
    if (found.length === 0) yield `tree: ${target}: No such file or directory.`
    for (const { node } of found) yield* treeLines(node)
  }
}

function* changeDirectory(given: Namespace, state: ShellState): Generator<string> {
  const target = given.text('target') ?? '/'
  const found = findNodes(state.root, state.workingDirectory, target)
  if (found.length === 0) yield `cd: ${target}: no such directory.`
  for (const { path, node } of found) {
    if (node.kind === 'file') yield `cd: ${target}: not a directory.`
    else state.workingDirectory = `/${path.join('/')}`
  }
}

function end(_given: Namespace, state: ShellState): readonly string[] {
  state.isOver = true
  return []
}

function* find(given: Namespace, { root, workingDirectory }: ShellState): Generator<string> {
  for (const path of effective(given.texts('targets'))) {
    const found = findNodes(root, workingDirectory, path)
    if (found.length === 0) yield `find: ${path}: no such file or directory.`
    for (const { node } of found) yield* findLines(node, path)
  }
}

function* findLines(node: ShellNode, path: string): Generator<string> {
  yield path
  for (const name of childNames(node)) {
    const below = child(node, name)
    if (below !== undefined) yield* findLines(below, path === '/' ? `/${name}` : `${path}/${name}`)
  }
}

function effective(given: readonly string[]): readonly string[] {
  const named = given.filter((path) => path !== '')
  return named.length === 0 ? ['.'] : named
}

function* help(): Generator<string> {
  yield 'The metadata of a cluster as a tree of directories and files. Commands:'
  yield ''
  for (const [name, { summary }] of Object.entries(commands)) yield `  ${name.padEnd(9)}${summary}`
}

function* manual(given: Namespace): Generator<string> {
  yield* manualLines(given.text('cmd') ?? '')
}

function* manualLines(name: string): Generator<string> {
  const command = commands[name]
  if (command === undefined) {
    yield `man: unknown command ${name}. Type help to get a list of commands.`
    return
  }
  yield `${name}: ${command.summary}`
  for (const [option, { summary }] of Object.entries(command.options)) yield `  ${option.padEnd(9)}${summary}`
}

function* history(given: Namespace, { history: typed }: ShellState): Generator<string> {
  const count = Math.max(0, given.number('count') ?? typed.length)
  const first = Math.max(0, typed.length - count)
  for (const [index, line] of typed.slice(first).entries()) yield `${String(first + index).padStart(5)}  ${line}`
}

function* list(given: Namespace, { root, workingDirectory, width }: ShellState): Generator<string> {
  const files: string[] = []
  const directories: { readonly name: string; readonly names: readonly string[] }[] = []
  for (const target of effective(given.texts('targets'))) {
    const found = findNodes(root, workingDirectory, target)
    if (found.length === 0) yield `ls: ${target}: no such file or directory.`
    for (const { path, node } of found) {
      const name = path.at(-1) ?? '/'
      if (node.kind === 'file') files.push(name)
      else directories.push({ name, names: childNames(node) })
    }
  }
  yield* columns(files, width)
  let isFirst = files.length === 0
  for (const { name, names } of directories) {
    if (names.length === 0) continue
    if (files.length > 0 || directories.length > 1) {
      if (!isFirst) yield ''
      yield `${name}:`
      isFirst = false
    }
    yield* columns(names, width)
  }
}

/** As many columns as fit, filled one after the other. */
function* columns(entries: readonly string[], width: number | undefined): Generator<string> {
  const countMax = width === undefined ? 1 : Math.max(1, Math.trunc(width / 4))
  for (let count = countMax; count > 0; count--) {
    const perColumn = Math.ceil(entries.length / count)
    const widths = Array.from({ length: count }, (_, column) =>
      widthOf(entries.slice(column * perColumn, (column + 1) * perColumn)),
    )
    const fits = widths.at(-1) !== 0 && widths.reduce((sum, each) => sum + each, 0) <= (width ?? 0)
    if (count > 1 && !fits) continue
    for (let line = 0; line < perColumn; line++) {
      const cells = widths.flatMap((each, column) => {
        const entry = entries[line + column * perColumn]
        return entry === undefined ? [] : [column === count - 1 ? entry : entry.padEnd(each)]
      })
      yield cells.join('')
    }
    return
  }
}

function widthOf(entries: readonly string[]): number {
  return entries.length === 0 ? 0 : Math.max(...entries.map((entry) => entry.length + 2))
}
