/** What a command says to its user: results to standard output, what went wrong to standard error. */
export interface Output {
  line(text: string): void
  error(text: string): void
}

/** @param write - takes text with its line feed. */
export function outputTo(write: {
  readonly out: (text: string) => void
  readonly error: (text: string) => void
}): Output {
  return { line: (text) => write.out(`${text}\n`), error: (text) => write.error(`${text}\n`) }
}
