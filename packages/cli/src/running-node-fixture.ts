/** For tests: a node that runs while programs beside it do, several at a time, and time passes for all of them. */
import { NodeFixture } from './node-fixture.ts'
import type { ProgramFixture } from './program-fixture.ts'
import { runCommand } from './run-command.ts'

export interface RunningNode {
  /** A program of its own, to be started with `begin`. */
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

/** Starts a node on an empty directory, runs `body`, stops the node. */
export async function withNode(body: (node: RunningNode) => Promise<void>): Promise<void> {
  const fixture = await NodeFixture.start()
  const { time } = fixture.environment
  const node: RunningNode = {
    program: (input) => fixture.program(input),
    begin: (program, words) => runCommand(words, program),
    pause: (ms) => new Promise<void>((resolve) => time.after(ms, 'a pause of the test', resolve)),
    async run(words, input) {
      const program = fixture.program(input)
      const exitCode = await runCommand(words, program)
      const { lines, errors, written } = program
      return { exitCode, lines, errors, written: Buffer.concat(written).toString() }
    },
  }
  try {
    await time.run(body(node))
  } finally {
    await fixture.stop()
  }
}
