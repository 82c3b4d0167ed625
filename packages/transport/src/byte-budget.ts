/**
 * Counts bytes against a bound that many share. It refuses nothing: what came in is there. Whoever sees it exhausted
 * takes no more in, and is called when there is room again. Pure.
 *
 * Two things keep those who need little from paying for those who hold much. Up to twice the bound there is room for
 * who holds nothing yet (`isOverdrawn`). And what can only be given back once it is whole, a frame that is larger than
 * what is left, goes on by turns: one at a time (`mayGoOn`).
 */
export class ByteBudget {
  readonly bytesMax: number
  #bytes = 0
  #waiting = new Set<() => void>()
  #turn: (() => void) | undefined
  #turnCount = 0
  /** Who takes in much, without a turn as long as there is room. */
  readonly #goingOn = new Set<() => void>()
  readonly #whenExhausted = new Set<() => void>()

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Half of it is used. */
  get isTight(): boolean {
    return 2 * this.#bytes >= this.bytesMax
  }

  get isExhausted(): boolean {
    return this.#bytes >= this.bytesMax
  }

  get isOverdrawn(): boolean {
    return this.#bytes >= 2 * this.bytesMax
  }

  /** @param byteCount - negative where bytes are gone. Calls those that wait for room, once there is some. */
  add(byteCount: number): void {
    const wasExhausted = this.isExhausted
    this.#bytes += byteCount
    if (wasExhausted === this.isExhausted) return
    if (wasExhausted) {
      this.#wake(() => this.isExhausted)
    } else {
      for (const tell of this.#whenExhausted) tell()
      const goingOn = [...this.#goingOn]
      this.#goingOn.clear()
      for (const wake of goingOn) wake()
    }
  }

  /** `wake` is called once, when there is room again. The same function twice counts once. */
  whenRoom(wake: () => void): void {
    this.#waiting.add(wake)
  }

  /** Whether the one that is called by `wake` may take more in. It is called when that changes, and asks again. */
  mayGoOn(wake: () => void): boolean {
    if (this.#turn === wake) return true
    if (!this.isExhausted) {
      this.#goingOn.add(wake)
    } else if (this.#turn === undefined) {
      this.#turn = wake
      this.#turnCount++
    } else {
      this.#waiting.add(wake)
      return false
    }
    return true
  }

  /** The number of the turn that it has while others wait for theirs; `undefined`: it holds up nobody. */
  turnOf(wake: () => void): number | undefined {
    return this.#turn === wake && this.#waiting.size > 0 ? this.#turnCount : undefined
  }

  /** It needs no more than it has. */
  endTurn(wake: () => void): void {
    this.#goingOn.delete(wake)
    if (this.#turn !== wake) return
    this.#turn = undefined
    this.#wake(() => this.#turn !== undefined)
  }

  /** It is gone. */
  forget(wake: () => void): void {
    this.#waiting.delete(wake)
    this.endTurn(wake)
  }

  /** `tell` is called each time the bound is reached. The returned function takes it back. */
  onExhausted(tell: () => void): () => void {
    this.#whenExhausted.add(tell)
    return () => this.#whenExhausted.delete(tell)
  }

  /** Each may use up what there is: the others keep waiting. */
  #wake(isUsedUp: () => boolean): void {
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) {
      if (isUsedUp()) this.#waiting.add(wake)
      else wake()
    }
  }
}
