/**
 * Lines that others can make us write as often as they like: of each message the first few in a while are written, then
 * it is counted, and how many more there were is said once the while is over.
 */
import type { Clock, LogFields, Logger } from './environment.ts'

export interface RationedLogOptions {
  readonly logger: Pick<Logger, 'info'>
  readonly clock: Pick<Clock, 'schedule'>
  /** Lines of one message that are written in one while. Default: 10. */
  readonly linesMax?: number
  /** Default: 10 s. */
  readonly whileMs?: number
}

export class RationedLog {
  readonly #logger: Pick<Logger, 'info'>
  readonly #clock: Pick<Clock, 'schedule'>
  readonly #linesMax: number
  readonly #whileMs: number
  /** How often each message was there in the while that is not over. */
  readonly #counts = new Map<string, number>()

  constructor({ logger, clock, linesMax = 10, whileMs = 10_000 }: RationedLogOptions) {
    this.#logger = logger
    this.#clock = clock
    this.#linesMax = linesMax
    this.#whileMs = whileMs
  }

  /** @param message - one of a few: what differs belongs into the fields. */
  info(message: string, fields?: LogFields): void {
    const before = this.#counts.get(message)
    if (before === undefined) this.#clock.schedule(this.#whileMs, () => this.#sum(message))
    const count = (before ?? 0) + 1
    this.#counts.set(message, count)
    if (count <= this.#linesMax) this.#logger.info(message, fields)
  }

  #sum(message: string): void {
    const more = (this.#counts.get(message) ?? 0) - this.#linesMax
    this.#counts.delete(message)
    if (more > 0) this.#logger.info(message, { more, lastMs: this.#whileMs })
  }
}
