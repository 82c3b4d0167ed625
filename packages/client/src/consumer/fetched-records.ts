/**
 * What a Fetch brought of one partition, handed out in portions: walks over the batches, checks them, leaves out control
 * records and, for `read_committed`, what was aborted (KIP-98), and makes one object for each record.
 *
 * Invariant: `nextOffset` only grows, and everything of the log before it was handed out or is not for the reader.
 */
import { CorruptRecordError } from '../errors.ts'
import { MalformedMessageError } from '@gregor/base'
import {
  BATCH_HEADER_BYTES,
  CURRENT_MAGIC,
  CompressionError,
  LOG_OVERHEAD_BYTES,
  RecordCursor,
  attributesAt,
  baseOffsetAt,
  baseTimestampAt,
  batchFromLegacyMessage,
  batchSizeAt,
  checkBatch,
  checkLegacyMessage,
  controlRecordTypeOf,
  isControl,
  isTransactional,
  lastOffsetAt,
  magicAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerIdAt,
  timestampTypeOf,
} from '@gregor/protocol'
import { ConsumerRecord, type Deserializers, type RecordSource } from './consumer-record.ts'

export interface FetchedRecordsOptions<K, V> {
  readonly topic: string
  readonly partition: number
  /** What was asked for: the first batch may begin before it. */
  readonly fetchOffset: number
  /** As the answer has them; may end within a batch. */
  readonly records: Buffer
  /** For `read_committed`; `undefined`: everything is handed out. */
  readonly abortedTransactions: readonly AbortedTransaction[] | undefined
  readonly checkCrcs: boolean
  readonly deserializers: Deserializers<K, V>
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** What a batch may unpack to. */
const unpackedBytesMax = 2 ** 30

export class FetchedRecords<K = Buffer | null, V = Buffer | null> {
  readonly #options: FetchedRecordsOptions<K, V>
  readonly #buffer: Buffer
  /** Behind the last whole batch. */
  readonly #end: number
  readonly #cursor = new RecordCursor()
  #position = 0
  #nextOffset: number
  #source: RecordSource | undefined
  /** Of the batch that the cursor is in. */
  #batchEndOffset = 0
  #leaderEpoch = -1
  readonly #aborted: AbortedTransaction[]
  readonly #abortedProducers = new Set<number>()
  /** Behind the last whole batch: what is to be fetched next. */
  readonly endOffset: number
  /** Of the last whole batch; -1: unknown. */
  readonly endLeaderEpoch: number

  constructor(options: FetchedRecordsOptions<K, V>) {
    this.#options = options
    this.#buffer = options.records
    this.#nextOffset = options.fetchOffset
    this.#aborted = (options.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset)
    const { end, endOffset, endLeaderEpoch } = wholeBatches(options.records, options.fetchOffset)
    this.#end = end
    this.endOffset = endOffset
    this.endLeaderEpoch = endLeaderEpoch
  }

  /** Of the batches that are whole. */
  get byteCount(): number {
    return this.#end
  }

  /** Where a reader that has everything handed out so far goes on. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Of the batch of the record handed out last; -1: unknown. */
  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  get isDone(): boolean {
    return this.#source === undefined && this.#position >= this.#end
  }

  /**
   * Adds up to `max` records to `into`, fewer only where there are no more.
   * @throws CorruptRecordError, with what came before it in `into`; again when asked again.
   */
  take(max: number, into: ConsumerRecord<K, V>[]): void {
    let left = max
    while (left > 0) {
      if (this.#source === undefined && !this.#openBatch()) return
      left -= this.#takeOfBatch(left, into)
    }
  }

  #takeOfBatch(max: number, into: ConsumerRecord<K, V>[]): number {
    const cursor = this.#cursor
    const source = this.#source
    if (source === undefined) return 0
    const skipBefore = this.#nextOffset
    let count = 0
    try {
      while (count < max) {
        if (!cursor.next()) {
          this.#closeBatch()
          return count
        }
        if (cursor.offset < skipBefore) continue
        into.push(new ConsumerRecord<K, V>(source, cursor))
        count++
      }
    } catch (error) {
      throw this.#corrupt(this.#position, error)
    }
    this.#nextOffset = cursor.offset + 1
    return count
  }

  /** False at the end. */
  #openBatch(): boolean {
    while (this.#position < this.#end) {
      const position = this.#position
      const magic = magicAt(this.#buffer, position)
      if (magic < CURRENT_MAGIC) {
        this.#openLegacy(position)
        return true
      }
      this.#check(position)
      this.#batchEndOffset = lastOffsetAt(this.#buffer, position) + 1
      this.#leaderEpoch = partitionLeaderEpochAt(this.#buffer, position)
      if (this.#batchEndOffset > this.#nextOffset && this.#isForReader(position)) {
        this.#start(this.#buffer, position)
        return true
      }
      this.#closeBatch()
    }
    return false
  }

