/** What dispatch knows of each API that is served: its handler, versions, bounds, counts and codecs. */
import { assert } from '@gregor/base'
import { advertisedVersions, ApiVersions, codecOf, hasVersion, type Codec } from '@gregor/protocol'
import type { AnyHandler } from './handler.ts'
import { requestBytesMax } from './request-bounds.ts'
import type { ApiCounts, RequestMetrics } from './request-metrics.ts'
import { errorCounter } from './response-errors.ts'

export interface Served {
  readonly handler: AnyHandler
  readonly versionMin: number
  readonly versionMax: number
  readonly requestBytesMax: number
  readonly counts: ApiCounts
  readonly countErrors: ReturnType<typeof errorCounter>
  /** By version, kept here once they were asked for. */
  readonly requestCodecs: (Codec | undefined)[]
  readonly responseCodecs: (Codec | undefined)[]
}

export function servedBy(handler: AnyHandler, metrics: RequestMetrics): Served {
  const { api } = handler
  const advertised = advertisedVersions(api)
  assert(advertised !== undefined, 'what is served has a stable version')
  return {
    handler,
    // Advertised versions without a schema are refused (Produce 0 to 2).
    versionMin: Math.max(advertised.min, api.versions.min),
    versionMax: advertised.max,
    requestBytesMax: requestBytesMax(api),
    counts: metrics.of(api.name),
    countErrors: errorCounter(api.response),
    requestCodecs: [],
    responseCodecs: [],
  }
}

export function requestCodecOf({ handler, requestCodecs }: Served, version: number): Codec {
  return (requestCodecs[version] ??= codecOf(handler.api.request, version))
}

export function responseCodecOf({ handler, responseCodecs }: Served, version: number): Codec {
  return (responseCodecs[version] ??= codecOf(handler.api.response, version))
}

/** ApiVersions answers any version, the ones it does not know in version 0. */
export function versionToAnswer({ handler, versionMin, versionMax }: Served, version: number): number | undefined {
  if (version >= versionMin && version <= versionMax) return version
  return handler.api.key === ApiVersions.key ? 0 : undefined
}

export function hasThrottleTime({ handler }: Served, version: number): boolean {
  const field = handler.api.response.fields['throttleTimeMs']
  return field !== undefined && (field.versions === undefined || hasVersion(field.versions, version))
}
