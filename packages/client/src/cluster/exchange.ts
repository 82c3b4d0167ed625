/** One request and its answer on a connection: header, codec, and what a codec cannot say in a version. */
import { ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import {
  type Api,
  type RequestInput,
  type ResponseOf,
  UnsupportedVersionError as NotInThisVersion,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  responseHeaderVersion,
} from '@gregor/protocol'
import { type ClientConnection, ConnectionError, type RequestOptions } from '@gregor/transport'
import { UnsupportedVersionError } from '../errors.ts'
import type { ConnectionCounts } from './connection-counts.ts'

export interface Exchange<A extends Api> {
  readonly api: A
  readonly version: number
  readonly clientId: string
  readonly request: RequestInput<A>
  readonly counts: ConnectionCounts
}

type Encodable<A extends Api> = Omit<Exchange<A>, 'counts'>

const lengthBytes = 4
const correlationIdBytes = 4

/**
 * Sends at once; resolves to the decoded answer. @throws UnsupportedVersionError (nothing was sent), and as
 * `ClientConnection.request`.
 */
export async function exchange<A extends Api>(
  connection: ClientConnection,
  given: Exchange<A>,
  options: RequestOptions,
): Promise<ResponseOf<A>> {
  const { api, version, counts } = given
  const answer = await sent(given, () => connection.request((correlationId) => counted(given, correlationId), options))
  counts.incomingBytes += lengthBytes + correlationIdBytes + answer.length
  return decoded(api, version, answer)
}

/** Sends what is not answered. @throws UnsupportedVersionError, and as `ClientConnection.sendOnly`. */
export function sendWithoutAnswer<A extends Api>(connection: ClientConnection, given: Exchange<A>): void {
  sent(given, () => connection.sendOnly((correlationId) => counted(given, correlationId)))
}

/** @throws ConnectionError where it is no answer of that version. */
export function decoded<A extends Api>(api: A, version: number, answer: Buffer): ResponseOf<A> {
  const reader = new ByteReader(answer)
  try {
    if (responseHeaderVersion(api, version) === 1) skipTags(reader)
    // The schema of the API and the type of the answer say the same.
    return decodeResponse(api, version, reader) as ResponseOf<A>
  } catch (cause) {
    if (!(cause instanceof MalformedMessageError)) throw cause
    throw new ConnectionError(`what came is no answer to ${api.name} version ${version}: ${cause.message}`, { cause })
  }
}

/** Header and body, without the length. */
export function encoded<A extends Api>(
  { api, version, clientId, request }: Encodable<A>,
  correlationId: number,
): Buffer[] {
  const writer = new ByteWriter()
  encodeRequestHeader(api, { apiVersion: version, correlationId, clientId }, writer)
  // As above.
  encodeRequest(api, version, request as never, writer)
  return writer.finish()
}

function counted<A extends Api>(given: Exchange<A>, correlationId: number): Buffer[] {
  const parts = encoded(given, correlationId)
  given.counts.requests++
  given.counts.outgoingBytes += lengthBytes
  for (const part of parts) given.counts.outgoingBytes += part.length
  return parts
}

function sent<T>({ api, version }: { readonly api: Api; readonly version: number }, send: () => T): T {
  try {
    return send()
  } catch (cause) {
    if (!(cause instanceof NotInThisVersion)) throw cause
    throw new UnsupportedVersionError(`${api.name} version ${version}, the newest the node knows: ${cause.message}`, {
      cause,
    })
  }
}

function skipTags(reader: ByteReader): void {
  for (let left = reader.uvarint(); left > 0; left--) {
    reader.uvarint()
    reader.skip(reader.uvarint())
  }
}
