/** What was thrown may be anything; what is logged or handed on is an `Error`: itself where it is one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
