/**
 * What the tests reached, by package, held against the floors of the house: 95 % of lines and 90 % of branches for
 * packages on floors 0 to 3. A file that no test loads counts as not reached, unless only types are in it.
 */

import { globSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

export interface FileCoverage {
  readonly path: string
  readonly totalLineCount: number
  readonly coveredLineCount: number
  readonly totalBranchCount: number
  readonly coveredBranchCount: number
}

interface PackageCoverage {
  readonly name: string
  readonly linePercent: number
  readonly branchPercent: number
  readonly isEnough: boolean
}

const bar = { floorMax: 3, linePercent: 95, branchPercent: 90 }

/** Prints a table; false where a package stays below its bar. */
export function reportCoverage(reached: readonly FileCoverage[]): boolean {
  const files = [...reached.map((file) => ({ ...file, path: relative('.', file.path) })), ...neverLoaded(reached)]
  const packages = globSync('packages/*/package.json').toSorted()
  const rows = packages.map((manifest) => {
    const { name, floor } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; floor: number }
    const folder = manifest.slice(0, -'package.json'.length)
    return packageCoverage(
      { name, floor },
      files.filter(({ path }) => path.startsWith(folder)),
    )
  })
  process.stdout.write(`${'coverage, %'.padEnd(24)}  lines  branches\n`)
  for (const { name, linePercent, branchPercent, isEnough } of rows) {
    const figures = `${linePercent.toFixed(1).padStart(7)} ${branchPercent.toFixed(1).padStart(9)}`
    const verdict = isEnough ? '' : `   below ${bar.linePercent} and ${bar.branchPercent}`
    process.stdout.write(`${name.padEnd(24)}${figures}${verdict}\n`)
  }
  return rows.every(({ isEnough }) => isEnough)
}

export function packageCoverage(
  { name, floor }: { readonly name: string; readonly floor: number },
  files: readonly FileCoverage[],
): PackageCoverage {
  const sum = (count: (file: FileCoverage) => number): number => files.reduce((total, file) => total + count(file), 0)
  const percent = (covered: number, total: number): number => (total === 0 ? 100 : (100 * covered) / total)
  const linePercent = percent(
    sum((file) => file.coveredLineCount),
    sum((file) => file.totalLineCount),
  )
  const branchPercent = percent(
    sum((file) => file.coveredBranchCount),
    sum((file) => file.totalBranchCount),
  )
  const isEnough = floor > bar.floorMax || (linePercent >= bar.linePercent && branchPercent >= bar.branchPercent)
  return { name, linePercent, branchPercent, isEnough }
}

/** Files with code that no test loaded: none of their lines was reached. */
function neverLoaded(reached: readonly FileCoverage[]): readonly FileCoverage[] {
  const loaded = new Set(reached.map(({ path }) => relative('.', path)))
  return globSync('packages/*/src/**/*.ts')
    .filter((path) => !path.endsWith('.test.ts') && !loaded.has(path) && hasCode(readFileSync(path, 'utf8')))
    .map((path) => {
      const totalLineCount = readFileSync(path, 'utf8').split('\n').length
      return { path, totalLineCount, coveredLineCount: 0, totalBranchCount: 1, coveredBranchCount: 0 }
    })
}

/** Whether there is anything to run: a file of types and re-exports has nothing a test could reach. */
export function hasCode(source: string): boolean {
  return /^(export )?(abstract |async )?(const|let|function|class)\b/m.test(source)
}
