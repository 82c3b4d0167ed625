/** The tree that the metadata shell shows: directories and files, made when somebody looks. */

export type ShellNode =
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'directory'; readonly children: ReadonlyMap<string, () => ShellNode> }

export function file(text: string): ShellNode {
  return { kind: 'file', text }
}

export function directory(children: Iterable<readonly [name: string, node: () => ShellNode]>): ShellNode {
  return { kind: 'directory', children: new Map(children) }
}

/** Sorted, as Java sorts text. */
export function childNames(node: ShellNode): readonly string[] {
  return node.kind === 'file' ? [] : [...node.children.keys()].toSorted((one, other) => (one < other ? -1 : 1))
}

export function child(node: ShellNode, name: string): ShellNode | undefined {
  return node.kind === 'file' ? undefined : node.children.get(name)?.()
}

/** A node and what is below it, each level two blanks further in. */
export function* treeLines(node: ShellNode, level = 0): Generator<string> {
  const indent = '  '.repeat(level)
  if (node.kind === 'file') {
    yield `${indent}${node.text}`
    return
  }
  for (const name of childNames(node)) {
    yield `${indent}${name}:`
    const below = child(node, name)
    if (below !== undefined) yield* treeLines(below, level + 1)
  }
}

export interface FoundNode {
  /** Its names from the root on. */
  readonly path: readonly string[]
  readonly node: ShellNode
}

/** What a path with `*`, `?` and `{a,b}` in its parts means, in order; nothing where there is no such node. */
export function findNodes(root: ShellNode, workingDirectory: string, glob: string): readonly FoundNode[] {
  const parts = withoutDots(splitPath(glob.startsWith('/') ? glob : `${workingDirectory}/${glob}`))
  let found: readonly FoundNode[] = [{ path: [], node: root }]
  for (const part of parts) {
    const pattern = globPattern(part)
    found = found.flatMap(({ path, node }) => {
      const names = pattern === undefined ? [part] : childNames(node).filter((name) => pattern.test(name))
      return names.flatMap((name) => {
        const below = child(node, name)
        return below === undefined ? [] : [{ path: [...path, name], node: below }]
      })
    })
  }
  return found
}

function splitPath(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '')
}

function withoutDots(parts: readonly string[]): readonly string[] {
  const kept: string[] = []
  for (const part of parts) {
    if (part === '..') kept.pop()
    else if (part !== '.') kept.push(part)
  }
  return kept
}

/** `undefined`: the part means the name that it is, also where its groups make no sense. */
function globPattern(part: string): RegExp | undefined {
  let isPattern = false
  let isGroup = false
  const source = part.replace(/\\(.)|[?*{},]|[$()+.[\]^|\\]/gs, (match: string, escaped: string | undefined) => {
    if (escaped !== undefined) return /[A-Za-z0-9]/.test(escaped) ? escaped : `\\${escaped}`
    if (match === ',' && !isGroup) return match
    if (match === '}' && !isGroup) return '\\}'
    if (!'?*{},'.includes(match)) return `\\${match}`
    isPattern = true
    if (match === '{') isGroup = true
    if (match === '}') isGroup = false
    return { '?': '.', '*': '.*', '{': '(?:(?:', ',': ')|(?:', '}': '))' }[match] ?? match
  })
  if (!isPattern || isGroup) return undefined
  try {
    return new RegExp(`^${source}$`, 's')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
