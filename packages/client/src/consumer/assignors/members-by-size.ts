/** Members in the order of how many partitions they have, then of their ids. A member’s count changes only while it is out. */
import { compareText } from './group-topics.ts'

export class MembersBySize implements Iterable<string> {
  readonly #members: string[] = []
  readonly #sizeOf: (memberId: string) => number

  constructor(sizeOf: (memberId: string) => number) {
    this.#sizeOf = sizeOf
  }

  get smallest(): string | undefined {
    return this.#members[0]
  }

  get largest(): string | undefined {
    return this.#members.at(-1)
  }

  add(memberId: string): void {
    this.#members.splice(this.#indexOf(memberId), 0, memberId)
  }

  remove(memberId: string): void {
    const index = this.#indexOf(memberId)
    if (this.#members[index] === memberId) this.#members.splice(index, 1)
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#members.values()
  }

  /** Where it is or belongs. */
  #indexOf(memberId: string): number {
    const size = this.#sizeOf(memberId)
    let low = 0
    let high = this.#members.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#members[middle] ?? ''
      const order = this.#sizeOf(other) - size || compareText(other, memberId)
      if (order < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
