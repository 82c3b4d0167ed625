/**
 * UpdateFeatures (57): raises or lowers the levels a cluster has finalized (KIP-584, KIP-778, KIP-1022). All of the
 * updates take effect, or none. Every node must support the new level; metadata.version goes down only where the
 * records of the two levels are the same.
 */
import {
  elrFeature,
  featureLevel,
  featureNamed,
  isImageFeature,
  kraftVersionFeature,
  metadataVersionFeature,
  metadataVersionMax,
  metadataVersionMin,
  metadataVersionName,
  recordsDifferBetween,
  since,
} from '@gregor/metadata'
import type { FeatureRange } from '@gregor/metadata'
import { UpdateFeatures } from '@gregor/protocol'
import type { MetadataRecordInput, RequestOf } from '@gregor/protocol'
import { errorFields, isProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { defineControllerHandler } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { metadataVersionOf } from './deliberation.ts'
import { brokerResourceType } from './node-config.ts'

type RequestedUpdate = RequestOf<typeof UpdateFeatures>['featureUpdates'][number]
type Kind = 'upgrade' | 'safe downgrade' | 'unsafe downgrade'

interface Update {
  readonly name: string
  readonly level: number
  readonly kind: Kind | undefined
}

export const updateFeatures = defineControllerHandler(UpdateFeatures, {
  clusterOperation: 'Alter',
  decide({ featureUpdates, validateOnly }, asked) {
    const updates = featureUpdates.map((update) => updateFrom(update, asked.apiVersion))
    const records = recordsOf(updates, asked)
    const quorum = updates.find((update) => isKraftUpgrade(update, asked))
    if (isProblem(records)) {
      const text = `The update failed for all features since the following feature had an error: ${records.message}`
      return { response: { ...errorFields(problem(records.error, text)), results: [] } }
    }
    const results = updates.map(({ name }) => ({ feature: name, errorCode: 0 }))
    return {
      response: { errorCode: 0, results: asked.apiVersion <= 1 ? results : [] },
      records: validateOnly ? [] : [...elrSafetyRecords(updates, asked), ...records],
      effects: validateOnly || quorum === undefined ? [] : [{ type: 'UpgradeKraftVersion', level: quorum.level }],
    }
  },
  refuse: (_, found) => ({ ...found, results: [] }),
})

function updateFrom(
  { feature, maxVersionLevel, upgradeType, allowDowngrade }: RequestedUpdate,
  apiVersion: number,
): Update {
  const kinds: readonly (Kind | undefined)[] = [undefined, 'upgrade', 'safe downgrade', 'unsafe downgrade']
  const kind = apiVersion === 0 ? (allowDowngrade ? 'safe downgrade' : 'upgrade') : kinds[upgradeType]
  return { name: feature, level: maxVersionLevel, kind }
}

function recordsOf(updates: readonly Update[], asked: Asked): readonly MetadataRecordInput[] | ApiProblem {
  const { image } = asked
  const proposed = new Map([
    ...image.features.levels,
    [metadataVersionFeature, metadataVersionOf(asked)] as const,
    ...updates.map(({ name, level }) => [name, level] as const),
  ])
  const records: MetadataRecordInput[] = []
  for (const update of updates) {
    const text = updateProblem(update, asked) ?? dependencyProblem(update, proposed)
    if (text !== undefined) return invalidUpdate(update, text)
    const downgrade = update.name === metadataVersionFeature ? metadataDowngradeProblem(update, asked) : undefined
    if (downgrade !== undefined) return problem('INVALID_UPDATE_VERSION', downgrade)
    if (update.name !== kraftVersionFeature) {
      records.push({ type: 'FeatureLevelRecord', name: update.name, featureLevel: update.level })
    } else if (isKraftUpgrade(update, asked)) {
      // The log keeps that level itself: this is only what the answer waits for.
      records.push({ type: 'NoOpRecord' })
    }
  }
  return records
}

function invalidUpdate({ name, level }: Update, text: string): ApiProblem {
  return problem('INVALID_UPDATE_VERSION', `Invalid update version ${level} for feature ${name}. ${text}`)
}

function updateProblem(update: Update, asked: Asked): string | undefined {
  const { name, level, kind } = update
  if (kind === undefined) return 'The controller does not support the given upgrade type.'
  if (level < 0) return 'A feature version cannot be less than 0.'
  const unsupported = supportProblem(update, asked)
  if (unsupported !== undefined) return unsupported
  if (featureNamed(name) === undefined) return `Feature ${name} not found.`
  const current = isImageFeature(name) ? featureLevel(asked.image, name) : asked.options.kraftVersion()
  if (level < current && kind === 'upgrade') {
    return "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
  }
  if (level > current && kind !== 'upgrade') return "Can't downgrade to a newer version."
  return name === kraftVersionFeature && level < current ? "Can't downgrade the version of this feature." : undefined
}

/** From voters that the configuration names to voters that the log names (KIP-853). */
function isKraftUpgrade({ name, level }: Update, { options }: Asked): boolean {
  return name === kraftVersionFeature && level > options.kraftVersion()
}

/** Who does not support the level: this controller, a broker, another controller. */
function supportProblem({ name, level }: Update, { options, image, config }: Asked): string | undefined {
  const nodeId = config.get('node.id')
  const here = rangeProblem(`Local controller ${nodeId}`, options.supportedFeatures.get(name), level)
  if (here !== undefined) return here
  for (const broker of image.brokers.values()) {
    const found = rangeProblem(`Broker ${broker.id}`, broker.supportedFeatures.get(name), level)
    if (found !== undefined) return found
  }
  const others = [...image.controllers.values()].filter(({ id }) => id !== nodeId)
  for (const controller of others) {
    const found = rangeProblem(`Controller ${controller.id}`, controller.supportedFeatures.get(name), level)
    if (found !== undefined) return found
  }
  if ((image.features.metadataVersion ?? 0) < since.controllerRegistration) return undefined
  const unknown = options.voterIds().find((id) => id !== nodeId && !image.controllers.has(id))
  return unknown === undefined
    ? undefined
    : `controller ${unknown} has not registered, and may not support this feature`
}

function rangeProblem(who: string, range: FeatureRange | undefined, level: number): string | undefined {
  const { min, max } = range ?? { min: 0, max: 0 }
  if (level >= min && level <= max) return undefined
  if (max === 0) return `${who} does not support this feature.`
  return `${who} only supports versions ${min === max ? min : `${min}-${max}`}`
}

function dependencyProblem({ name, level }: Update, proposed: ReadonlyMap<string, number>): string | undefined {
  const needs = featureNamed(name)?.needs[level - 1] ?? {}
  const missing = Object.entries(needs).find(([other, needed]) => (proposed.get(other) ?? 0) < needed)
  if (missing === undefined) return undefined
  return `${name} could not be set to ${level} because it depends on ${missing[0]} level ${missing[1]}`
}

function metadataDowngradeProblem({ level, kind }: Update, asked: Asked): string | undefined {
  const current = metadataVersionOf(asked)
  if (metadataVersionName(level) === undefined) {
    return `Invalid metadata.version ${level}. Valid versions are from ${metadataVersionMin} to ${metadataVersionMax}.`
  }
  if (level >= current || !recordsDifferBetween(current, level)) return undefined
  const why =
    kind === 'unsafe downgrade'
      ? 'Unsafe metadata downgrade is not supported in this version.'
      : 'Refusing to perform the requested downgrade because it might delete metadata information.'
  return `Unsupported metadata.version downgrade from ${current} to ${level}. ${why}`
}

/** ELR counts on one min.insync.replicas for all brokers: it is written down, and those of single brokers go. */
function elrSafetyRecords(updates: readonly Update[], { image, options }: Asked): readonly MetadataRecordInput[] {
  if (!updates.some(({ name, level }) => name === elrFeature && level > 0)) return []
  const name = 'min.insync.replicas'
  const holders = [...image.configs.values()].filter(
    ({ resource, values }) => resource.type === brokerResourceType && values.has(name),
  )
  const record = (resourceName: string, value: string | null): MetadataRecordInput => ({
    type: 'ConfigRecord',
    resourceType: brokerResourceType,
    resourceName,
    name,
    value,
  })
  const isClusterSet = holders.some(({ resource }) => resource.name === '')
  return [
    ...(isClusterSet ? [] : [record('', String(options.config.get(name)))]),
    ...holders.filter(({ resource }) => resource.name !== '').map(({ resource }) => record(resource.name, null)),
  ]
}
