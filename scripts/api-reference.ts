/**
 * What a package exports, as a page: the declarations that the compiler wrote for `src/index.ts`, with their comments, less
 * what is private. Needs `tsc -b` to have run.
 */

import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const packages = join(import.meta.dirname, '..', 'packages')

export interface ApiSection {
  readonly title: string
  /** Of files below the package's `src`, the first that fits: `producer/`. Or another package of ours: `@gregor/serde`. */
  readonly folder: string
}

/** @returns Markdown: a part for each section that has something, its declarations in the order of the index. */
export function apiReference(packageFolder: string, sections: readonly ApiSection[]): readonly string[] {
  const index = join(packageFolder, 'dist', 'index.d.ts')
  const bySection = new Map<string, string[]>(sections.map(({ title }) => [title, []]))
  for (const { names, from } of exportsOf(readFileSync(index, 'utf8'))) {
    const section = sections.find(({ folder }) => from === folder || from.startsWith(`./${folder}`))
    if (section === undefined) throw new Error(`no section is for ${from}: see scripts/client-api-page.ts`)
    const declarations = declarationsIn(fileOf(from, index))
    for (const name of names) {
      const text = declarations.get(name)
      if (text === undefined) throw new Error(`${from} declares no ${name}`)
      bySection.get(section.title)?.push(`### ${name}\n\n\`\`\`ts\n${text}\n\`\`\``)
    }
  }
  return [...bySection].flatMap(([title, texts]) => (texts.length === 0 ? [] : [`## ${title}`, ...texts]))
}

interface ExportLine {
  readonly names: readonly string[]
  /** As it is written: `./producer/producer.ts`, `@gregor/transport`. */
  readonly from: string
}

/** What is handed on. */
function exportsOf(text: string): readonly ExportLine[] {
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';$/gm)].map(([, names = '', from = '']) => ({
    names: names
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== ''),
    from,
  }))
}

function fileOf(from: string, importer: string): string {
  const ours = /^@gregor\/(.+)$/.exec(from)?.[1]
  if (ours !== undefined) return join(packages, ours, 'dist', 'index.d.ts')
  return resolve(dirname(importer), from.replace(/\.ts$/, '.d.ts'))
}

/** By name: from its comment to the end of its last line. Followed where a file only hands on what another declares. */
function declarationsIn(file: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const text = readFileSync(file, 'utf8')
  for (const { names, from } of exportsOf(text)) {
    const there = declarationsIn(fileOf(from, file))
    for (const name of names) found.set(name, there.get(name) ?? '')
  }
  const starts = /^export (?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/gm
  for (const match of text.matchAll(starts)) {
    const [, name = ''] = match
    const declaration = publicPart(commentBefore(text, match.index) + declarationAt(text, match.index))
    // Overloads of a function are one.
    found.set(name, found.has(name) ? `${found.get(name)}\n${declaration}` : declaration)
  }
  return found
}

function commentBefore(text: string, index: number): string {
  const before = text.slice(0, index)
  const start = before.lastIndexOf('/**')
  return start !== -1 && /^\/\*\*(?:[^*]|\*(?!\/))*\*\/\n$/.test(before.slice(start)) ? before.slice(start) : ''
}

/** Up to the line in which all is closed that it opens. */
function declarationAt(text: string, index: number): string {
  const rest = text.slice(index)
  // Of the same length, so that places stay.
  const code = rest.replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
  const hasBody = /^export (?:declare )?(?:abstract )?(?:class|interface) /.test(rest)
  let depth = 0
  for (const { 0: sign, index: at } of code.matchAll(/[{}()[\];]/g)) {
    if ('{(['.includes(sign)) depth++
    else if (sign !== ';') depth--
    const isEnd = depth === 0 && sign === (hasBody ? '}' : ';')
    if (isEnd) return rest.slice(0, at + 1)
  }
  return rest
}

function publicPart(declaration: string): string {
  const membersLess = declaration
    .replaceAll(/^ {4}(?:#private|private constructor\([^;]*\));\n/gm, '')
    .replaceAll(/^ {4}private [^;]*;\n/gm, '')
  return membersLess
    .replace(/^export (?:declare )?/m, '')
    .replaceAll(/^( {4})+/gm, (spaces) => ' '.repeat(spaces.length / 2))
}
