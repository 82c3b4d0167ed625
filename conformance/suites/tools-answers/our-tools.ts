/** Our tools, each line a process of the bundled program as bin/*.sh start it. */

import { join } from 'node:path'

import { run, runWell } from '../../harness/process.ts'
import type { Said } from './comparable-output.ts'

const bundler = join(import.meta.dirname, '..', '..', '..', 'scripts', 'bundle.ts')
const toolMsMax = 90_000

export class OurTools {
  readonly #program: string

  private constructor(program: string) {
    this.#program = program
  }

  static async open(): Promise<OurTools> {
    return new OurTools((await runWell(process.execPath, [bundler])).trim())
  }

  async run(tool: string, given: readonly string[], input = ''): Promise<Said> {
    const { status, stdout, stderr } = await run(process.execPath, [this.#program, 'tool', tool, ...given], {
      input,
      timeoutMs: toolMsMax,
    })
    return { status: status ?? -1, stdout, stderr }
  }
}
