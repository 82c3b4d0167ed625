/**
 * Which features this node serves, among all whose records it can read (KIP-584). A new cluster finalizes these and no
 * other; a directory of Apache Kafka’s may have others finalized, and opens all the same: their records are kept.
 */
import { features, type FeatureRange, type MetadataImage } from '@gregor/metadata'

const served: readonly string[] = [
  'metadata.version',
  'kraft.version',
  'group.version',
  'transaction.version',
  'eligible.leader.replicas.version',
]

export function isServedFeature(name: string): boolean {
  return served.includes(name)
}

/** What UpdateFeatures may finalize here: of a feature that is not served, nothing. */
export function finalizableFeatures(): ReadonlyMap<string, FeatureRange> {
  return new Map(features.map(({ name, range }) => [name, isServedFeature(name) ? range : { min: 0, max: 0 }]))
}

/** One line for each feature that is finalized and not served. */
export function unservedFeatureWarnings({ features: { levels } }: MetadataImage): readonly string[] {
  return [...levels]
    .filter(([name, level]) => level > 0 && !isServedFeature(name))
    .map(
      ([name, level]) =>
        `${name} is finalized at ${level}, by another server: this one keeps its records and does not serve the feature`,
    )
}
