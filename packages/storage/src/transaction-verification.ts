/**
 * The guard against hanging transactions (KIP-890): the first transactional batch of a producer on a partition is
 * written only after the transaction coordinator has confirmed that the partition belongs to an open transaction,
 * and only if no marker has come in between. `begin` hands out a number before the coordinator is asked; the append
 * brings it back; markers and data forget it.
 */

interface Verification {
  readonly guard: number
  readonly startedAtMs: number
  /** The client bumps its epoch with each transaction (`transaction.version` 2). */
  readonly bumpsEpoch: boolean
  epoch: number
  /** Of all batches that waited for this verification: higher ones must not overtake it. */
  lowestSequence: number
}

/** Verifies nothing. */
export const NO_GUARD = 0
/**
 * What is verified goes with the first batch; what the coordinator refused stays. Over the bound the oldest goes, whose
 * producer then asks again.
 */
const verificationsMax = 10_000

export class TransactionVerification {
  readonly #verifications = new Map<number, Verification>()
  #lastGuard = NO_GUARD

  get size(): number {
    return this.#verifications.size
  }

  /** The guard of the verification that is under way for this producer, or of a new one. */
  begin(given: {
    readonly producerId: number
    readonly epoch: number
    readonly sequence: number
    readonly bumpsEpoch: boolean
    readonly nowMs: number
  }): number {
    const { producerId, epoch, sequence, bumpsEpoch, nowMs } = given
    const known = this.#verifications.get(producerId)
    if (known === undefined) {
      if (this.#verifications.size >= verificationsMax) this.#forgetOldest()
      const guard = ++this.#lastGuard
      this.#verifications.set(producerId, { guard, startedAtMs: nowMs, bumpsEpoch, epoch, lowestSequence: sequence })
      return guard
    }
    if (epoch > known.epoch) {
      known.epoch = epoch
      known.lowestSequence = sequence
    } else if (epoch === known.epoch) {
      known.lowestSequence = Math.min(known.lowestSequence, sequence)
    }
    return known.guard
  }

  isVerified(producerId: number, guard: number): boolean {
    return guard !== NO_GUARD && this.#verifications.get(producerId)?.guard === guard
  }

  find(producerId: number): Readonly<Verification> | undefined {
    return this.#verifications.get(producerId)
  }

  /**
   * A transactional batch or marker was written: what was verified before it is void. Except for the marker of a
   * transaction that ends while the next one, of the marker’s epoch, is being verified.
   */
  written(producerId: number, epoch: number, isMarker: boolean): void {
    const known = this.#verifications.get(producerId)
    if (known === undefined) return
    const isOfNextTransaction = known.bumpsEpoch && isMarker && epoch === known.epoch
    if (!isOfNextTransaction) this.#verifications.delete(producerId)
  }

  #forgetOldest(): void {
    const [oldest] = this.#verifications.keys()
    if (oldest !== undefined) this.#verifications.delete(oldest)
  }

  removeStartedBefore(timeMs: number): void {
    for (const [producerId, { startedAtMs }] of this.#verifications) {
      if (startedAtMs <= timeMs) this.#verifications.delete(producerId)
    }
  }
}
