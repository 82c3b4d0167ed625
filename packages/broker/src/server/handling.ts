/**
 * A request on its way to its answer: one object, as there is one for each request. Handlers see it as their context,
 * dispatch what it has measured.
 */
import type { RequestHeader } from '@gregor/protocol'
import type { Principal } from '@gregor/security'
import type { ConnectionContext, RequestContext } from './request-context.ts'
import type { Served } from './served-api.ts'

export class Handling implements RequestContext {
  readonly served: Served
  /** To answer in. */
  readonly version: number
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string
  readonly connection: ConnectionContext
  readonly nowMs: number
  readonly startMs: number
  /** When this thread took it up again, and what it had spent before: what lies between was waiting. */
  resumedMs: number
  spentMs = 0
  throttleMs = 0
  whenSent: (() => void) | undefined = undefined
  /** `undefined`: its version is not known here. */
  request: unknown = undefined
  /** Kept: the memory of the frame may be gone when this is asked for. */
  readonly requestBytes: number
  readonly #frame: Buffer
  readonly #bodyStart: number

  constructor(
    served: Served,
    version: number,
    header: RequestHeader,
    given: {
      readonly connection: ConnectionContext
      readonly frame: Buffer
      readonly bodyStart: number
      readonly startMs: number
      readonly nowMs: number
    },
  ) {
    this.served = served
    this.version = version
    this.apiKey = header.apiKey
    this.apiVersion = header.apiVersion
    this.correlationId = header.correlationId
    this.clientId = header.clientId ?? ''
    this.connection = given.connection
    this.nowMs = given.nowMs
    this.startMs = given.startMs
    this.resumedMs = given.startMs
    this.requestBytes = given.frame.length
    this.#frame = given.frame
    this.#bodyStart = given.bodyStart
  }

  get principal(): Principal {
    return this.connection.principal
  }

  get clientAddress(): string {
    return this.connection.clientAddress
  }

  get body(): Buffer {
    return this.#frame.subarray(this.#bodyStart)
  }
}
