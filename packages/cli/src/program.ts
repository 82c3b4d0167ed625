/** The process a command runs in, passed in: only `main.ts` has the real one. */
import type { ConnectOptions, Kafka } from '@gregor/client'
import type { Environment, Metrics } from '@gregor/platform'
import type { Input, Output } from './output.ts'

export interface Program {
  readonly out: Output
  readonly input: Input
  /** The world for what the command starts; log lines go to standard output. */
  readonly environment: Environment
  /**
   * A client of a cluster, which connects when it is first used. Properties that no client knows are left out, with a
   * warning. To be closed with `await using`.
   * @throws ConfigError
   */
  readonly connect: (options: ConnectOptions) => Promise<Kafka>
  /** Relative paths begin here. */
  readonly workingDirectory: string
  /** An environment variable; `undefined` where it is not set. */
  readonly variable: (name: string) => string | undefined
  /** `v24.20.0` */
  readonly nodeVersion: string
  /** `environment.clock.monotonicMs()` when the process was started. */
  readonly startedMs: number
  /** Adds what the process uses to the metrics, until the returned function is called. */
  readonly exposeProcess: (metrics: Metrics) => () => void
  /**
   * Aborted by the first signal that asks the process to end, with its name as the reason. From the first call on
   * signals do not end the process by themselves: whoever calls ends in order.
   */
  readonly ending: () => AbortSignal
}
