/**
 * What a partition remembers of its producers (KIP-98, KIP-360, KIP-890): who may append with which epoch and sequence,
 * which batch is a retry of one that is there, which transactions are open.
 *
 * `check` judges a batch and changes nothing; `apply` is called with every batch that is in the log, when it is
 * written and when it is replayed. The state is that of the log up to `endOffset`. It is derived: snapshots only save
 * reading the log again, from the newest snapshot on. Unlike Apache Kafka a restart forgets none of the five batches.
 *
 * Source: broker.md §7.1 and Apache Kafka’s behaviour, warts included: an epoch may fall by replication; control
 * batches without records change nothing.
 */

import {
  attributesAt,
  baseOffsetAt,
  isControl,
  isTransactional,
  lastOffsetAt,
  lastOffsetDeltaAt,
  lastSequenceAt,
  maxTimestampAt,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
} from '@gregor/protocol'
import { type CompletedTransaction, OpenTransactions } from './open-transactions.ts'
import {
  type KnownProducers,
  type ProducerAppend,
  type ProducerCheck,
  checkProducer,
  readMarker,
} from './producer-check.ts'
import { type ProducerFilesOptions, ProducerSnapshotFiles } from './producer-snapshot-files.ts'
import { encodeSnapshot } from './producer-snapshot.ts'
import { ProducerTable } from './producer-table.ts'
import type { StoredHeader } from './stored-batch.ts'
import { NO_GUARD, TransactionVerification } from './transaction-verification.ts'

export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** -1: no batch of this epoch yet. */
  readonly lastSequence: number
  readonly lastTimestampMs: number
  /** -1: none. */
  readonly coordinatorEpoch: number
  /** -1: none is open. */
  readonly currentTransactionStartOffset: number
}

/** Both may change while the partition is open. */
export interface ProducerConfig {
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: number
  /** `transaction.partition.verification.enable`: a transaction’s first batch needs a guard. */
  readonly isVerifying: boolean
}

/** Of a batch, as far as its header was read. */
interface DataBatch {
  readonly producerId: number
  readonly lastOffset: number
  readonly timestampMs: number
  readonly attributes: number
}

export class ProducerState {
  readonly verification = new TransactionVerification()
  readonly #files: ProducerSnapshotFiles
  readonly #transactions = new OpenTransactions()
  #config: ProducerConfig
  #known: KnownProducers
  #endOffset = 0
  /** Of the newest snapshot; the log start where there is none. */
  #snapshotOffset = 0

  /** Empty, at offset 0, until `truncateAndReload`. @throws DiskError */
  constructor(options: ProducerFilesOptions & ProducerConfig) {
    this.#files = new ProducerSnapshotFiles(options)
    this.#config = options
    this.#known = this.#knownWith(new ProducerTable())
  }

  updateConfig(config: ProducerConfig): void {
    this.#config = config
    this.#known = this.#knownWith(this.#table)
  }

  // ---------------------------------------------------------------------------------------------------- questions

  /** The state is that of the log up to here, exclusive. */
  get endOffset(): number {
    return this.#endOffset
  }

  get producerCount(): number {
    return this.#table.size
  }

  get openTransactionCount(): number {
    return this.#transactions.undecidedCount
  }

  get isEmpty(): boolean {
    return this.#table.size === 0 && this.#transactions.isEmpty
  }

  /** Bounds the last stable offset: of the oldest transaction that is open, or whose marker is not on every replica. */
  get firstUnstableOffset(): number | undefined {
    return this.#transactions.firstUnstableOffset
  }

  /** Of the oldest transaction that has no marker: compaction leaves everything from here on alone. */
  get firstUndecidedOffset(): number | undefined {
    return this.#transactions.firstUndecidedOffset
  }

  /** When the producer of the oldest open transaction last wrote; `undefined`: none is open. For finding hanging ones. */
  get oldestTransactionTimestampMs(): number | undefined {
    const producerId = this.#transactions.firstUndecidedProducerId
    if (producerId === undefined) return undefined
    const row = this.#table.find(producerId)
    return row < 0 ? undefined : this.#table.lastTimestampMs(row)
  }

  hasOngoingTransaction(producerId: number, producerEpoch: number): boolean {
    const row = this.#table.find(producerId)
    return row >= 0 && this.#table.transactionStartOffset(row) >= 0 && this.#table.epoch(row) === producerEpoch
  }

  find(producerId: number): ActiveProducer | undefined {
    const row = this.#table.find(producerId)
    return row < 0 ? undefined : this.#producerOf(row)
  }

