/**
 * What a partition knows of its producers, in rows of one block of memory: 152 bytes each, so that a hundred thousand
 * idempotent producers cost 15 MB and no garbage. Rows are dense; removing one moves the last into its place, so a
 * row number is good only until the next `remove`.
 *
 * A row: id, epoch, coordinator epoch, last timestamp, first offset of the open transaction, and up to five batches,
 * oldest first. It holds data and knows no rule: those are in `producer-state`.
 */

/** As many as a producer may have in flight; so a retry of any of them is recognised. */
export const BATCHES_KEPT = 5

export interface ProducerBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  /** Last minus first offset, which is also last minus first sequence. */
  readonly offsetDelta: number
  readonly timestampMs: number
}

const ID = 0
const LAST_TIMESTAMP = 8
const TRANSACTION_START = 16
const COORDINATOR_EPOCH = 24
const EPOCH = 28
const BATCH_COUNT = 30
/** Which of the places for batches the oldest is in: they are a ring. */
const FIRST_BATCH = 31
const BATCHES = 32
const BATCH_BYTES = 24
const ROW_BYTES = BATCHES + BATCHES_KEPT * BATCH_BYTES
// Within a batch.
const LAST_OFFSET = 0
const TIMESTAMP = 8
const LAST_SEQUENCE = 16
const OFFSET_DELTA = 20

const FIRST_CAPACITY = 2
const SEQUENCE_COUNT = 0x8000_0000

export class ProducerTable {
  readonly #rows = new Map<number, number>()
  #bytes = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)

  get size(): number {
    return this.#rows.size
  }

  /** -1: unknown. */
  find(producerId: number): number {
    return this.#rows.get(producerId) ?? -1
  }

