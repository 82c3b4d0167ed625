/**
 * Snapshots of the producers between those of the rolls, so that a restart need not read the headers of a whole
 * segment again. Taken after a sync once enough was written; the latest few are kept, since the recovery point that a
 * restart begins at is a little behind. Apache Kafka takes the newest and removes the others.
 */
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'

const snapshotEveryBytes = 64 * 1024 * 1024
const snapshotsKept = 4

export class SyncedSnapshots {
  readonly #producers: ProducerState
  #segmentBaseOffset = -1
  /** Of that segment, when the last one was taken. */
  #size = 0
  #offsets: number[] = []

  constructor(producers: ProducerState) {
    this.#producers = producers
  }

  /** @throws DiskError */
  synced(active: Segment): void {
    if (active.baseOffset !== this.#segmentBaseOffset) {
      for (const offset of this.#offsets) if (offset !== active.baseOffset) this.#producers.removeSnapshot(offset)
      this.#offsets = []
      this.#segmentBaseOffset = active.baseOffset
      this.#size = 0
    }
    if (active.size < this.#size) this.#size = active.size
    if (active.size - this.#size < snapshotEveryBytes) return
    this.#size = active.size
    this.#producers.takeSnapshot()
    this.#offsets.push(this.#producers.endOffset)
    const oldest = this.#offsets.length > snapshotsKept ? this.#offsets.shift() : undefined
    if (oldest !== undefined) this.#producers.removeSnapshot(oldest)
  }
}
