/**
 * One SASL exchange as the client sees it: tokens out, tokens in, no I/O. A mechanism makes one of these for each
 * connection, and again for each renewal.
 */

export interface SaslExchange {
  /** What is sent first. */
  readonly first: Buffer
  /**
   * Takes the server's next token.
   *
   * @returns what is sent for it; `undefined` where there is nothing more to say.
   * @throws SaslError where the server does not prove who it is, or breaks the rules.
   */
  next(challenge: Buffer): Buffer | undefined
  /** Whether the server has said all that it has to: else its success is none. */
  readonly isDone: boolean
}

/** The other side is not who it has to be, or does not follow the mechanism. Final. */
export class SaslError extends Error {
  override readonly name = 'SaslError'
}
