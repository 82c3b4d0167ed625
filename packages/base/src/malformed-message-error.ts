/**
 * Bytes from outside that do not say what they should: too short, a length that cannot be, a bad varint.
 * The only error a reader throws. Whoever reads answers it by dropping the sender or the data, never by trying again.
 */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError'
}
