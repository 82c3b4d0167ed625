/** For tests: a program in a simulated world, which keeps what it says and is told to end by the test. */
import type { Environment } from '@gregor/platform'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import type { Input, Output } from './output.ts'
import type { Program } from './program.ts'
import { runCommand } from './run-command.ts'

export class ProgramFixture implements Program {
  readonly environment: SimulatedEnvironment
  readonly workingDirectory = '/srv/node'
  readonly nodeVersion = 'v24.20.0'
  readonly startedMs: number
  readonly lines: string[] = []
  readonly errors: string[] = []
  /** What was written to standard output without being a line. */
  readonly written: Buffer[] = []
  readonly out: Output
  readonly input: Input
  readonly connect: Program['connect']
  readonly #variables: Readonly<Record<string, string>>
  readonly #ending = new AbortController()
  readonly #broken = new AbortController()

  /** @param given - `input`: what is piped in. */
  constructor(
    given: {
      environment?: SimulatedEnvironment
      variables?: Readonly<Record<string, string>>
      input?: string | Uint8Array
      connect?: Program['connect']
    } = {},
  ) {
    this.environment = given.environment ?? simulatedEnvironment(1)
    this.environment.disk.makeDirectory(this.workingDirectory)
    this.startedMs = this.environment.clock.monotonicMs()
    this.#variables = given.variables ?? {}
    this.out = {
      line: (text) => void this.lines.push(text),
      error: (text) => void this.errors.push(text),
      write: (content) => this.written.push(Buffer.from(content)) > 0,
      drained: () => Promise.resolve(),
      isTerminal: false,
      broken: this.#broken.signal,
    }
    this.connect = given.connect ?? (() => Promise.reject(new Error('no cluster in this test')))
    const input = Buffer.from(given.input ?? '')
    const { out } = this
    this.input = {
      isTerminal: false,
      chunks: () => chunksOf(input),
      async *prompted({ prompt }) {
        out.write(prompt)
        for (const line of input.toString().split('\n')) {
          yield await Promise.resolve(line)
          out.write(prompt)
        }
      },
    }
  }

  readonly variable = (name: string): string | undefined => this.#variables[name]

  readonly exposeProcess = (): (() => void) => () => {}

  readonly ending = (): AbortSignal => this.#ending.signal

  /** A signal arrives. */
  end(signal: string): void {
    this.#ending.abort(signal)
  }

  /** Whoever read standard output goes away. */
  breakPipe(): void {
    this.#broken.abort()
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

async function* chunksOf(whole: Buffer): AsyncIterable<Buffer> {
  if (whole.length > 0) yield await Promise.resolve(whole)
}
