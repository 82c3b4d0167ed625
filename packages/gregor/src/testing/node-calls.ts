/** Asks a node in this process what a client would ask, without a socket: so that it works while time stands still. */
import { ByteReader, ByteWriter } from '@gregor/base'
import type { Broker, ConnectionContext } from '@gregor/broker'
import {
  type Api,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  type RequestInput,
  responseHeaderVersion,
  type ResponseOf,
} from '@gregor/protocol'
import { anonymous } from '@gregor/security'

/** By it hooks know what is none of their business. */
export const ownClientId = 'gregor-testing'

const connection: ConnectionContext = {
  id: ownClientId,
  listener: { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' },
  clientAddress: '127.0.0.1',
  principal: anonymous,
  clientSoftwareName: ownClientId,
  clientSoftwareVersion: '',
  onClose: () => () => undefined,
  throttle: () => undefined,
}

export class NodeCalls {
  readonly #broker: () => Broker
  #correlationId = 0

  constructor(broker: () => Broker) {
    this.#broker = broker
  }

  /** In the version given, whose fields the caller knows. */
  async call<A extends Api>(api: A, version: number, request: RequestInput<A>): Promise<ResponseOf<A>> {
    return this.#exchange(this.#broker().dispatcher, { api, version, request })
  }

  /** Of the node’s controller. */
  async callController<A extends Api>(api: A, version: number, request: RequestInput<A>): Promise<ResponseOf<A>> {
    return this.#exchange(this.#broker().controllerDispatcher, { api, version, request })
  }

  async #exchange<A extends Api>(
    dispatcher: Broker['dispatcher'],
    { api, version, request }: { readonly api: A; readonly version: number; readonly request: RequestInput<A> },
  ): Promise<ResponseOf<A>> {
    const writer = new ByteWriter()
    const correlationId = this.#correlationId++
    encodeRequestHeader(api, { apiVersion: version, correlationId, clientId: ownClientId }, writer)
    // The one field where `RequestInput<A>` is not seen to be what its own API takes.
    encodeRequest(api, version, request as never, writer)
    const answer = await dispatcher.exchange(writer.toBuffer(), connection)
    if (answer === null || answer === 'close') throw new Error(`${api.name} was answered with ${String(answer)}`)
    const bytes = Buffer.concat('buffers' in answer ? answer.buffers : answer)
    if ('release' in answer) answer.release()
    const reader = new ByteReader(bytes, 4)
    if (responseHeaderVersion(api, version) === 1) reader.skip(1)
    return decodeResponse(api, version, reader) as ResponseOf<A>
  }
}
