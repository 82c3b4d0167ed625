/**
 * What compaction knows of transactions as it walks a log from its start: which batches were aborted, and which markers
 * may go because nothing of their transaction is left in front of them.
 *
 * A marker outlives the records it decides. For an abort that is the point: without it a reader of committed records
 * would take what is left for undecided; so its entry goes into the new segment’s transaction index, too.
 */

import { PriorityQueue } from '@gregor/base'
import {
  RecordCursor,
  attributesAt,
  controlRecordTypeOf,
  isTransactional,
  lastOffsetAt,
  producerIdAt,
  recordCountAt,
} from '@gregor/protocol'
import type { AbortedTransaction } from './transaction-index.ts'

const MARKER_BYTES_MAX = 1024

interface OngoingAbort {
  readonly transaction: AbortedTransaction
  hasBatches: boolean
}

export class CleanedTransactions {
  /** Not reached yet, by first offset. */
  readonly #aborts = new PriorityQueue<AbortedTransaction>((a, b) => a.firstOffset - b.firstOffset)
  /** By producer id. */
  readonly #ongoingAborts = new Map<number, OngoingAbort>()
  /** Producer ids. */
  readonly #ongoingCommits = new Set<number>()
  readonly #cursor = new RecordCursor()
  #retained: AbortedTransaction[] = []

  /** Known aborted transactions that overlap what is walked next; one may be added again. */
  add(aborted: readonly AbortedTransaction[]): void {
    for (const transaction of aborted) this.#aborts.push(transaction)
  }

  /** The next batch, with records. True: its transaction was aborted, so they may go. */
  isAborted(batch: Buffer, position: number): boolean {
    this.#reach(lastOffsetAt(batch, position))
    if (!isTransactional(attributesAt(batch, position))) return false
    const producerId = producerIdAt(batch, position)
    const abort = this.#ongoingAborts.get(producerId)
    if (abort === undefined) {
      this.#ongoingCommits.add(producerId)
      return false
    }
    abort.hasBatches = true
    return true
  }

  /** The next control batch. True: nothing of its transaction is left, so it may go once its delete horizon is past. */
  isEmptied(batch: Buffer, position: number): boolean {
    this.#reach(lastOffsetAt(batch, position))
    if (recordCountAt(batch, position) === 0) return true
    this.#cursor.resetToBatch(batch, position, MARKER_BYTES_MAX)
    this.#cursor.next()
    const producerId = producerIdAt(batch, position)
    switch (controlRecordTypeOf(this.#cursor.key())) {
      case 'Abort': {
        const abort = this.#ongoingAborts.get(producerId)
        this.#ongoingAborts.delete(producerId)
        if (abort === undefined || !abort.hasBatches) return true
        this.#retained.push(abort.transaction)
        return false
      }
      case 'Commit':
        return !this.#ongoingCommits.delete(producerId)
      default:
        return false
    }
  }

  /** The aborted transactions whose marker stays, since the last call: for the transaction index. */
  takeRetained(): readonly AbortedTransaction[] {
    const retained = this.#retained
    this.#retained = []
    return retained
  }

  #reach(offset: number): void {
    for (;;) {
      const next = this.#aborts.peek()
      if (next === undefined || next.firstOffset > offset) return
      this.#aborts.pop()
      if (!this.#ongoingAborts.has(next.producerId)) {
        this.#ongoingAborts.set(next.producerId, { transaction: next, hasBatches: false })
      }
    }
  }
}
