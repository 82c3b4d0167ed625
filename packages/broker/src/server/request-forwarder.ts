/**
 * Sends what only the controller decides to it, as the client encoded it, with the client’s principal and address
 * (KIP-590). When the answer is there, waits a little until this node has seen what was decided, so that a client
 * that created a topic finds it here with its next request.
 */
import type { ControllerGateway, ControllerRequest } from '@gregor/metadata'
import type { Clock } from '@gregor/platform'
import type { ProtocolError } from '@gregor/protocol'
import { TimeoutError } from '@gregor/transport'

export type Forwarded = Omit<ControllerRequest, 'deadlineMs'>

export class RequestForwarder {
  readonly #controller: ControllerGateway
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #timeoutMs: number
  readonly #whenCaughtUp: () => Promise<void>

  /** @param options.whenCaughtUp - resolves once this node published what is committed now, or gave up waiting. */
  constructor(options: {
    controller: ControllerGateway
    clock: Pick<Clock, 'monotonicMs'>
    timeoutMs: number
    whenCaughtUp: () => Promise<void>
  }) {
    this.#controller = options.controller
    this.#clock = options.clock
    this.#timeoutMs = options.timeoutMs
    this.#whenCaughtUp = options.whenCaughtUp
  }

  /** @returns the encoded response body, in the version asked; or what to tell a client where there was none in time. */
  async forward(request: Forwarded): Promise<Buffer | ProtocolError> {
    const { apiKey, apiVersion, body, principal, clientId, clientAddress } = request
    const deadlineMs = this.#clock.monotonicMs() + this.#timeoutMs
    try {
      const asked = { apiKey, apiVersion, body, principal, clientId, clientAddress, deadlineMs }
      const answer = await this.#controller.call(asked)
      await this.#whenCaughtUp()
      return answer
    } catch (error) {
      if (error instanceof TimeoutError) return 'REQUEST_TIMED_OUT'
      throw error
    }
  }
}
