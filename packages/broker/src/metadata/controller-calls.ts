/**
 * Typed calls of the controller: encodes the request in its newest version, sends it through the gateway, decodes the
 * answer. Between here and the controller there are only bytes, whether it is in this process or not.
 */
import { ByteReader, ByteWriter } from '@gregor/base'
import type { ControllerGateway } from '@gregor/metadata'
import type { Clock } from '@gregor/platform'
import { decodeResponse, encodeRequest, type Api, type RequestInput, type ResponseOf } from '@gregor/protocol'
import type { Principal } from '@gregor/security'
import { brokerAddress, brokerPrincipal } from './broker-principal.ts'

export interface Asker {
  readonly principal: Principal
  readonly clientId: string
  readonly clientAddress: string
}

export const thisBroker: Asker = { principal: brokerPrincipal, clientId: '', clientAddress: brokerAddress }

export class ControllerCalls {
  readonly #gateway: ControllerGateway
  readonly #clock: Pick<Clock, 'monotonicMs'>

  constructor(gateway: ControllerGateway, clock: Pick<Clock, 'monotonicMs'>) {
    this.#gateway = gateway
    this.#clock = clock
  }

  /** @throws TimeoutError, ClosedError: see `ControllerGateway`. */
  async call<A extends Api>(
    api: A,
    request: RequestInput<A>,
    { timeoutMs, asker = thisBroker }: { timeoutMs: number; asker?: Asker },
  ): Promise<ResponseOf<A>> {
    const apiVersion = this.#gateway.versionsOf(api.key)?.max ?? api.versions.max
    const writer = new ByteWriter()
    encodeRequest(api, apiVersion, request as never, writer)
    const body = await this.#gateway.call({
      apiKey: api.key,
      apiVersion,
      body: writer.toBuffer(),
      ...asker,
      deadlineMs: this.#clock.monotonicMs() + timeoutMs,
    })
    return decodeResponse(api, apiVersion, new ByteReader(body)) as ResponseOf<A>
  }
}
