/**
 * What a broker sees of the controllers, in this process or elsewhere: an encoded request goes in, an encoded response
 * comes out. So the embedded controller is reached by the same bytes as a quorum of Apache controllers.
 */

export interface ControllerGateway {
  /**
   * Finds the active controller, sends, and tries again while there is none or it has moved, up to the deadline.
   * @returns The encoded body of the response; it may be a view, valid until the next call.
   * @throws TimeoutError after the deadline: the request may still be carried out. ClosedError.
   */
  call(request: ControllerRequest): Promise<Buffer>
  /** In which versions the active controller answers an API; `undefined`: it does not. Clients are offered no others. */
  versionsOf(apiKey: number): { readonly min: number; readonly max: number } | undefined
}

export interface ControllerRequest {
  readonly apiKey: number
  readonly apiVersion: number
  /** The encoded body, without header. */
  readonly body: Buffer
  /** Who asks: the client for what a broker forwards, the broker for its own. */
  readonly principal: Principal
  readonly clientId: string
  readonly clientAddress: string
  /** It came over the controller’s own listener, and not by way of a broker. */
  readonly isDirect?: boolean
  /** On the monotonic clock. */
  readonly deadlineMs: number
}

/** `User:alice` is type `User`, name `alice`. */
export interface Principal {
  readonly type: string
  readonly name: string
  readonly tokenAuthenticated: boolean
}
