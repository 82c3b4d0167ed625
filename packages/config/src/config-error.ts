/**
 * A mistake in what the user configured. Every message names the key, its value (hidden where it is a secret), what
 * is allowed and, where that is not the same, what to do. All mistakes of one file are reported at once.
 */

/** One thing that is wrong. `key` and `value` are missing where the fault lies between several keys. */
export interface ConfigProblem {
  readonly key?: string
  /** Never the text of a password. */
  readonly value?: string
  readonly message: string
}

/** Thrown at start, never over the wire: there the problems are protocol outcomes. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => problem.message).join('\n'))
    this.problems = problems
  }
}
