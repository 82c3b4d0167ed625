/**
 * Follows the metadata log: batches and snapshots in, images out. Holds back what stands in a metadata transaction
 * (KIP-868) until its end; an abort, or a snapshot, discards it.
 *
 * Invariant: after a fault nothing more is taken. The image stays as it was before the batch, and is not fit for a
 * snapshot: the log holds what it does not.
 */
import { assert } from '@gregor/base'
import { MetadataDelta } from './metadata-delta.ts'
import type { Provenance } from './metadata-delta.ts'
import { MetadataFault } from './metadata-fault.ts'
import { emptyImage } from './metadata-image.ts'
import type { MetadataImage } from './metadata-image.ts'
import type { MetadataRecord } from './metadata-record.ts'

export interface ReplayBatch {
  readonly baseOffset: number
  readonly epoch: number
  readonly appendTimeMs: number
  readonly records: readonly MetadataRecord[]
}

/** A step from one image to the next. */
export interface MetadataChange {
  readonly image: MetadataImage
  readonly delta: MetadataDelta
  readonly isSnapshot: boolean
}

export class MetadataReplay {
  #image: MetadataImage
  #delta: MetadataDelta
  #isDeltaEmpty = true
  #isInTransaction = false
  #fault: MetadataFault | undefined

  constructor(image: MetadataImage = emptyImage) {
    this.#image = image
    this.#delta = new MetadataDelta(image)
  }

  /** The latest image that may be seen. */
  get image(): MetadataImage {
    return this.#image
  }

  /** Records after `image` wait for the end of their transaction. */
  get isInTransaction(): boolean {
    return this.#isInTransaction
  }

  get fault(): MetadataFault | undefined {
    return this.#fault
  }

  /**
   * Replays a committed batch; the batch after the last one.
   * @returns The images it gave rise to: none within a transaction, two where one begins amid the batch.
   * @throws MetadataFault when a record cannot be replayed, and from then on always.
   */
  replayBatch({ baseOffset, epoch, appendTimeMs, records }: ReplayBatch): readonly MetadataChange[] {
    this.#refuseAfterFault()
    const changes: MetadataChange[] = []
    let offset = baseOffset
    try {
      for (const record of records) {
        if (record.type === 'BeginTransactionRecord' && !this.#isInTransaction && !this.#isDeltaEmpty) {
          changes.push(this.#publish({ offset: offset - 1, epoch, appendTimeMs }))
        }
        this.#replay(record)
        offset++
      }
      if (!this.#isInTransaction) changes.push(this.#publish({ offset: offset - 1, epoch, appendTimeMs }))
    } catch (error) {
      throw this.#faultAt(offset, error)
    }
    return changes
  }

  /** Replaces everything. What the records do not name is gone; `delta` tells what changed against the image before. */
  replaySnapshot(records: Iterable<MetadataRecord>, provenance: Provenance): MetadataChange {
    this.#refuseAfterFault()
    this.#delta = new MetadataDelta(this.#image, { isSnapshot: true })
    this.#isInTransaction = false
    try {
      for (const record of records) this.#delta.replay(record)
      return { ...this.#publish(provenance), isSnapshot: true }
    } catch (error) {
      throw this.#faultAt(provenance.offset, error)
    }
  }

  #replay(record: MetadataRecord): void {
    switch (record.type) {
      case 'BeginTransactionRecord':
        if (this.#isInTransaction) throw new MetadataFault('a transaction begins within another one')
        this.#isInTransaction = true
        return
      case 'EndTransactionRecord':
        if (!this.#isInTransaction) throw new MetadataFault('a transaction ends that never began')
        this.#isInTransaction = false
        return
      case 'AbortTransactionRecord':
        if (!this.#isInTransaction) throw new MetadataFault('a transaction is aborted that never began')
        this.#isInTransaction = false
        this.#startDelta()
        return
      default:
        this.#isDeltaEmpty = false
        this.#delta.replay(record)
    }
  }

  #publish(provenance: Provenance): MetadataChange {
    const delta = this.#delta
    this.#image = delta.apply(provenance)
    this.#startDelta()
    return { image: this.#image, delta, isSnapshot: false }
  }

  #startDelta(): void {
    this.#delta = new MetadataDelta(this.#image)
    this.#isDeltaEmpty = true
  }

  #refuseAfterFault(): void {
    if (this.#fault !== undefined) throw this.#fault
  }

  #faultAt(offset: number, error: unknown): MetadataFault {
    assert(error instanceof Error, 'errors are thrown')
    this.#fault = new MetadataFault(error.message, { offset, cause: error })
    return this.#fault
  }
}
