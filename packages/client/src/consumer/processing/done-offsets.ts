/**
 * Which records of a partition are done, and so how far may be committed: up to the first that is not. Pure.
 *
 * Invariant: `committable` never passes a record that was begun and is not done.
 */
import type { OffsetAndEpoch } from '../assigned-partition.ts'

/** A record on its way: what to commit when it and all before it are done. */
export interface TrackedRecord {
  /** Made when it is asked for: of most records nobody does. */
  readonly next: OffsetAndEpoch
  isDone: boolean
}

/** Where the list of done ones is cut off: so that it costs next to nothing. */
const compactAfter = 1024

export class DoneOffsets {
  #records: TrackedRecord[] = []
  #first = 0
  #lastDone: TrackedRecord | undefined

  /** In the order of the log. */
  begin(record: TrackedRecord): void {
    this.#records.push(record)
  }

  done(record: TrackedRecord): void {
    record.isDone = true
    for (let first = this.#records[this.#first]; first?.isDone === true; first = this.#records[this.#first]) {
      this.#lastDone = first
      this.#first++
    }
    if (this.#first < compactAfter) return
    this.#records = this.#records.slice(this.#first)
    this.#first = 0
  }

  /** Nothing is begun that is not done. */
  get isComplete(): boolean {
    return this.#first === this.#records.length
  }

  /** Of all that is done from the start without a gap; `undefined`: nothing is. */
  get committable(): OffsetAndEpoch | undefined {
    return this.#lastDone?.next
  }
}
