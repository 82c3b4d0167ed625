/**
 * The program’s beginning: runs the sources, or the bundle of them where it is up to date. It runs when it is imported
 * (setup.mjs does that). With options for Node itself (a debugger, a profiler, coverage) it is always the sources.
 */
import { createRequire } from 'node:module'
import { currentBundle } from './current-bundle.ts'

const isExamined = process.execArgv.length > 0 || process.env['NODE_V8_COVERAGE'] !== undefined
const bundle = isExamined ? undefined : currentBundle()
if (bundle === undefined) await import('./run-process.ts')
else createRequire(import.meta.url)(bundle)
