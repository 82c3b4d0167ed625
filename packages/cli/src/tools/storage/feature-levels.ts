/** Which level each feature of a new cluster starts with, and what a level needs: pure, in Apache Kafka’s words. */
import {
  type FeatureDefinition,
  defaultFeatureLevel,
  featureNamed,
  features,
  kraftVersionFeature,
  metadataVersionFeature,
  metadataVersionMax,
  metadataVersionMin,
  metadataVersionName,
  metadataVersionNamed,
} from '@gregor/metadata'
import { ToolExit } from '../tool-exit.ts'

export interface WantedFeatures {
  /** `--release-version` */
  readonly releaseVersion: string | undefined
  /** `--feature`, each `name=level`. */
  readonly features: readonly string[]
  /** No voters are named by configuration. */
  readonly hasDynamicQuorum: boolean
}

export interface FeatureLevelsOfCluster {
  readonly metadataVersion: number
  /** All features, metadata.version too, sorted by name. */
  readonly levels: ReadonlyMap<string, number>
}

/** The level that a text such as `4.3`, `4.3.1` or `4.3-IV0` names. @throws ToolExit */
export function releaseNamed(text: string): number {
  const segments = text.split('.')
  const key = segments.length > 2 ? segments.slice(0, 2).join('.') : text
  const level = metadataVersionNamed(key)
  if (level !== undefined) return level
  const known = allMetadataVersions().map(metadataVersionName).join(', ')
  throw new ToolExit(`Unknown metadata.version '${text}'. Supported metadata.version are: ${known}`)
}

function allMetadataVersions(): readonly number[] {
  return Array.from({ length: metadataVersionMax - metadataVersionMin + 1 }, (_, index) => metadataVersionMin + index)
}

/** @throws ToolExit where they contradict one another or what the levels need. */
export function levelsOfCluster(wanted: WantedFeatures): FeatureLevelsOfCluster {
  const release = wanted.releaseVersion === undefined ? undefined : releaseNamed(wanted.releaseVersion)
  const given = new Map(wanted.features.map(parseFeature))
  const metadataVersion = effectiveRelease(release, given.get(metadataVersionFeature))
  const supported = features.map(({ name }) => name).filter((name) => name !== metadataVersionFeature)
  for (const name of [...given.keys()].toSorted()) {
    if (name !== metadataVersionFeature && !supported.some((each) => each === name)) {
      throw new ToolExit(`Unsupported feature: ${name}. Supported features are: ${supported.toSorted().join(', ')}`)
    }
  }
  const levels = new Map<string, number>()
  for (const feature of features.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    levels.set(feature.name, levelOf(feature, { given, metadataVersion, hasDynamicQuorum: wanted.hasDynamicQuorum }))
  }
  for (const [name, level] of levels) checkLevel(name, level, levels)
  return { metadataVersion, levels }
}

function effectiveRelease(release: number | undefined, level: number | undefined): number {
  if (level === undefined) return release ?? metadataVersionMax
  if (release !== undefined) {
    throw new ToolExit('Use --release-version instead of --feature metadata.version=X to avoid ambiguity.')
  }
  if (metadataVersionName(level) !== undefined) return level
  const valid = `Valid feature levels are from ${metadataVersionMin} to ${metadataVersionMax}.`
  throw new ToolExit(`No MetadataVersion with feature level ${level}. ${valid}`)
}

function levelOf(
  feature: FeatureDefinition,
  given: {
    readonly given: ReadonlyMap<string, number>
    readonly metadataVersion: number
    readonly hasDynamicQuorum: boolean
  },
): number {
  const level = given.given.get(feature.name)
  if (feature.name === metadataVersionFeature) return given.metadataVersion
  if (feature.name !== kraftVersionFeature) return level ?? defaultFeatureLevel(feature, given.metadataVersion)
  const flags = '--standalone, --initial-controllers, or --no-initial-controllers'
  if (level === undefined) return given.hasDynamicQuorum ? 1 : 0
  if (level === 0 && given.hasDynamicQuorum) {
    throw new ToolExit(
      `Cannot set kraft.version to 0 if controller.quorum.voters is empty and one of the flags ${flags} is used. ` +
        'For dynamic controllers support, try removing the --feature flag for kraft.version.',
    )
  }
  if (level !== 0 && !given.hasDynamicQuorum) {
    throw new ToolExit(
      `Cannot set kraft.version to ${level} unless controller.quorum.voters is empty and one of the flags ${flags} ` +
        `is used. For dynamic controllers support, try using one of ${flags} and removing controller.quorum.voters.`,
    )
  }
  return level
}

