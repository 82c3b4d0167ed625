/**
 * How many connections there may be, in total and from one address. Pure: it counts and decides; `FrameServer` acts.
 * One for all listeners of a broker, as Kafka has it; a listener may have limits of its own beside it.
 */

export interface ConnectionLimitsOptions {
  /** `max.connections`. Default: no limit. */
  readonly connectionCountMax?: number
  /** `max.connections.per.ip`. Default: no limit. */
  readonly connectionCountMaxPerAddress?: number
  /** `max.connections.per.ip.overrides`: the limit of single addresses. */
  readonly overrides?: ReadonlyMap<string, number>
}

/** What holds for one listener. */
export interface ListenerLimits {
  /** `max.connections` of the listener. Default: no limit. */
  readonly connectionCountMax?: number
  /** The total of all listeners does not hold here: brokers reach one another though clients fill the rest. */
  readonly isProtected?: boolean
  /** Asked for each connection in its turn, with the time on the monotonic clock. Default: all are taken at once. */
  readonly admit?: (address: string, nowMs: number) => Admission
}

/** `accept`: it begins after the delay, and those behind it wait. `refuse`: it is closed after the delay. */
export interface Admission {
  readonly outcome: 'accept' | 'refuse'
  readonly delayMs: number
}

export class ConnectionLimits {
  #options: ConnectionLimitsOptions
  readonly #countByAddress = new Map<string, number>()
  readonly #whenRoom = new Set<() => void>()
  #count = 0

  constructor(options: ConnectionLimitsOptions = {}) {
    this.#options = options
  }

  get connectionCount(): number {
    return this.#count
  }

  /** These hold from now on; connections beyond them stay. */
  configure(options: ConnectionLimitsOptions): void {
    this.#options = options
    this.#wake()
  }

  /** False where the address has as many connections as it may: the new one is closed at once, as in Kafka. */
  allowsAddress(address: string): boolean {
    const { overrides, connectionCountMaxPerAddress = Infinity } = this.#options
    const countMax = overrides?.get(address) ?? connectionCountMaxPerAddress
    return (this.#countByAddress.get(address) ?? 0) < countMax
  }

  /** False where there are as many connections as there may be: a new one waits until another ends. */
  get hasRoom(): boolean {
    return this.#count < (this.#options.connectionCountMax ?? Infinity)
  }

  /** A connection was accepted: it counts, also while it waits for its begin. */
  entered(address: string): void {
    this.#count++
    this.#countByAddress.set(address, (this.#countByAddress.get(address) ?? 0) + 1)
  }

  left(address: string): void {
    this.#count--
    const count = (this.#countByAddress.get(address) ?? 0) - 1
    if (count > 0) this.#countByAddress.set(address, count)
    else this.#countByAddress.delete(address)
    this.#wake()
  }

  /** `wake` is called whenever there may be room that was not there before. The returned function takes it back. */
  onRoom(wake: () => void): () => void {
    this.#whenRoom.add(wake)
    return () => this.#whenRoom.delete(wake)
  }

  #wake(): void {
    for (const wake of this.#whenRoom) wake()
  }
}
