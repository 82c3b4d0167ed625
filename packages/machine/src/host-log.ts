/**
 * The log below a host, as little of it as a host needs: a partition of an internal topic, or the metadata log.
 * What is appended is seen by nobody else until it is committed.
 */
import type { BatchProducer } from './machine.ts'

export interface HostLog<LogRecord> {
  /** The offset that the next record will get: behind all that was appended, also where a batch is still gathered. */
  readonly endOffset: number
  /** All below is committed. Never goes back; whoever moves it tells the host by `committed`. */
  readonly committedOffset: number
  readonly epoch: number
  /**
   * Appends these records, synchronously: all of them or none will be there after a crash. A log may gather what is
   * appended one after the other into one batch, whose writing it sees to itself; the offsets are certain at once.
   * Durability comes later, as a move of `committedOffset`, or as a failure, that of writing among them.
   * @throws BatchTooLargeError where nothing was appended and a smaller batch may be, BatchRefusedError where nothing
   *   was and the next batch may be. Anything else thrown counts as a failed append.
   */
  append(batch: HostBatch<LogRecord>): { readonly baseOffset: number; readonly lastOffset: number }
}

export interface HostBatch<LogRecord> {
  readonly records: readonly LogRecord[]
  readonly producer?: BatchProducer
}
