/**
 * How many connections may be opened in a second: on the whole broker, on a listener, from an address (KIP-612). Over
 * the first two the next connection waits to be accepted; over the last one it is closed, after a while.
 */
import { AddressQuotaTable } from './quota-table.ts'
import type { StoredQuota } from './quota-table.ts'
import { RateWindow } from './rate-window.ts'
import type { RateWindowOptions } from './rate-window.ts'

/** An address from which nothing came for this long is forgotten. */
const IDLE_MS = 3_600_000
/** Above this many addresses the one that was quiet longest is forgotten. */
const ADDRESSES_MAX = 100_000

export interface ConnectionRateLimits {
  /** `max.connection.creation.rate`. `Infinity`: no limit. */
  readonly broker: number
  /** The same of the listener, where it has its own. */
  readonly listener: number
}

export interface NewConnection {
  readonly listener: string
  /** Between brokers, beside other listeners: only the listener's own limit holds. */
  readonly isInterBroker: boolean
  readonly address: string
}

/** `accept`: take it, and the next one after the delay. `refuse`: close it after the delay. */
export interface ConnectionVerdict {
  readonly outcome: 'accept' | 'refuse'
  readonly delayMs: number
}

export class ConnectionRates {
  readonly #window: RateWindowOptions
  readonly #broker: RateWindow
  readonly #listeners = new Map<string, RateWindow>()
  /** In the order of last use. */
  readonly #addresses = new Map<string, { readonly window: RateWindow; lastMs: number }>()
  #quotas = new AddressQuotaTable([])

  constructor(window: RateWindowOptions) {
    this.#window = window
    this.#broker = new RateWindow(window)
  }

  /** These are all quotas from now on; what was used stays known. */
  load(quotas: Iterable<StoredQuota>): void {
    this.#quotas = new AddressQuotaTable(quotas)
  }

  /** Counts a connection that is about to be taken. No delay is longer than one sample. */
  opened(connection: NewConnection, limits: ConnectionRateLimits, nowMs: number): ConnectionVerdict {
    const { listener, isInterBroker, address } = connection
    const own = this.#listeners.get(listener) ?? new RateWindow(this.#window)
    this.#listeners.set(listener, own)
    const delayMs = Math.max(
      isInterBroker ? 0 : this.#count(this.#broker, limits.broker, nowMs),
      this.#count(own, limits.listener, nowMs),
    )
    const refusedMs = this.#countAddress(address, nowMs)
    if (refusedMs === 0) return { outcome: 'accept', delayMs }
    // It never was: nobody else pays for it.
    own.record(-1, nowMs)
    if (!isInterBroker) this.#broker.record(-1, nowMs)
    return { outcome: 'refuse', delayMs: refusedMs }
  }

  /** Forgets which addresses have been idle; to be called now and then. */
  forgetIdle(nowMs: number): void {
    for (const [address, { lastMs }] of this.#addresses) {
      if (nowMs - lastMs < IDLE_MS) return
      this.#addresses.delete(address)
    }
  }

  #count(window: RateWindow, limit: number, nowMs: number): number {
    window.record(1, nowMs)
    return Math.min(window.throttleMs(limit, nowMs), this.#window.sampleMs)
  }

  #countAddress(address: string, nowMs: number): number {
    const limit = this.#quotas.limitOf(address)
    if (limit === Infinity) return 0
    const known = this.#addresses.get(address) ?? { window: new RateWindow(this.#window), lastMs: nowMs }
    known.lastMs = nowMs
    this.#addresses.delete(address)
    this.#addresses.set(address, known)
    const [first] = this.#addresses.keys()
    if (this.#addresses.size > ADDRESSES_MAX && first !== undefined) this.#addresses.delete(first)
    const throttleMs = this.#count(known.window, limit, nowMs)
    if (throttleMs > 0) known.window.record(-1, nowMs)
    return throttleMs
  }
}
