/**
 * What precedes every request and response in its frame. Request header v1 has the client id, v2 a tag buffer as
 * well (flexible versions); response header v0 is the correlation id, v1 adds a tag buffer.
 *
 * Two exceptions, both for ApiVersions (KIP-511): the client id has a classic length in v2, too, so that any broker
 * can read the header of any client; and its response header is always v0, so that any client can read the answer.
 */

import type { ByteReader, ByteWriter } from '@gregor/base'
import { apiByKey } from '../apis/index.ts'
import { decode, encode, skipTags } from './codec.ts'
import { int16, int32, string } from './field.ts'
import { readNullableText } from './primitive-codecs.ts'
import { type Api, type MessageInput, type MessageOf, defineMessage, isFlexible } from './schema.ts'

export const RequestHeaderMessage = defineMessage({
  name: 'RequestHeader',
  versions: '1-2',
  flexible: '2+',
  fields: {
    apiKey: int16(),
    apiVersion: int16(),
    /** Comes back in the response. */
    correlationId: int32(),
    clientId: string({ nullable: '1+', flexible: 'none' }),
  },
})

export const ResponseHeaderMessage = defineMessage({
  name: 'ResponseHeader',
  versions: '0-1',
  flexible: '1+',
  fields: { correlationId: int32() },
})

export type RequestHeader = MessageOf<typeof RequestHeaderMessage>
export type RequestHeaderInput = MessageInput<typeof RequestHeaderMessage>

const API_VERSIONS_KEY = 18

export function requestHeaderVersion(api: Api, version: number): 1 | 2 {
  return isFlexible(api, version) ? 2 : 1
}

export function responseHeaderVersion(api: Api, version: number): 0 | 1 {
  return isFlexible(api, version) && api.key !== API_VERSIONS_KEY ? 1 : 0
}

/**
 * Leaves the reader at the body. The header of an unknown API is read as v1: its body cannot be read anyway.
 * Written out, as it is read for every request; a test holds it to the message above.
 */
export function decodeRequestHeader(reader: ByteReader): RequestHeader {
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const clientId = readNullableText(reader)
  const api = apiByKey(apiKey)
  if (api !== undefined && isFlexible(api, apiVersion)) skipTags(reader)
  return { apiKey, apiVersion, correlationId, clientId }
}

export function encodeRequestHeader(api: Api, header: Omit<RequestHeaderInput, 'apiKey'>, writer: ByteWriter): void {
  const version = requestHeaderVersion(api, header.apiVersion)
  encode(RequestHeaderMessage, version, { ...header, apiKey: api.key }, writer)
}

export function decodeResponseHeader(
  api: Api,
  version: number,
  reader: ByteReader,
): { readonly correlationId: number } {
  return decode(ResponseHeaderMessage, responseHeaderVersion(api, version), reader)
}

export function encodeResponseHeader(api: Api, version: number, correlationId: number, writer: ByteWriter): void {
  writer.int32(correlationId)
  if (responseHeaderVersion(api, version) === 1) writer.uvarint(0)
}
