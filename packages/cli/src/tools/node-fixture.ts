/** For tests: tools run against a node in the same simulated world, beside it. */
import { Kafka } from '@gregor/client'
import { ProgramFixture } from '../program-fixture.ts'
import { runCommand } from '../run-command.ts'

export interface RunningNode {
  readonly environment: ProgramFixture['environment']
  /** Where its files are. */
  readonly dataDirectory: string
  /** A program of its own in the world of the node, to be started with `begin` or `run`. */
  program(input?: string | Uint8Array): ProgramFixture
  /** What a tool said, and how it ended. */
  run(words: readonly string[], input?: string | Uint8Array): Promise<ToolRun>
  /** Starts it and returns: for what a signal ends. */
  begin(program: ProgramFixture, words: readonly string[]): Promise<number>
  /** Lets time pass. */
  pause(ms: number): Promise<void>
}

export interface ToolRun {
  readonly exitCode: number
  readonly lines: readonly string[]
  readonly errors: readonly string[]
  /** What was written without being lines. */
  readonly written: string
}

const where = ['--override', 'log.dirs=/data', '--override', 'listeners=PLAINTEXT://127.0.0.1:9092'] as const

/** Starts a node on an empty directory, runs `body`, stops the node. */
export async function withNode(body: (node: RunningNode) => Promise<void>): Promise<void> {
  const server = new ProgramFixture()
  const { environment } = server
  const pause = (ms: number): Promise<void> =>
    new Promise<void>((resolve) => environment.time.after(ms, 'a pause of the test', resolve))
  const program = (input?: string | Uint8Array): ProgramFixture =>
    new ProgramFixture({
      environment,
      ...(input !== undefined && { input }),
      connect: (options) => Promise.resolve(new Kafka({ environment, unknownProperties: 'warn', ...options })),
    })
  const begin = (one: ProgramFixture, words: readonly string[]): Promise<number> => runCommand(words, one)
  const node: RunningNode = {
    environment,
    dataDirectory: '/data',
    program,
    begin,
    pause,
    async run(words, input) {
      const one = program(input)
      const exitCode = await begin(one, words)
      return { exitCode, lines: one.lines, errors: one.errors, written: Buffer.concat(one.written).toString() }
    },
  }
  const stopped = server.run('start', ...where)
  const meanwhile = async (): Promise<void> => {
    while (server.lines.length === 0) await pause(1)
    try {
      await body(node)
    } finally {
      server.end('SIGTERM')
    }
  }
  await Promise.all([stopped, meanwhile()])
}
