/**
 * A client for scenarios: encodes requests as a client would, hands them to a broker in the simulated world as frames,
 * and decodes what comes back. It knows no retries and no rules: the scenario decides what a client does next.
 */
import { ByteReader, ByteWriter } from '@gregor/base'
import type { Broker } from '@gregor/broker'
import {
  advertisedVersions,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  responseHeaderVersion,
  type Api,
  type RequestInput,
  type ResponseOf,
} from '@gregor/protocol'

type Connection = Parameters<Broker['dispatcher']['handle']>[1]

export class FrameClient {
  readonly #broker: Broker
  readonly #connection: Connection
  #correlationId = 0

  constructor(broker: Broker, name: string) {
    this.#broker = broker
    this.#connection = {
      id: name,
      listener: { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' },
      principal: { type: 'User', name: 'ANONYMOUS', tokenAuthenticated: false },
      clientAddress: '10.0.0.1',
      clientSoftwareName: '',
      clientSoftwareVersion: '',
      onClose: () => () => {},
      throttle: () => {},
    }
  }

  /** @throws Error where the broker closes the connection instead of answering. */
  async call<A extends Api>(api: A, request: RequestInput<A>): Promise<ResponseOf<A>> {
    const version = advertisedVersions(api)?.max ?? api.versions.max
    const writer = new ByteWriter()
    const correlationId = ++this.#correlationId
    encodeRequestHeader(api, { apiVersion: version, correlationId, clientId: 'scenario' }, writer)
    // The schema of the API and the type of the request say the same.
    encodeRequest(api, version, request as never, writer)
    const answer = await this.#broker.dispatcher.exchange(writer.toBuffer(), this.#connection)
    if (answer === null || answer === 'close') throw new Error(`${api.name} was answered with ${answer}`)
    const reader = new ByteReader(Buffer.concat('release' in answer ? answer.buffers : answer))
    reader.skip(responseHeaderVersion(api, version) === 1 ? 5 : 4)
    return decodeResponse(api, version, reader) as ResponseOf<A>
  }
}
