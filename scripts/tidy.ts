/**
 * `npm run tidy`: the rules of this house that no general tool knows, one file each in tidy/. Warnings do not fail.
 */

import { apiProblems } from './tidy/apis.ts'
import { fileProblems } from './tidy/files.ts'
import { floorProblems } from './tidy/floors.ts'
import { lockfileProblems, type Lockfile } from './tidy/lockfile.ts'
import { linkProblems, placeProblems } from './tidy/prose.ts'
import { readTree, type Problem, type Tree } from './tidy/source.ts'
import { worldProblems } from './tidy/world.ts'

const tree = readTree()
const problems = [
  ...floorProblems(tree),
  ...worldProblems(tree),
  ...fileProblems(tree),
  ...apiProblems(tree),
  ...linkProblems(tree),
  ...placeProblems(tree),
  ...lockfilesIn(tree),
]
for (const { file, text, isWarning } of problems) {
  process.stdout.write(`${isWarning === true ? 'warning' : 'error'}  ${file}: ${text}\n`)
}
const errorCount = problems.filter(({ isWarning }) => isWarning !== true).length
process.stdout.write(`tidy: ${tree.size} files, ${errorCount} errors, ${problems.length - errorCount} warnings\n`)
process.exitCode = errorCount > 0 ? 1 : 0

function lockfilesIn(files: Tree): readonly Problem[] {
  return [...files]
    .filter(([path]) => path.endsWith('package-lock.json'))
    .flatMap(([file, text]) =>
      lockfileProblems(JSON.parse(text) as Lockfile).map((problem) => ({ file, text: problem })),
    )
}
