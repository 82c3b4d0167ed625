/**
 * Our own mistakes, told apart from everything else that can go wrong. An `InvariantViolation` is caught only at the
 * top, which stops the partition or the process; it never stands for bad input, a full disk or a lost connection.
 */

export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation'
}

/** Throws an `InvariantViolation` unless `condition` is truthy. `message` says what must hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message)
}

/** Ends a `switch` over a union: a case that was forgotten does not compile, one that slips in throws. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`unreachable: ${describe(value)}`)
}

function describe(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : typeof value
}
