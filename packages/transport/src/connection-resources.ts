/**
 * What the connections of one thread share: the buffer they read into, slabs, and how many bytes of requests and of
 * answers may lie in memory at once. One for all listeners of a broker.
 */
import { SlabPool } from './slab-pool.ts'

export interface ConnectionResourcesOptions {
  /** Of the shared receive buffer. Default: 1 MiB, from where on larger ones gain nothing. */
  readonly receiveBytes?: number
  /** Of all frames that were handed out and are not answered, or wait to be handed out. Default: 256 MiB. */
  readonly requestBytesMax?: number
  /** Of all answers that are not with the operating system yet. Default: 256 MiB. */
  readonly responseBytesMax?: number
}

const receiveBytesDefault = 1024 * 1024
const bytesMaxDefault = 256 * 1024 * 1024

export class ConnectionResources {
  readonly slabs = new SlabPool()
  readonly requests: ByteBudget
  readonly responses: ByteBudget
  readonly #receiveBytes: number
  #shared: Buffer | undefined

  constructor(options: ConnectionResourcesOptions = {}) {
    this.#receiveBytes = options.receiveBytes ?? receiveBytesDefault
    this.requests = new ByteBudget(options.requestBytesMax ?? bytesMaxDefault)
    this.responses = new ByteBudget(options.responseBytesMax ?? bytesMaxDefault)
  }

  /** The buffer that all connections read into. Made when the first one asks. */
  get shared(): Buffer {
    this.#shared ??= Buffer.allocUnsafeSlow(this.#receiveBytes)
    return this.#shared
  }
}

/**
 * Counts bytes against a bound. It refuses nothing: what came in is there. Whoever sees it exhausted takes no more in,
 * and is called when there is room again.
 */
export class ByteBudget {
  readonly bytesMax: number
  #bytes = 0
  #waiting = new Set<() => void>()

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  get isExhausted(): boolean {
    return this.#bytes >= this.bytesMax
  }

  /** @param byteCount - negative where bytes are gone. Calls those that wait for room, once there is some. */
  add(byteCount: number): void {
    const wasExhausted = this.isExhausted
    this.#bytes += byteCount
    if (!wasExhausted || this.isExhausted) return
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) {
      // Each may fill it again: the others keep waiting.
      if (this.isExhausted) this.#waiting.add(wake)
      else wake()
    }
  }

  /** `wake` is called once, when there is room again. The same function twice counts once. */
  whenRoom(wake: () => void): void {
    this.#waiting.add(wake)
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake)
  }
}
