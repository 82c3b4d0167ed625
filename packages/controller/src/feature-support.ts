/**
 * Whether a node can live under the levels a cluster has finalized: its ranges must hold all of them, those of features
 * it never heard of included.
 */
import { kraftVersionFeature, metadataVersionFeature } from '@gregor/metadata'
import { problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { metadataVersionOf } from './deliberation.ts'
import type { Deliberation } from './deliberation.ts'

interface DeclaredFeature {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

/** Every finalized feature above level 0, kraft.version and metadata.version included. */
export function finalizedLevels(deliberation: Deliberation): ReadonlyMap<string, number> {
  const { image, options } = deliberation
  return new Map([
    ...image.features.levels,
    [metadataVersionFeature, metadataVersionOf(deliberation)],
    [kraftVersionFeature, options.kraftVersion()],
  ])
}

/** Why a broker that declares these features cannot be registered. */
export function featureProblem(
  declared: readonly DeclaredFeature[],
  deliberation: Deliberation,
): ApiProblem | undefined {
  const finalized = finalizedLevels(deliberation)
  const missing = declared.find((feature) => !isWithin(finalized.get(feature.name) ?? 0, feature))
  if (missing !== undefined) return outOfRange(missing, finalized.get(missing.name) ?? 0)
  const names = new Set(declared.map(({ name }) => name))
  if (!names.has(metadataVersionFeature)) {
    return problem('INVALID_REGISTRATION', `Request features do not contain '${metadataVersionFeature}'`)
  }
  for (const [name, level] of finalized) {
    if (level === 0 || names.has(name)) continue
    return outOfRange({ name, minSupportedVersion: 0, maxSupportedVersion: 0 }, level)
  }
  return undefined
}

function isWithin(level: number, { minSupportedVersion, maxSupportedVersion }: DeclaredFeature): boolean {
  return level >= minSupportedVersion && level <= maxSupportedVersion
}

function outOfRange({ name, minSupportedVersion, maxSupportedVersion }: DeclaredFeature, level: number): ApiProblem {
  return problem(
    'UNSUPPORTED_VERSION',
    `Unable to register because the broker does not support finalized version ${level} of ${name}. The broker wants ` +
      `a version between ${minSupportedVersion} and ${maxSupportedVersion}, inclusive.`,
  )
}
