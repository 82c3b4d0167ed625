/**
 * What the connections of one thread share: the buffer they read into, slabs, and how many bytes of requests and of
 * answers may lie in memory at once. One for all listeners of a broker.
 */
import { ByteBudget } from './byte-budget.ts'
import { SlabPool } from './slab-pool.ts'

export interface ConnectionResourcesOptions {
  /** Of the shared receive buffer. Default: 1 MiB, from where on larger ones gain nothing. */
  readonly receiveBytes?: number
  /** Of all frames that are kept until they are answered, or wait to be handed out. Default: 16 MiB. */
  readonly requestBytesMax?: number
  /** Of all answers that the operating system has not taken. Default: 16 MiB. */
  readonly responseBytesMax?: number
}

const receiveBytesDefault = 1024 * 1024
const requestBytesMaxDefault = 16 * 1024 * 1024
const responseBytesMaxDefault = 16 * 1024 * 1024

export class ConnectionResources {
  readonly slabs = new SlabPool()
  readonly requests: ByteBudget
  readonly responses: ByteBudget
  readonly #receiveBytes: number
  #shared: Buffer | undefined

  constructor(options: ConnectionResourcesOptions = {}) {
    this.#receiveBytes = options.receiveBytes ?? receiveBytesDefault
    this.requests = new ByteBudget(options.requestBytesMax ?? requestBytesMaxDefault)
    this.responses = new ByteBudget(options.responseBytesMax ?? responseBytesMaxDefault)
  }

  /** The buffer that all connections read into. Made when the first one asks. */
  get shared(): Buffer {
    this.#shared ??= Buffer.allocUnsafeSlow(this.#receiveBytes)
    return this.#shared
  }
}
