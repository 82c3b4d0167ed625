/**
 * ApiVersions (key 18): what this node serves. Answered before anything else is known about a client, in version 0
 * to one that asks in a version from the future (KIP-511), and always with response header 0.
 * v3 client software, features as tagged fields (KIP-584) · v4 features that start at level 0
 */
import { features as knownFeatures, isImageFeature } from '@gregor/metadata'
import { advertisedVersions, ApiVersions, errorCode } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type ApiVersionsResponse = ResponseInput<typeof ApiVersions>

const softwareText = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

export const apiVersions = defineHandler(ApiVersions, {
  handle(request, context, services) {
    if (context.apiVersion >= 3) {
      const isValid = softwareText.test(request.clientSoftwareName) && softwareText.test(request.clientSoftwareVersion)
      if (!isValid) return refuse('INVALID_REQUEST')
      context.connection.clientSoftwareName = request.clientSoftwareName
      context.connection.clientSoftwareVersion = request.clientSoftwareVersion
    }
    return served(context, services)
  },
  refuse: (_request, error) => refuse(error),
})

function served({ apiVersion }: RequestContext, { advertisedApis, metadata }: Services): ApiVersionsResponse {
  const { features, offset } = metadata.image
  const finalized: [string, number][] = [...features.levels].filter(([name]) => isImageFeature(name))
  if (features.metadataVersion !== undefined) finalized.unshift(['metadata.version', features.metadataVersion])
  return {
    errorCode: 0,
    apiKeys: advertisedApis(),
    supportedFeatures: knownFeatures
      // Older Java clients cannot decode a range that starts at 0.
      .filter(({ range }) => apiVersion >= 4 || range.min > 0)
      .map(({ name, range }) => ({ name, minVersion: range.min, maxVersion: range.max })),
    finalizedFeaturesEpoch: offset,
    finalizedFeatures: finalized.map(([name, level]) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
  }
}

/** Enough for a client to ask again in a version that is served. */
function refuse(error: ProtocolError): ApiVersionsResponse {
  const { min, max } = advertisedVersions(ApiVersions) ?? ApiVersions.versions
  return { errorCode: errorCode(error), apiKeys: [{ apiKey: ApiVersions.key, minVersion: min, maxVersion: max }] }
}
