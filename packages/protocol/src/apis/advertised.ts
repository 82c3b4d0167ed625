/**
 * The versions offered to clients in ApiVersions, which are not quite those that have a schema.
 *
 * Produce 0-2 are offered and refused, as Apache Kafka does since 4.0.1: librdkafka before 2.11 compresses nothing
 * unless its own 0 overlaps (KAFKA-18659). Unstable versions have a schema and are not offered. The old versions that
 * Apache Kafka 4 dropped and this broker serves (`versions` begins lower than in KIP-896) are offered.
 */

import type { Api } from '../schema/schema.ts'
import type { VersionRange } from '../schema/versions.ts'

const PRODUCE_KEY = 0

/** Undefined: nothing of this API is stable. */
export function advertisedVersions(api: Api): VersionRange | undefined {
  const min = api.key === PRODUCE_KEY ? 0 : api.versions.min
  const max = api.unstable === undefined ? api.versions.max : api.unstable.min - 1
  return max < min ? undefined : { min, max }
}
