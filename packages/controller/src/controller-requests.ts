/**
 * The controller’s requests as bytes: what a gateway hands in and takes out. Knows the codecs, and nothing of what
 * requests mean.
 */
import { ByteReader, ByteWriter } from '@gregor/base'
import { advertisedVersions, apiByKey, decodeRequest, encodeResponse, hasVersion } from '@gregor/protocol'
import type { Api, VersionRange } from '@gregor/protocol'
import type { ControllerReply, ControllerRequestEvent } from './controller-machine.ts'
import type { RequestContext } from './controller-options.ts'
import { handlerFor } from './handlers.ts'

/** The versions in which the controller answers this API; `undefined`: it does not. */
export function servedVersions(apiKey: number): VersionRange | undefined {
  const api = handlerFor(apiKey)?.api
  return api === undefined ? undefined : advertisedVersions(api)
}

export function isServed(apiKey: number, apiVersion: number): boolean {
  const versions = servedVersions(apiKey)
  return versions !== undefined && hasVersion(versions, apiVersion)
}

/**
 * @param body - of a request that `isServed`. Byte fields of the event are views of it.
 * @throws MalformedMessageError
 */
export function eventFromRequest(
  { apiKey, apiVersion, body }: { readonly apiKey: number; readonly apiVersion: number; readonly body: Buffer },
  context: RequestContext,
): ControllerRequestEvent {
  const request = decodeRequest(apiOf(apiKey), apiVersion, new ByteReader(body))
  return { type: 'Request', apiKey, apiVersion, request, context }
}

/** The body of the response. */
export function bytesFromReply({ apiKey, apiVersion, response }: NonNullable<ControllerReply>): Buffer {
  const writer = new ByteWriter()
  // A handler answers by the schema it is defined with.
  encodeResponse(apiOf(apiKey), apiVersion, response as Record<string, never>, writer)
  return writer.toBuffer()
}

function apiOf(apiKey: number): Api {
  const api = apiByKey(apiKey)
  if (api === undefined) throw new RangeError(`no API has the key ${apiKey}`)
  return api
}
