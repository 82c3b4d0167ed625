/** What every source file looks like: its name, its header comment, its size, and what is not left in it. */

import { isTest, type Problem, type Tree } from './source.ts'

const ours = /^(packages\/[^/]+\/src|scripts|conformance|benchmarks)\/.*\.(ts|mjs)$|^setup\.mjs$/
const forbiddenName = /(^|-)(utils?|helpers?|common|misc|types|managers?)$/
/** Tables and lists: one line says one thing, and cutting them in two would hide it. */
const table = /^packages\/(protocol\/src\/(apis|stored)\/|protocol\/src\/errors\.ts|config\/src\/.*configs)/
const lines = { header: 14, warn: 400, fail: 600 }
const leftOver = /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck)|(ox|es)lint-disable(?!.*--)/

export function fileProblems(tree: Tree): readonly Problem[] {
  return [...tree].flatMap(([path, text]) => {
    if (!ours.test(path)) return []
    return [...nameProblems(path), ...headerProblems(path, text), ...sizeProblems(path, text), ...leftOvers(path, text)]
  })
}

function nameProblems(path: string): readonly Problem[] {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/(\.test(-[a-z]+)?)?\.(ts|mjs)$/, '')
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return [{ file: path, text: 'file names are kebab-case' }]
  if (forbiddenName.test(name)) return [{ file: path, text: `nothing is called ${name}: name what it holds` }]
  return []
}

/** A test says what it is by its name. */
function headerProblems(file: string, text: string): readonly Problem[] {
  if (isTest(file)) return []
  const comment = /^(?:#!.*\n)?(\/\*\*[^]*?\*\/)/.exec(text)?.[1]
  if (comment === undefined) return [{ file, text: 'starts without a header comment' }]
  const lineCount = comment.split('\n').length
  return lineCount > lines.header ? [{ file, text: `its header comment has ${lineCount} lines: 2 to 10 say it` }] : []
}

function sizeProblems(file: string, text: string): readonly Problem[] {
  const lineCount = text.split('\n').length - 1
  if (lineCount <= lines.warn || table.test(file)) return []
  const isWarning = lineCount <= lines.fail
  const limit = isTest(file) ? 'split it by behaviour' : 'split deciding from doing'
  return [{ file, text: `${lineCount} lines, ${lines.fail} at most: ${limit}`, isWarning }]
}

function leftOvers(path: string, text: string): readonly Problem[] {
  // This very file has to name them.
  if (path === 'scripts/tidy/files.ts' || path === 'scripts/tidy/files.test.ts') return []
  return text.split('\n').flatMap((line, index) => {
    const found = leftOver.exec(line)?.[0]
    return found === undefined ? [] : [{ file: `${path}:${index + 1}`, text: `${found} is not left behind` }]
  })
}
