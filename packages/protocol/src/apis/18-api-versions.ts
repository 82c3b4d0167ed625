/**
 * ApiVersions (key 18): which versions of which APIs this listener serves, and the features of the cluster. The first
 * request of most clients, served before authentication. A version too high is answered in v0 with UNSUPPORTED_VERSION
 * and the range of this API; the response header is v0 always (KIP-511).
 * v1 throttle time · v2 answers before it throttles (KIP-219) · v3 flexible, name of the client (KIP-511), features
 * (KIP-584) · v4 features whose range begins at 0 (KAFKA-17011)
 */

import { array, boolean, int16, int32, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const ApiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: '0-4',
  flexible: '3+',
  listeners: ['broker', 'controller'],
  request: {
    /** Letters, digits, dashes and dots; so is the version. */
    clientSoftwareName: string({ versions: '3+', ignorable: true }),
    clientSoftwareVersion: string({ versions: '3+', ignorable: true }),
  },
  response: {
    errorCode: int16(),
    apiKeys: array({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    /** Before version 4 without those whose range begins at 0. */
    supportedFeatures: array(
      {
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      },
      { versions: '3+', tag: 0, ignorable: true },
    ),
    /** -1: unknown. */
    finalizedFeaturesEpoch: int64({ versions: '3+', default: -1, tag: 1, ignorable: true }),
    /** What the whole cluster has agreed on; not those at level 0. */
    finalizedFeatures: array(
      {
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      },
      { versions: '3+', tag: 2, ignorable: true },
    ),
    /** Of Kafka 3; always false. */
    zkMigrationReady: boolean({ versions: '3+', default: false, tag: 3, ignorable: true }),
  },
})

export type ApiVersionsRequest = RequestOf<typeof ApiVersions>
export type ApiVersionsResponse = ResponseOf<typeof ApiVersions>
