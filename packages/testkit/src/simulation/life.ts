/**
 * One life of a simulated process, from start to kill. Everything it holds asks here first: once it is over, timers
 * and answers of the disk and the network are dropped, so that nothing of a dead process acts on its successor.
 */
export class Life {
  #isOver = false
  readonly #endings: (() => void)[] = []

  get isOver(): boolean {
    return this.#isOver
  }

  /** Runs `ending` when this life ends. */
  onEnd(ending: () => void): void {
    this.#endings.push(ending)
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const ending of this.#endings) ending()
  }
}
