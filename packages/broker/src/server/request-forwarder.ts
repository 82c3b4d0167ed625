/**
 * Sends what only the controller decides to it, as the client encoded it, with the client’s principal and address
 * (KIP-590). When the answer is there, waits a little until this node has seen what was decided, so that a client
 * that created a topic finds it here with its next request.
 */
import type { ControllerGateway, ControllerRequest } from '@gregor/metadata'
import type { Clock } from '@gregor/platform'
import type { ProtocolError } from '@gregor/protocol'
import { TimeoutError } from '@gregor/transport'
import { NoRoomError } from '../metadata/controller-host.ts'

export type Forwarded = Omit<ControllerRequest, 'deadlineMs' | 'isDirect'>

export interface ForwarderOptions {
  readonly controller: ControllerGateway
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly timeoutMs: number
  /** Resolves once this node published what is committed now, or gave up waiting. */
  readonly whenCaughtUp: () => Promise<void>
}

export class RequestForwarder {
  readonly #options: ForwarderOptions
  readonly #isDirect: boolean

  constructor(options: ForwarderOptions, { isDirect = false }: { readonly isDirect?: boolean } = {}) {
    this.#options = options
    this.#isDirect = isDirect
  }

  /** The same for what comes over the controllers’ listener, where no broker is in between. */
  direct(): RequestForwarder {
    return new RequestForwarder(this.#options, { isDirect: true })
  }

  /**
   * @param body - another one than that of the request, as the broker has taken something out of it.
   * @returns the encoded response body, in the version asked; or what to tell a client where there was none in time.
   */
  async forward(request: Forwarded, body: Buffer = request.body): Promise<Buffer | ProtocolError> {
    const { apiKey, apiVersion, principal, clientId, clientAddress } = request
    const { controller, clock, timeoutMs, whenCaughtUp } = this.#options
    const deadlineMs = clock.monotonicMs() + timeoutMs
    try {
      const asked = {
        apiKey,
        apiVersion,
        body,
        principal,
        clientId,
        clientAddress,
        deadlineMs,
        isDirect: this.#isDirect,
      }
      const answer = await controller.call(asked)
      await whenCaughtUp()
      return answer
    } catch (error) {
      if (error instanceof TimeoutError) return 'REQUEST_TIMED_OUT'
      if (error instanceof NoRoomError) return 'KAFKA_STORAGE_ERROR'
      throw error
    }
  }
}
