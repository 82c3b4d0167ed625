/** What a suite is: one kind of client, tool or peer, and the cases it is put through. Found as suites/NAME/suite.ts. */

import type { Server, ServerOptions } from './server.ts'

export interface Suite {
  readonly name: string
  /** Whether continuous integration runs it; the others run with `--all` or by name. */
  readonly core: boolean
  /** The run may take this long, without `prepare`; a budget that is exceeded fails the suite. */
  readonly budgetSeconds: number
  /** Brings what the suite needs. Throws `Unavailable` where it cannot be had here, which is no failure. */
  prepare?(): Promise<void>
  run(context: SuiteContext): Promise<void>
}

export interface SuiteContext {
  /** `core` should stay within the budget of continuous integration; `all` leaves nothing out. */
  readonly scope: 'core' | 'all'
  /** A folder of its own, empty at first and removed afterwards. */
  readonly directory: string
  /** Aborted when the budget is spent. */
  readonly signal: AbortSignal
  /** A fresh server: ours, or with `--against apache` Apache Kafka, which shows whether the suite itself is right. */
  readonly startServer: (options?: ServerOptions) => Promise<Server>
  /**
   * One case. It fails when `body` throws, and the next one goes on; what `body` returns is printed beside its name.
   * The name is a sentence that is true when it passes.
   */
  readonly check: (name: string, body: () => Promise<string | void>) => Promise<void>
  /** A case that is known not to hold: listed in the compatibility table with its reason, and no failure. */
  readonly gap: (name: string, reason: string) => void
}

/** The suite's means cannot be had on this machine: no network, no package for the platform, no rights to install. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}
