/**
 * Bytes that do not unpack. `corrupt`: they are not what the codec wants, or break the rules Kafka's readers have for
 * it. `tooLarge`: they would unpack to more than was allowed; nothing was unpacked, or not more than that.
 */

import type { CompressionType } from './record-batch.ts'

export class CompressionError extends Error {
  override readonly name = 'CompressionError'
  readonly compression: CompressionType
  readonly problem: 'corrupt' | 'tooLarge'

  constructor(compression: CompressionType, problem: 'corrupt' | 'tooLarge', detail: string, options?: ErrorOptions) {
    super(`${compression}: ${detail}`, options)
    this.compression = compression
    this.problem = problem
  }
}
