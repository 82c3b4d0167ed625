/** Runs our scripts, and the tools that npm installed, by this very Node: not by whichever one a shebang would find. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const modules = 'node_modules'

/** `tool` is the package and, where it differs, the program in it: `typescript/tsc`. Returns whether it succeeded. */
export function runTool(tool: string, given: readonly string[]): boolean {
  const [name = tool, program = name] = tool.split('/')
  const { bin } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as {
    bin: string | Record<string, string>
  }
  const file = typeof bin === 'string' ? bin : bin[program]
  if (file === undefined) throw new Error(`${name} has no program ${program}`)
  return runScript(join(modules, name, file), given)
}

export function runScript(file: string, given: readonly string[] = []): boolean {
  return spawnSync(process.execPath, [file, ...given], { stdio: 'inherit' }).status === 0
}
