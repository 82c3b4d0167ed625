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

/** Nothing was appended: a batch cannot take this much. `size` and `sizeMax` are both of records, or both of bytes. */
export class BatchTooLargeError extends Error {
  override readonly name = 'BatchTooLargeError'

  constructor({ size, sizeMax, unit }: { size: number; sizeMax: number; unit: 'records' | 'bytes' }) {
    super(`a batch of ${size} ${unit} is more than the ${sizeMax} allowed`)
  }
}