function checkLevel(name: string, level: number, levels: ReadonlyMap<string, number>): void {
  const feature = featureNamed(name)
  if (feature === undefined || name === metadataVersionFeature) return
  if (level < feature.range.min || level > feature.range.max) {
    throw new ToolExit(`No feature:${name} with feature level ${level}`)
  }
  for (const [needed, least] of needsOf(feature, level)) {
    if ((levels.get(needed) ?? 0) >= least) continue
    throw new ToolExit(`${name} could not be set to ${level} because it depends on ${needed} level ${least}`)
  }
}

function needsOf(feature: FeatureDefinition, level: number): readonly (readonly [string, number])[] {
  return Object.entries(feature.needs[level - 1] ?? {})
}

/** @throws ToolExit where it is not `name=level`. */
export function parseFeature(text: string): readonly [name: string, level: number] {
  const failed = `Can't parse feature=level string ${text}: `
  const at = text.indexOf('=')
  if (at < 0) throw new ToolExit(`${failed}equals sign not found.`)
  const level = shortFrom(text.slice(at + 1).trim())
  if (level === undefined) throw new ToolExit(`${failed}unable to parse ${text.slice(at + 1).trim()} as a short.`)
  return [text.slice(0, at).trim(), level]
}

function shortFrom(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const level = Number(text)
  return level >= -32_768 && level <= 32_767 ? level : undefined
}

/** `kafka-storage version-mapping`. @throws ToolExit */
export function versionMappingLines(releaseVersion: string | undefined): readonly string[] {
  const text = releaseVersion ?? metadataVersionName(metadataVersionMax) ?? ''
  const level = releaseNamed(text)
  const others = features.filter(({ name }) => name !== metadataVersionFeature)
  return [
    `metadata.version=${level} (${text})`,
    ...others.map((feature) => `${feature.name}=${defaultFeatureLevel(feature, level)}`),
  ]
}

/** `kafka-storage feature-dependencies`, of one `--feature`. @throws ToolExit */
export function dependencyLines(text: string): readonly string[] {
  const at = text.indexOf('=')
  if (at < 0) {
    const expected = "Expected format: 'feature=version' (e.g. 'group.version=1')"
    throw new ToolExit(`Invalid feature format: ${text}. ${expected}`)
  }
  const name = text.slice(0, at).trim()
  const versionText = text.slice(at + 1).trim()
  const level = shortFrom(versionText)
  if (level === undefined) throw new ToolExit(`Invalid version format: ${versionText} for feature ${name}`)
  if (name === metadataVersionFeature) {
    const version = metadataVersionName(level)
    if (version === undefined) throw new ToolExit(`Unknown metadata.version ${level}`)
    return [`${name}=${level} (${version}) has no dependencies.`]
  }
  const feature = featureNamed(name)
  if (feature === undefined) throw new ToolExit(`Unknown feature: ${name}`)
  if (level < feature.range.min || level > feature.range.max) {
    throw new ToolExit(`Feature level ${level} is not supported for feature ${name}`)
  }
  const needs = needsOf(feature, level)
  if (needs.length === 0) return [`${name}=${level} has no dependencies.`]
  const needed = needs.map(([each, least]) =>
    each === metadataVersionFeature ? `    ${each}=${least} (${metadataVersionName(least)})` : `    ${each}=${least}`,
  )
  return [`${name}=${level} requires:`, ...needed]
}
