/**
 * What can go wrong between a machine and whoever asked it: operational errors, thrown and typed. None of them is a
 * protocol outcome; the shell around the host knows which one its clients understand.
 */

/**
 * `standby`, `closed`, `overloaded`: the event was not decided; elsewhere, or later, it may be.
 * `failed`: it was decided and its records may or may not be committed.
 */
export type HostErrorReason = 'standby' | 'closed' | 'overloaded' | 'failed'

export class HostError extends Error {
  override readonly name = 'HostError'
  readonly reason: HostErrorReason

  constructor(reason: HostErrorReason, cause?: unknown) {
    super(`the machine’s host: ${reason}`, { cause })
    this.reason = reason
  }
}

/**
 * Nothing was appended: this batch is not what the log takes, such as one of a producer that is fenced. The event that
 * decided it fails alone; only a machine whose `handle` changed nothing for it may go on, so a log throws it for
 * batches that were decided in somebody else’s name.
 */
export class BatchRefusedError extends Error {
  override readonly name: string = 'BatchRefusedError'
}

/** Nothing was appended: a batch cannot take this much. `size` and `sizeMax` are both of records, or both of bytes. */
export class BatchTooLargeError extends Error {
  override readonly name = 'BatchTooLargeError'

  constructor({ size, sizeMax, unit }: { size: number; sizeMax: number; unit: 'records' | 'bytes' }) {
    super(`a batch of ${size} ${unit} is more than the ${sizeMax} allowed`)
  }
}
