/**
 * Sends what only the controller decides to it, as the client encoded it, with the client’s principal and address
 * (KIP-590). When the answer is there, waits a little until this node has seen what was decided, so that a client
 * that created a topic finds it here with its next request.
 */
import type { ControllerGateway } from '@gregor/metadata'
import type { Clock } from '@gregor/platform'
import type { Principal } from '@gregor/security'

export interface Forwarded {
  readonly apiKey: number
  readonly apiVersion: number
  readonly body: Buffer
  readonly principal: Principal
  readonly clientAddress: string
}

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

  /** @returns the encoded response body, in the version asked. */
  async forward({ apiKey, apiVersion, body, principal, clientAddress }: Forwarded): Promise<Buffer> {
    const answer = await this.#controller.call({
      apiKey,
      apiVersion,
      body,
      principal,
      clientAddress,
      deadlineMs: this.#clock.monotonicMs() + this.#timeoutMs,
    })
    await this.#whenCaughtUp()
    return answer
  }
}
