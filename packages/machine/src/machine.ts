/**
 * The contract of a machine: what must be right under reordering, loss and crash. A machine decides; it does no I/O,
 * reads no clock and waits for nothing. `Host` runs one over a log and does what it decided.
 *
 * Invariant: logged state changes in `apply` only, so that a machine rebuilt from its log equals the one that wrote
 * it. What is not logged (sessions, who waits for whom) may change in `handle`, or in a decision's `afterwards` where it
 * belongs to what is logged with it; it is lost when the machine is.
 */
import type { Random } from '@gregor/platform'

export interface Machine<Event, LogRecord, Reply, Effect> {
  /** Decides. Synchronous and deterministic: no clock, no I/O; what is logged it only reads. */
  handle(event: Event, given: Given): Decision<LogRecord, Reply, Effect>
  /** The only way logged state changes: for a record just written and, alike, for one replayed at start. */
  apply(record: LogRecord, offset: number): void
}

/** A machine that can go back to an earlier state, and so need not be rebuilt when uncommitted records are lost. */
export interface RevertibleMachine<Event, LogRecord, Reply, Effect> extends Machine<Event, LogRecord, Reply, Effect> {
  /** Remembers the present state as the one before `offset` is applied. Offsets of marks only grow. */
  mark(offset: number): void
  /** Goes back to the latest mark at or below `offset` and forgets the later ones. */
  rollbackTo(offset: number): void
  /** What is below `offset` is committed: older marks are not needed, but for the latest at or below it. */
  forgetMarksBelow(offset: number): void
}

/** What a decision may depend on besides state and event. */
export interface Given {
  /** Wall clock, for what is stored and shown. May jump. */
  readonly nowMs: number
  /** Never goes back, for sessions and timeouts. */
  readonly monotonicMs: number
  readonly random: Random
  /** The leader epoch of the log under which the decision's records will be written. */
  readonly epoch: number
  /** The offset that the decision's first record will get. */
  readonly nextOffset: number
}

export interface Decision<LogRecord, Reply, Effect = never> {
  /** In order; written as one batch and applied at once. */
  readonly records: readonly LogRecord[]
  readonly reply: Reply
  readonly effects: readonly Effect[]
  /** Stamped on the batch where it belongs to a transaction. */
  readonly producer?: BatchProducer
  /** Where the records do not fit one batch. Left out: the caller gets the log's error. Nothing is written either way. */
  readonly tooLarge?: TooLarge<Reply>
  /**
   * Changes what is not logged, once the records are written and applied: never where they were refused. Given the
   * offset of the last of them, or the last that there was before.
   */
  readonly afterwards?: ((lastOffset: number) => void) | undefined
}

/** `split`: several batches will do, a crash between them is harmless. `refuse`: this reply instead of the decision. */
export type TooLarge<Reply> = { readonly action: 'split' } | { readonly action: 'refuse'; readonly reply: Reply }

export interface BatchProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** From the log, which gave it out before the producer’s transaction was verified (KIP-890). Not stored. */
  readonly guard?: number | undefined
}

/** A decision in one line: `decide('NONE', { records })`. */
export function decide<Reply, LogRecord = never, Effect = never>(
  reply: Reply,
  more: Partial<Omit<Decision<LogRecord, Reply, Effect>, 'reply'>> = {},
): Decision<LogRecord, Reply, Effect> {
  return { records: [], effects: [], ...more, reply }
}
