/** For tests: a program in a simulated world, which keeps what it says and is told to end by the test. */
import type { Environment } from '@gregor/platform'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import type { Program } from './program.ts'
import { runCommand } from './run-command.ts'

export class ProgramFixture implements Program {
  readonly environment: SimulatedEnvironment
  readonly workingDirectory = '/srv/node'
  readonly nodeVersion = 'v24.20.0'
  readonly startedMs: number
  readonly lines: string[] = []
  readonly errors: string[] = []
  readonly out = {
    line: (text: string): void => void this.lines.push(text),
    error: (text: string): void => void this.errors.push(text),
  }
  readonly #variables: Readonly<Record<string, string>>
  readonly #ending = new AbortController()

  constructor(given: { environment?: SimulatedEnvironment; variables?: Readonly<Record<string, string>> } = {}) {
    this.environment = given.environment ?? simulatedEnvironment(1)
    this.environment.disk.makeDirectory(this.workingDirectory)
    this.startedMs = this.environment.clock.monotonicMs()
    this.#variables = given.variables ?? {}
  }

  readonly variable = (name: string): string | undefined => this.#variables[name]

  readonly exposeProcess = (): (() => void) => () => {}

  readonly ending = (): AbortSignal => this.#ending.signal

  /** A signal arrives. */
  end(signal: string): void {
    this.#ending.abort(signal)
  }

  /** Lets time pass until the command has ended; resolves to its exit code. */
  run(...words: readonly string[]): Promise<number> {
    return this.environment.time.run(runCommand(words, this))
  }

  writeFile(path: string, text: string): void {
    writeText(this.environment, path, text)
  }
}

function writeText({ disk }: Environment, path: string, text: string): void {
  disk.makeDirectory(path.slice(0, path.lastIndexOf('/')))
  const file = disk.open(path, { create: true })
  file.truncate(0)
  file.write([Buffer.from(text)], 0)
  file.close()
}