  /** A row of an id that is not there: no epoch, no batches, no transaction. */
  add(producerId: number): number {
    const row = this.#rows.size
    if ((row + 1) * ROW_BYTES > this.#bytes.length) this.#grow()
    this.#rows.set(producerId, row)
    const at = row * ROW_BYTES
    this.#view.setFloat64(at + ID, producerId, true)
    this.#view.setFloat64(at + LAST_TIMESTAMP, -1, true)
    this.#view.setFloat64(at + TRANSACTION_START, -1, true)
    this.#view.setInt32(at + COORDINATOR_EPOCH, -1, true)
    this.#view.setInt16(at + EPOCH, -1, true)
    this.#view.setUint8(at + BATCH_COUNT, 0)
    this.#view.setUint8(at + FIRST_BATCH, 0)
    return row
  }

  remove(row: number): void {
    const lastRow = this.#rows.size - 1
    this.#rows.delete(this.producerId(row))
    if (row === lastRow) return
    this.#rows.set(this.producerId(lastRow), row)
    this.#bytes.copyWithin(row * ROW_BYTES, lastRow * ROW_BYTES, (lastRow + 1) * ROW_BYTES)
  }

  clear(): void {
    this.#rows.clear()
    this.#bytes = new Uint8Array(0)
    this.#view = new DataView(this.#bytes.buffer)
  }

  producerId(row: number): number {
    return this.#view.getFloat64(row * ROW_BYTES + ID, true)
  }

  /** -1: none yet. */
  epoch(row: number): number {
    return this.#view.getInt16(row * ROW_BYTES + EPOCH, true)
  }

  /** Another epoch than the one before forgets the batches. */
  setEpoch(row: number, epoch: number): void {
    if (epoch === this.epoch(row)) return
    this.#view.setInt16(row * ROW_BYTES + EPOCH, epoch, true)
    this.#view.setUint8(row * ROW_BYTES + BATCH_COUNT, 0)
  }

  /** -1: no marker yet. */
  coordinatorEpoch(row: number): number {
    return this.#view.getInt32(row * ROW_BYTES + COORDINATOR_EPOCH, true)
  }

  setCoordinatorEpoch(row: number, epoch: number): void {
    this.#view.setInt32(row * ROW_BYTES + COORDINATOR_EPOCH, epoch, true)
  }

  /** Of the newest batch or marker. */
  lastTimestampMs(row: number): number {
    return this.#view.getFloat64(row * ROW_BYTES + LAST_TIMESTAMP, true)
  }

  setLastTimestampMs(row: number, timestampMs: number): void {
    this.#view.setFloat64(row * ROW_BYTES + LAST_TIMESTAMP, timestampMs, true)
  }

  /** First offset of the open transaction; -1: none is open. */
  transactionStartOffset(row: number): number {
    return this.#view.getFloat64(row * ROW_BYTES + TRANSACTION_START, true)
  }

  setTransactionStartOffset(row: number, offset: number): void {
    this.#view.setFloat64(row * ROW_BYTES + TRANSACTION_START, offset, true)
  }

  batchCount(row: number): number {
    return this.#view.getUint8(row * ROW_BYTES + BATCH_COUNT)
  }

  /** `index` 0 is the oldest of `batchCount`. */
  batch(row: number, index: number): ProducerBatch {
    const at = this.#placeOf(row, index)
    return {
      lastSequence: this.#view.getInt32(at + LAST_SEQUENCE, true),
      lastOffset: this.#view.getFloat64(at + LAST_OFFSET, true),
      offsetDelta: this.#view.getInt32(at + OFFSET_DELTA, true),
      timestampMs: this.#view.getFloat64(at + TIMESTAMP, true),
    }
  }

  /** Of the newest batch; -1: none. */
  lastSequence(row: number): number {
    const count = this.batchCount(row)
    if (count === 0) return -1
    return this.#view.getInt32(this.#placeOf(row, count - 1) + LAST_SEQUENCE, true)
  }

  /** Of the newest batch; -1: none. */
  lastOffset(row: number): number {
    const count = this.batchCount(row)
    if (count === 0) return -1
    return this.#view.getFloat64(this.#placeOf(row, count - 1) + LAST_OFFSET, true)
  }

  /** The oldest goes where five are there. */
  addBatch(row: number, batch: ProducerBatch): void {
    const count = this.batchCount(row)
    // Behind the newest; with five there it is the place of the oldest.
    const at = this.#placeOf(row, count)
    if (count < BATCHES_KEPT) this.#view.setUint8(row * ROW_BYTES + BATCH_COUNT, count + 1)
    else this.#view.setUint8(row * ROW_BYTES + FIRST_BATCH, this.#slotOf(row, 1))
    this.#view.setFloat64(at + LAST_OFFSET, batch.lastOffset, true)
    this.#view.setFloat64(at + TIMESTAMP, batch.timestampMs, true)
    this.#view.setInt32(at + LAST_SEQUENCE, batch.lastSequence, true)
    this.#view.setInt32(at + OFFSET_DELTA, batch.offsetDelta, true)
  }

  /** The index of the batch with exactly these sequences; -1: none. */
  findBatch(row: number, firstSequence: number, lastSequence: number): number {
    for (let index = 0; index < this.batchCount(row); index++) {
      const at = this.#placeOf(row, index)
      const last = this.#view.getInt32(at + LAST_SEQUENCE, true)
      const first = firstSequenceOf(last, this.#view.getInt32(at + OFFSET_DELTA, true))
      if (last === lastSequence && first === firstSequence) return index
    }
    return -1
  }

  /** `index` counts from the oldest batch on. */
  #slotOf(row: number, index: number): number {
    const slot = this.#view.getUint8(row * ROW_BYTES + FIRST_BATCH) + index
    return slot < BATCHES_KEPT ? slot : slot - BATCHES_KEPT
  }

  #placeOf(row: number, index: number): number {
    return row * ROW_BYTES + BATCHES + this.#slotOf(row, index) * BATCH_BYTES
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, this.#rows.size * 2)
    const bytes = new Uint8Array(capacity * ROW_BYTES)
    bytes.set(this.#bytes)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

/** Sequences go on at 0 after 2^31 - 1. */
function firstSequenceOf(lastSequence: number, offsetDelta: number): number {
  return lastSequence >= offsetDelta ? lastSequence - offsetDelta : lastSequence - offsetDelta + SEQUENCE_COUNT
}
