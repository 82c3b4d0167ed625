/**
 * A record that cannot be replayed: of an unknown type or version, or contradicting the state it meets. It is in the
 * log for good, so nothing right can be built past it: whoever meets it stops publishing and writes no snapshot.
 */
export class MetadataFault extends Error {
  override readonly name = 'MetadataFault'
  /** Where it is in the log, when that is known. */
  readonly offset: number | undefined

  constructor(message: string, { offset, cause }: { offset?: number; cause?: unknown } = {}) {
    super(offset === undefined ? message : `metadata record at offset ${offset}: ${message}`, { cause })
    this.offset = offset
  }
}
