/**
 * The features a cluster finalizes, level by level, and what each metadata.version means (KIP-584, KIP-1022).
 * A level named here is one whose records we parse completely: a record we cannot parse is fatal wherever it is met,
 * so a range is never declared ahead of the code (levels of Apache Kafka 4.3).
 */

export type FeatureName =
  | 'metadata.version'
  | 'kraft.version'
  | 'transaction.version'
  | 'group.version'
  | 'eligible.leader.replicas.version'
  | 'share.version'
  | 'streams.version'

/** A feature to its finalized level; a feature that is not there is at level 0. */
export type FeatureLevels = ReadonlyMap<string, number>

export interface FeatureRange {
  readonly min: number
  readonly max: number
}

export interface FeatureDefinition {
  readonly name: FeatureName
  readonly range: FeatureRange
  /** The metadata.version from which on a new cluster starts with each level; by level, level 0 left out. */
  readonly bootstrapVersions: readonly number[]
  /** What a level needs, by level, level 0 left out. */
  readonly needs: readonly Partial<Record<FeatureName, number>>[]
}

export const metadataVersionMin = 7
export const metadataVersionMax = 30
/** The name of the level under which the metadata itself is versioned. */
export const metadataVersionFeature = 'metadata.version'
/** Held in control records of the metadata log, not in feature records. */
export const kraftVersionFeature = 'kraft.version'
export const elrFeature = 'eligible.leader.replicas.version'

export const features: readonly FeatureDefinition[] = [
  {
    name: 'metadata.version',
    range: { min: metadataVersionMin, max: metadataVersionMax },
    bootstrapVersions: [],
    needs: [],
  },
  { name: 'kraft.version', range: { min: 0, max: 1 }, bootstrapVersions: [21], needs: [{}] },
  { name: 'transaction.version', range: { min: 0, max: 2 }, bootstrapVersions: [24, 24], needs: [{}, {}] },
  { name: 'group.version', range: { min: 0, max: 1 }, bootstrapVersions: [22], needs: [{}] },
  { name: elrFeature, range: { min: 0, max: 1 }, bootstrapVersions: [26], needs: [{ 'metadata.version': 23 }] },
  { name: 'share.version', range: { min: 0, max: 1 }, bootstrapVersions: [28], needs: [{}] },
  { name: 'streams.version', range: { min: 0, max: 1 }, bootstrapVersions: [29], needs: [{}] },
]

/** `undefined` for a name nobody knows. */
export function featureNamed(name: string): FeatureDefinition | undefined {
  return features.find((feature) => feature.name === name)
}

/** The level a new cluster of that metadata.version starts a feature with. */
export function defaultFeatureLevel(feature: FeatureDefinition, metadataVersion: number): number {
  if (feature.name === metadataVersionFeature) return metadataVersion
  return feature.bootstrapVersions.findLastIndex((version) => version <= metadataVersion) + 1
}

/** Release and step of each metadata.version, and whether its records differ from the one before. */
const metadataVersions: Readonly<Record<number, readonly [name: string, changesRecords: boolean]>> = {
  7: ['3.3-IV3', true],
  8: ['3.4-IV0', true],
  9: ['3.5-IV0', false],
  10: ['3.5-IV1', false],
  11: ['3.5-IV2', true],
  12: ['3.6-IV0', false],
  13: ['3.6-IV1', true],
  14: ['3.6-IV2', true],
  15: ['3.7-IV0', true],
  16: ['3.7-IV1', false],
  17: ['3.7-IV2', true],
  18: ['3.7-IV3', false],
  19: ['3.7-IV4', false],
  20: ['3.8-IV0', false],
  21: ['3.9-IV0', false],
  22: ['4.0-IV0', false],
  23: ['4.0-IV1', true],
  24: ['4.0-IV2', false],
  25: ['4.0-IV3', false],
  26: ['4.1-IV0', false],
  27: ['4.1-IV1', false],
  28: ['4.2-IV0', false],
  29: ['4.2-IV1', false],
  30: ['4.3-IV0', true],
}

/** `4.3-IV0` for 30; `undefined` for a level that is not known. */
export function metadataVersionName(level: number): string | undefined {
  return metadataVersions[level]?.[0]
}

/** The level of `4.3-IV0`, or the last one of the release `4.3`. */
export function metadataVersionNamed(name: string): number | undefined {
  const levels = Object.entries(metadataVersions)
  const found = levels.findLast(([, [full]]) => full === name || full.startsWith(`${name}-`))
  return found === undefined ? undefined : Number(found[0])
}

/** Whether records written under the higher of two levels may say what the lower one cannot. */
export function recordsDifferBetween(one: number, other: number): boolean {
  for (let level = Math.max(one, other); level > Math.min(one, other); level--) {
    if (metadataVersions[level]?.[1] ?? true) return true
  }
  return false
}

/** The first metadata.version that has … */
export const since = {
  scram: 11,
  /** From here on a shrinking ISR no longer bumps the leader epoch. */
  isrShrinkKeepsLeaderEpoch: 12,
  metadataTransactions: 13,
  delegationTokens: 14,
  controllerRegistration: 15,
  directoryAssignment: 17,
  elr: 23,
  cordonedLogDirs: 30,
} as const
