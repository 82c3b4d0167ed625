/**
 * The project's files as tidy sees them, and TypeScript with its comments or strings blanked out, so that a rule about
 * code does not trip over prose. Blanked text keeps its length and lines: positions stay true.
 */

import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export interface Problem {
  readonly file: string
  readonly text: string
  readonly isWarning?: boolean
}

/** Path from the project's root, with `/`, to content. Binary files are not in it. */
export type Tree = ReadonlyMap<string, string>

const textFile =
  /\.(ts|mjs|js|json|md|sh|ya?ml|xml|txt|toml|mod|sum|py|go|java|properties)$|(^|\/)(bin\/[\w.-]+|\.ci\/\w+|LICENSE|\.\w+)$/
const leftOut: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git', '.cache', 'data', 'logs'])

export function readTree(): Tree {
  const entries = globSync(['**/*', '.*', '.ci/*'], { withFileTypes: true, exclude: ({ name }) => leftOut.has(name) })
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative('.', join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((name) => textFile.test(name))
  return new Map(names.toSorted().map((name) => [name, readFileSync(name, 'utf8')]))
}

/** `packages/storage` for a file of that package. */
export function packageFolder(path: string): string | undefined {
  return /^packages\/[^/]+/.exec(path)?.[0]
}

/** A test, or what only tests use: `host-fixture.ts`, `arbitrary.test-support.ts`. */
export function isTest(path: string): boolean {
  return /(\.test(-[a-z]+)?|-fixture)\.ts$/.test(path)
}

/** The number of the line that position `at` is on, from 1. */
export function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}

/** Comments become blanks. */
export function withoutComments(code: string): string {
  return blank(code, (token) => token.startsWith('//') || token.startsWith('/*'))
}

/** Comments, strings, templates and regular expressions become blanks; what stands in `${}` goes with its template. */
export function codeOnly(code: string): string {
  return blank(code, () => true)
}

/**
 * In order: comments, strings, templates (those in `${}` one level deep), regular expressions where an operand is
 * expected. A scanner for tidy, not for a compiler: code that fools it is code that fools its reader.
 */
const token =
  /\/\/[^\n]*|\/\*[^]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\}|[^`\\])*`|(?<=(?:^|[=(,:;!&|?{}[>]|return|=>)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])*\/[dgimsuvy]*/g

function blank(code: string, isBlanked: (text: string) => boolean): string {
  return code.replaceAll(token, (text) => (isBlanked(text) ? text.replaceAll(/[^\n]/g, ' ') : text))
}
