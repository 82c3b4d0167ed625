/**
 * A bound on the bytes that indexes of closed segments hold in memory: they are loaded when asked for, and the one
 * unused for longest goes. (An active segment’s index always stays.)
 */

/** Whoever holds an index that can be loaded again. */
export interface Unloadable {
  unload(): void
}

const defaultMaxBytes = 64 * 1024 * 1024

export class IndexCache {
  readonly #maxBytes: number
  /** In order of use, the latest last. */
  readonly #held = new Map<Unloadable, number>()
  #byteCount = 0

  constructor(maxBytes = defaultMaxBytes) {
    this.#maxBytes = maxBytes
  }

  get byteCount(): number {
    return this.#byteCount
  }

  /** `owner` holds `byteCount` bytes and has just used them. Others may be unloaded, `owner` never. */
  used(owner: Unloadable, byteCount: number): void {
    this.forget(owner)
    this.#held.set(owner, byteCount)
    this.#byteCount += byteCount
    for (const [other] of this.#held) {
      if (this.#byteCount <= this.#maxBytes || other === owner) return
      this.forget(other)
      other.unload()
    }
  }

  forget(owner: Unloadable): void {
    this.#byteCount -= this.#held.get(owner) ?? 0
    this.#held.delete(owner)
  }
}