  *activeProducers(): Generator<ActiveProducer> {
    for (let row = 0; row < this.#table.size; row++) yield this.#producerOf(row)
  }

  /** Compaction keeps such a batch, emptied if need be: a producer’s last sequence must be found again in the log. */
  isLastBatchOfProducer(batch: Buffer, position = 0): boolean {
    const row = this.#table.find(producerIdAt(batch, position))
    if (row < 0) return false
    if (this.#table.batchCount(row) > 0) return this.#table.lastOffset(row) === lastOffsetAt(batch, position)
    return isControl(attributesAt(batch, position)) && producerEpochAt(batch, position) === this.#table.epoch(row)
  }

  // ---------------------------------------------------------------------------------------------------- appending

  /**
   * Begins to verify a transactional batch whose producer has no transaction open here, before the coordinator is
   * asked. Returns the guard to append with; 0 where none is needed, since the transaction is known to be open.
   */
  beginVerification(given: {
    readonly producerId: number
    readonly epoch: number
    readonly sequence: number
    readonly bumpsEpoch: boolean
    readonly nowMs: number
  }): { readonly error: 'NONE'; readonly guard: number } | { readonly error: 'INVALID_PRODUCER_EPOCH' } {
    const row = this.#table.find(given.producerId)
    if (row >= 0 && given.epoch < this.#table.epoch(row)) return { error: 'INVALID_PRODUCER_EPOCH' }
    if (this.hasOngoingTransaction(given.producerId, given.epoch)) return { error: 'NONE', guard: NO_GUARD }
    return { error: 'NONE', guard: this.verification.begin(given) }
  }

  /**
   * Whether a batch of a producer (its id is not -1) may be appended, or is there already. Its bytes have been
   * validated; its base offset need not be stamped. `transactionVersion` is that of the request that brought a marker.
   */
  check(batch: Buffer, position: number, append: ProducerAppend): ProducerCheck {
    return checkProducer(this.#known, batch, position, append)
  }

  /**
   * Takes in a batch that is in the log, its offsets stamped; those without a producer only move `endOffset`. Of a data
   * batch the header is enough, a control batch must be there whole. `header`: what of it was read already.
   * @returns the transaction that ended with it: an aborted one belongs into the transaction index.
   */
  apply(batch: Buffer, position = 0, header?: StoredHeader): CompletedTransaction | undefined {
    const lastOffset = header === undefined ? lastOffsetAt(batch, position) : header.lastOffset
    const producerId = header === undefined ? producerIdAt(batch, position) : header.producerId
    let completed: CompletedTransaction | undefined
    if (producerId >= 0) {
      const attributes = attributesAt(batch, position)
      const timestampMs = header === undefined ? maxTimestampAt(batch, position) : header.maxTimestamp
      if (!isControl(attributes)) this.#applyData({ producerId, lastOffset, timestampMs, attributes }, batch, position)
      else if (recordCountAt(batch, position) > 0) completed = this.#applyMarker(producerId, batch, position)
      if (isTransactional(attributes)) {
        this.verification.written(producerId, producerEpochAt(batch, position), isControl(attributes))
      }
    }
    this.#endOffset = lastOffset + 1
    return completed
  }

  /** The log goes on at `offset`, without batches in between. */
  advanceTo(offset: number): void {
    this.#endOffset = offset
  }

  /** What is decided below it counts as stable. */
  highWatermarkAdvanced(highWatermark: number): void {
    this.#transactions.forgetDecidedBelow(highWatermark)
  }

  /** Forgets producers that wrote nothing for `producerIdExpirationMs`, unless they have a transaction open. */
  removeExpired(nowMs: number): void {
    const lastMs = nowMs - this.#config.producerIdExpirationMs
    for (let row = this.#table.size - 1; row >= 0; row--) {
      if (this.#table.transactionStartOffset(row) < 0 && this.#table.lastTimestampMs(row) <= lastMs) {
        this.#table.remove(row)
      }
    }
    this.verification.removeStartedBefore(lastMs)
  }

  // ----------------------------------------------------------------------------------------- truncation, snapshots

  /** Ascending. */
  get snapshotOffsets(): readonly number[] {
    return this.#files.offsets
  }

  /**
   * The log reaches from `logStartOffset` to `logEndOffset` now. Drops the snapshots outside of it and, unless the
   * state is that of `logEndOffset`, goes back to the newest one left. Whoever calls applies the batches from
   * `endOffset` on, which is then the snapshot’s or the log start. @throws DiskError
   */
  truncateAndReload(given: {
    readonly logStartOffset: number
    readonly logEndOffset: number
    readonly nowMs: number
    /**
     * The power may have been cut: snapshots that may have lost a part
     * are used only where the whole log is too long to be read instead.
     */
    readonly powerCut?: { readonly isLogTooLong: boolean } | undefined
  }): void {
    const { logStartOffset, logEndOffset, nowMs, powerCut } = given
    this.#files.removeWhere((offset) => offset > logEndOffset || offset < logStartOffset)
    if (logEndOffset === this.#endOffset) {
      this.logStartAdvanced(logStartOffset)
      return
    }
    this.#transactions.clear()
    const lastMs = nowMs - this.#config.producerIdExpirationMs
    const keeps: Parameters<ProducerSnapshotFiles['readNewest']>[0] = (producer) =>
      producer.isInTransaction || producer.lastTimestampMs > lastMs
    let loaded = this.#files.readNewest(keeps, { isWhole: powerCut !== undefined })
    if (powerCut?.isLogTooLong === true) loaded ??= this.#files.readNewest(keeps)
    this.#known = this.#knownWith(loaded?.table ?? new ProducerTable())
    this.#endOffset = loaded?.offset ?? logStartOffset
    this.#snapshotOffset = this.#endOffset
    this.#resumeTransactions()
  }

  /** Everything is forgotten and the log begins anew at `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    this.#table.clear()
    this.#transactions.clear()
    this.#files.removeWhere(() => true)
    this.#endOffset = offset
    this.#snapshotOffset = 0
  }

  /** The log begins at `offset` now. Producers stay known, although what they wrote is gone. */
  logStartAdvanced(offset: number): void {
    this.#transactions.forgetDecidedBelow(offset)
    this.#endOffset = Math.max(this.#endOffset, offset)
    this.#snapshotOffset = this.#files.offsets.at(-1) ?? offset
  }

  /**
   * Writes a snapshot at `endOffset` to the page cache, unless the newest one is of this offset. For rolls, where
   * `endOffset` is the new segment’s base, and for shutdown. Durable after `flush`. @throws DiskError
   */
  takeSnapshot(): void {
    if (this.#endOffset <= this.#snapshotOffset) return
    this.#files.write(this.#endOffset, encodeSnapshot(this.#table))
    this.#snapshotOffset = this.#endOffset
  }

  /** Makes the snapshots taken so far durable; their names are with the next sync of the directory. @throws DiskError */
  flush(): Promise<void> {
    return this.#files.sync()
  }

  /** Of a segment that is deleted. */
  removeSnapshot(segmentBaseOffset: number): void {
    this.#files.remove(segmentBaseOffset)
  }

  /** At opening: keeps those where a segment begins, and the newest when it is behind all of these (ascending). */
  removeStraySnapshots(segmentBaseOffsets: readonly number[]): void {
    this.#files.removeStrays(segmentBaseOffsets)
  }

  /** The partition’s directory was renamed. */
  moveTo(directory: string): void {
    this.#files.moveTo(directory)
  }

  // ------------------------------------------------------------------------------------------------------ internal

  get #table(): ProducerTable {
    return this.#known.table
  }

  #knownWith(table: ProducerTable): KnownProducers {
    return { table, verification: this.verification, isVerifying: this.#config.isVerifying }
  }

  #producerOf(row: number): ActiveProducer {
    const table = this.#table
    return {
      producerId: table.producerId(row),
      producerEpoch: table.epoch(row),
      lastSequence: table.lastSequence(row),
      lastTimestampMs: table.lastTimestampMs(row),
      coordinatorEpoch: table.coordinatorEpoch(row),
      currentTransactionStartOffset: table.transactionStartOffset(row),
    }
  }

  /** A log is replayed by the million batches: nothing here makes an object. */
  #applyData({ producerId, lastOffset, timestampMs, attributes }: DataBatch, batch: Buffer, position: number): void {
    const table = this.#table
    const row = this.#rowOf(producerId)
    table.setEpoch(row, producerEpochAt(batch, position))
    const offsetDelta = lastOffsetDeltaAt(batch, position)
    table.addBatch(row, { lastSequence: lastSequenceAt(batch, position), lastOffset, offsetDelta, timestampMs })
    table.setLastTimestampMs(row, timestampMs)
    if (isTransactional(attributes) && table.transactionStartOffset(row) < 0) {
      const firstOffset = baseOffsetAt(batch, position)
      table.setTransactionStartOffset(row, firstOffset)
      this.#transactions.begin(producerId, firstOffset)
    }
  }

  #applyMarker(producerId: number, batch: Buffer, position: number): CompletedTransaction | undefined {
    const table = this.#table
    const row = this.#rowOf(producerId)
    const { isAborted, coordinatorEpoch } = readMarker(batch, position)
    const firstOffset = table.transactionStartOffset(row)
    const lastOffset = baseOffsetAt(batch, position)
    table.setEpoch(row, producerEpochAt(batch, position))
    table.setCoordinatorEpoch(row, coordinatorEpoch)
    table.setLastTimestampMs(row, maxTimestampAt(batch, position))
    table.setTransactionStartOffset(row, -1)
    if (firstOffset < 0) return undefined
    const lastStableOffset = this.#transactions.complete(firstOffset, lastOffset)
    return { producerId, firstOffset, lastOffset, isAborted, lastStableOffset }
  }

  #rowOf(producerId: number): number {
    const row = this.#table.find(producerId)
    return row < 0 ? this.#table.add(producerId) : row
  }

  #resumeTransactions(): void {
    const open: { readonly producerId: number; readonly firstOffset: number }[] = []
    for (let row = 0; row < this.#table.size; row++) {
      const firstOffset = this.#table.transactionStartOffset(row)
      if (firstOffset >= 0) open.push({ producerId: this.#table.producerId(row), firstOffset })
    }
    open.sort((a, b) => a.firstOffset - b.firstOffset)
    for (const { producerId, firstOffset } of open) this.#transactions.begin(producerId, firstOffset)
  }
}
