/**
 * What a new cluster begins with: the levels of its features, metadata.version first, as it says how the records
 * behind it are read. A feature at level 0 is not there, and kraft.version stands in the log's own control records.
 */
import { kraftVersionFeature, metadataVersionFeature } from './features.ts'
import type { FeatureLevels } from './features.ts'
import type { RecordOf } from './metadata-record.ts'

/** In the order in which Apache Kafka’s own tool writes them. */
export function bootstrapRecords(
  metadataVersion: number,
  levels: FeatureLevels,
): readonly (RecordOf<'FeatureLevelRecord'> & { readonly version: number })[] {
  const others = [...levels]
    .filter(([name, level]) => level > 0 && name !== metadataVersionFeature && name !== kraftVersionFeature)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [[metadataVersionFeature, metadataVersion] as const, ...others].map(([name, featureLevel]) => ({
    type: 'FeatureLevelRecord',
    version: 0,
    name,
    featureLevel,
  }))
}
