/** How kafka-topics, kafka-groups and kafka-configs tell of what failed once they had understood what was wanted. */
import type { Program } from '../program.ts'
import { ToolExit } from './tool-exit.ts'

/**
 * Apache Kafka says it on standard output, where scripts look for it, and prints a stack on standard error; here the
 * same sentence is on both, once where both are a terminal.
 *
 * @param command - `topic`: Error while executing topic command : …
 */
export async function failsAs(command: string, program: Program, run: () => Promise<number | void>): Promise<number> {
  try {
    return (await run()) ?? 0
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (error instanceof ToolExit && error.withHelp) throw error
    program.out.line(`Error while executing ${command} command : ${error.message}`)
    if (!program.out.isTerminal) program.out.error(error.message)
    return 1
  }
}