  #start(buffer: Buffer, position: number): void {
    try {
      this.#cursor.resetToBatch(buffer, position, unpackedBytesMax)
    } catch (error) {
      throw this.#corrupt(this.#position, error)
    }
    const { topic, partition, deserializers } = this.#options
    const timestampType = timestampTypeOf(attributesAt(buffer, position))
    const isStamped = timestampType === 'LogAppendTime'
    this.#source = {
      topic,
      partition,
      leaderEpoch: this.#leaderEpoch,
      timestampType,
      baseOffset: baseOffsetAt(buffer, position),
      baseTimestamp: isStamped ? maxTimestampAt(buffer, position) : baseTimestampAt(buffer, position),
      buffer: this.#cursor.buffer,
      deserializers,
    }
  }

  #closeBatch(): void {
    this.#source = undefined
    this.#nextOffset = Math.max(this.#nextOffset, this.#batchEndOffset)
    this.#position += batchSizeAt(this.#buffer, this.#position)
  }

  /** Magic 0 and 1: as the batch that says the same. */
  #openLegacy(position: number): void {
    const problem = checkLegacyMessage(this.#buffer, position, this.#end)
    if (problem !== undefined) throw this.#corrupt(position, new MalformedMessageError(problem))
    this.#batchEndOffset = baseOffsetAt(this.#buffer, position) + 1
    this.#leaderEpoch = -1
    let batch: Buffer
    try {
      batch = batchFromLegacyMessage(this.#buffer, position, unpackedBytesMax)
    } catch (error) {
      throw this.#corrupt(position, error)
    }
    this.#start(batch, 0)
  }

  #check(position: number): void {
    if (!this.#options.checkCrcs) return
    const problem = checkBatch(this.#buffer, position, this.#end)
    if (problem !== undefined) throw this.#corrupt(position, new MalformedMessageError(problem))
  }

  #isForReader(position: number): boolean {
    const attributes = attributesAt(this.#buffer, position)
    if (this.#options.abortedTransactions !== undefined && isTransactional(attributes)) {
      const producerId = producerIdAt(this.#buffer, position)
      this.#startAbortedUpTo(this.#batchEndOffset)
      if (isControl(attributes)) {
        if (this.#isAbortMarker(position)) this.#abortedProducers.delete(producerId)
      } else if (this.#abortedProducers.has(producerId)) {
        return false
      }
    }
    return !isControl(attributes)
  }

  #startAbortedUpTo(endOffset: number): void {
    for (let next = this.#aborted[0]; next !== undefined && next.firstOffset < endOffset; next = this.#aborted[0]) {
      this.#abortedProducers.add(next.producerId)
      this.#aborted.shift()
    }
  }

  #isAbortMarker(position: number): boolean {
    try {
      this.#cursor.resetToBatch(this.#buffer, position, unpackedBytesMax)
      return this.#cursor.next() && controlRecordTypeOf(this.#cursor.key()) === 'Abort'
    } catch (error) {
      throw this.#corrupt(position, error)
    }
  }

  #corrupt(position: number, cause: unknown): Error {
    if (!(cause instanceof MalformedMessageError || cause instanceof CompressionError)) {
      return cause instanceof Error ? cause : new Error(String(cause))
    }
    const { topic, partition } = this.#options
    const magic = magicAt(this.#buffer, position)
    const offset = Math.max(this.#nextOffset, baseOffsetAt(this.#buffer, position))
    const last = magic < CURRENT_MAGIC ? offset : lastOffsetAt(this.#buffer, position)
    const nextOffset = Math.max(offset, last) + 1
    return new CorruptRecordError({ topic, partition, offset, nextOffset }, cause)
  }
}

function wholeBatches(
  records: Buffer,
  fetchOffset: number,
): { readonly end: number; readonly endOffset: number; readonly endLeaderEpoch: number } {
  let end = 0
  let endOffset = fetchOffset
  let endLeaderEpoch = -1
  while (records.length - end > LOG_OVERHEAD_BYTES) {
    const size = batchSizeAt(records, end)
    if (size <= LOG_OVERHEAD_BYTES || end + size > records.length) break
    const isCurrent = magicAt(records, end) >= CURRENT_MAGIC && size >= BATCH_HEADER_BYTES
    const last = isCurrent ? lastOffsetAt(records, end) : baseOffsetAt(records, end)
    endOffset = Math.max(endOffset, last + 1)
    if (isCurrent) endLeaderEpoch = partitionLeaderEpochAt(records, end)
    end += size
  }
  return { end, endOffset, endLeaderEpoch }
}
