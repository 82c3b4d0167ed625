/**
 * `npm run lint [-- --fix]`: mistakes and floating promises (oxlint), form (oxfmt), dead code and undeclared
 * dependencies (knip). What is particular to this house is checked by tidy instead.
 */

import { runTool } from './run-tool.ts'

const fix = process.argv.includes('--fix')
const results = [
  runTool('oxlint', ['--type-aware', '--deny-warnings', ...(fix ? ['--fix'] : [])]),
  runTool('oxfmt', fix ? [] : ['--check']),
  runTool('knip', ['--no-progress', '--no-config-hints']),
]
process.exitCode = results.every(Boolean) ? 0 : 1
