/**
 * ApiVersions (key 18): what this node serves. Answered before anything else is known about a client, in version 0
 * to one that asks in a version from the future (KIP-511), and always with response header 0.
 * v3 client software, features as tagged fields (KIP-584) · v4 features that start at level 0
 */
import { advertisedVersions, ApiVersions, errorCode } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { finalizableFeatures, isServedFeature } from '../metadata/served-features.ts'
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

function served({ apiVersion }: RequestContext, services: Services): ApiVersionsResponse {
  return {
    errorCode: 0,
    apiKeys: services.advertisedApis(),
    supportedFeatures: [...finalizableFeatures()]
      .filter(([name]) => isServedFeature(name))
      // Older Java clients cannot decode a range that starts at 0.
      .filter(([, { min }]) => apiVersion >= 4 || min > 0)
      .map(([name, { min, max }]) => ({ name, minVersion: min, maxVersion: max })),
    finalizedFeaturesEpoch: services.metadata.image.offset,
    finalizedFeatures: finalizedLevels(services).map(([name, level]) => ({
      name,
      maxVersionLevel: level,
      minVersionLevel: level,
    })),
  }
}

/** Without those that are finalized in a directory of another server’s and not served here: clients would use them. */
function finalizedLevels({ metadata, kraftVersion }: Services): readonly (readonly [string, number])[] {
  const { metadataVersion = 0, levels } = metadata.image.features
  const all: readonly (readonly [string, number])[] = [
    ['metadata.version', metadataVersion],
    ['kraft.version', kraftVersion()],
    ...levels,
  ]
  return all.filter(([name, level]) => level > 0 && isServedFeature(name))
}

/** Enough for a client to ask again in a version that is served. */
function refuse(error: ProtocolError): ApiVersionsResponse {
  const { min, max } = advertisedVersions(ApiVersions) ?? ApiVersions.versions
  return { errorCode: errorCode(error), apiKeys: [{ apiKey: ApiVersions.key, minVersion: min, maxVersion: max }] }
}
