/**
 * Producer ids for idempotent producers, out of blocks that the controller hands out (KIP-730).
 * One request for a block is under way at a time; whoever asks meanwhile waits for it. An id is given once, ever:
 * what is left of a block at a restart is lost, not given again.
 */
import { AllocateProducerIds, errorName, isRetriable, type ProtocolError } from '@gregor/protocol'
import type { ControllerCalls } from './controller-calls.ts'
import { NoRoomError } from './controller-host.ts'

export class ProducerIds {
  readonly #calls: Pick<ControllerCalls, 'call'>
  readonly #brokerId: number
  readonly #brokerEpoch: () => number
  readonly #timeoutMs: number
  #next = 0
  #end = 0
  #refill: Promise<ProtocolError> | undefined

  constructor(options: {
    calls: Pick<ControllerCalls, 'call'>
    brokerId: number
    brokerEpoch: () => number
    timeoutMs: number
  }) {
    this.#calls = options.calls
    this.#brokerId = options.brokerId
    this.#brokerEpoch = options.brokerEpoch
    this.#timeoutMs = options.timeoutMs
  }

  /** An id nobody has had, or why there is none: COORDINATOR_LOAD_IN_PROGRESS asks the client to try again. */
  async next(): Promise<number | ProtocolError> {
    // Two rounds: others may have taken a whole block while this call waited for it.
    for (let round = 0; round < 2; round++) {
      if (this.#next < this.#end) return this.#next++
      this.#refill ??= this.#fetchBlock().finally(() => {
        this.#refill = undefined
      })
      const error = await this.#refill
      if (error !== 'NONE') return isRetriable(error) ? 'COORDINATOR_LOAD_IN_PROGRESS' : error
    }
    return this.#next < this.#end ? this.#next++ : 'COORDINATOR_LOAD_IN_PROGRESS'
  }

  async #fetchBlock(): Promise<ProtocolError> {
    const request = { brokerId: this.#brokerId, brokerEpoch: this.#brokerEpoch() }
    try {
      const response = await this.#calls.call(AllocateProducerIds, request, { timeoutMs: this.#timeoutMs })
      const error = errorName(response.errorCode)
      if (error !== 'NONE') return error
      this.#next = response.producerIdStart
      this.#end = response.producerIdStart + response.producerIdLen
      return 'NONE'
    } catch (error) {
      if (error instanceof NoRoomError) return 'KAFKA_STORAGE_ERROR'
      throw error
    }
  }
}
