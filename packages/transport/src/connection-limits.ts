/**
 * How many connections there may be: in total, from one address, and new ones per second. Pure: it counts and decides;
 * `FrameServer` acts. One for all listeners of a broker, as Kafka has it.
 */

export interface ConnectionLimitsOptions {
  /** `max.connections`. Default: no limit. */
  readonly connectionCountMax?: number
  /** `max.connections.per.ip`. Default: no limit. */
  readonly connectionCountMaxPerAddress?: number
  /** `max.connections.per.ip.overrides`: the limit of single addresses. */
  readonly overrides?: ReadonlyMap<string, number>
  /** `max.connection.creation.rate`, per second. Default: no limit. */
  readonly creationRateMax?: number
}

export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions
  readonly #countByAddress = new Map<string, number>()
  #count = 0
  /** When the next connection may begin if the rate is to hold in the long run. */
  #nextBeginMs = -Infinity

  constructor(options: ConnectionLimitsOptions = {}) {
    this.#options = options
  }

  get connectionCount(): number {
    return this.#count
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

  /**
   * How long a connection that is there now has to wait for its begin. Takes that moment: the next one comes after it.
   * What was not used within the last second may be made up for.
   */
  takeBegin(nowMs: number): number {
    const { creationRateMax = Infinity } = this.#options
    if (creationRateMax === Infinity) return 0
    const beginMs = Math.max(this.#nextBeginMs, nowMs - 1000)
    this.#nextBeginMs = beginMs + 1000 / creationRateMax
    return Math.max(0, beginMs - nowMs)
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
  }
}
