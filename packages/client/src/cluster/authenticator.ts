/** Who proves to a node who we are. One for all connections of a client; the exchange itself is `sasl-authenticator`. */
import type { Api, RequestInput, ResponseOf } from '@gregor/protocol'
import type { ApiRanges } from './api-ranges.ts'

export interface Authenticator {
  /** @throws AuthenticationError where one side refuses the other; ConnectionError, TimeoutError. */
  authenticate(given: AuthenticationGiven): Promise<Session | undefined>
}

export interface AuthenticationGiven {
  readonly host: string
  /** For messages. */
  readonly name: string
  readonly ranges: ApiRanges
  readonly timeoutMs: number
  exchange<A extends Api>(
    api: A,
    version: number,
    request: RequestInput<A>,
    options: { readonly timeoutMs: number },
  ): Promise<ResponseOf<A>>
}

/** A session that ends: the node closes the connection where who we are is not proven again in time (KIP-368). */
export interface Session {
  /** Until it is time to do so. */
  readonly renewAfterMs: number
}
