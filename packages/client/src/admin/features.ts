/** Feature levels of the cluster: what nodes could do, and what all have agreed on (KIP-584). */
import { ApiVersions, type ResponseOf, UpdateFeatures } from '@gregor/protocol'
import type { NodeChoice } from '../cluster/cluster.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { type AdminContext, type CallOptions, call, check, errorOf, inRounds, passingAtController } from './call.ts'
import type { Results } from './results.ts'

export interface DescribeFeaturesOptions extends CallOptions {
  /** Whose features. Default: any node's. */
  readonly nodeId?: number
}

export interface FeatureMetadata {
  /** What all have agreed on; features at level 0 are not there. */
  readonly finalizedFeatures: ReadonlyMap<
    string,
    { readonly minVersionLevel: number; readonly maxVersionLevel: number }
  >
  /** `undefined`: the node does not know. */
  readonly finalizedFeaturesEpoch: number | undefined
  /** What the node could do. */
  readonly supportedFeatures: ReadonlyMap<string, { readonly minVersion: number; readonly maxVersion: number }>
}

/** `safe-downgrade`: only where nothing is lost by it. */
export type UpgradeType = 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade'

export interface FeatureUpdate {
  readonly feature: string
  /** 0: the feature goes. */
  readonly maxVersionLevel: number
  /** Default: `upgrade`. */
  readonly upgradeType?: UpgradeType
}

export interface UpdateFeaturesOptions extends CallOptions {
  /** Only says what would come of it (3.3 and later). */
  readonly validateOnly?: boolean
}

const upgradeTypes = { upgrade: 1, 'safe-downgrade': 2, 'unsafe-downgrade': 3 } as const

export function describeFeatures(context: AdminContext, options: DescribeFeaturesOptions): Promise<FeatureMetadata> {
  return call(context, 'describeFeatures', options, async (given) => {
    const node: NodeChoice = options.nodeId ?? 'any'
    const { response } = await context.cluster.send(node, ApiVersions, softwareName, given)
    check(response.errorCode)
    return featureMetadata(response)
  })
}

/** With Kafka 4.0 and later all are updated, or none. */
export function updateFeatures(
  context: AdminContext,
  updates: readonly FeatureUpdate[],
  options: UpdateFeaturesOptions,
): Promise<Results<string, void>> {
  const byName = new Map(updates.map((one) => [one.feature, one]))
  const rounds = {
    ...options,
    name: 'updateFeatures',
    keyOf: (feature: string) => feature,
    passing: passingAtController,
  }
  return inRounds(context, byName.keys(), rounds, async (open, report, given) => {
    const wanted = open.flatMap((feature) => byName.get(feature) ?? [])
    const request = (version: number) => ({
      timeoutMs: given.timeoutMs,
      featureUpdates: wanted.map((one) => featureInput(one, version)),
      ...(options.validateOnly === true ? { validateOnly: true } : {}),
    })
    const { response } = await context.cluster.send('controller', UpdateFeatures, request, given)
    check(response.errorCode, response.errorMessage)
    if (response.results.length === 0) for (const feature of open) report.done(feature, undefined)
    for (const { feature, errorCode, errorMessage } of response.results) {
      const error = errorOf(errorCode, errorMessage)
      if (error === undefined) report.done(feature, undefined)
      else report.failed(feature, error)
    }
  })
}

/** What we call ourselves in ApiVersions. */
export const softwareName = { clientSoftwareName: 'gregor', clientSoftwareVersion: '0.1.0' } as const

export function featureMetadata(response: ResponseOf<typeof ApiVersions>): FeatureMetadata {
  const { supportedFeatures, finalizedFeatures, finalizedFeaturesEpoch } = response
  return {
    finalizedFeatures: new Map(finalizedFeatures.map(({ name, ...levels }) => [name, levels])),
    finalizedFeaturesEpoch: finalizedFeaturesEpoch < 0 ? undefined : finalizedFeaturesEpoch,
    supportedFeatures: new Map(supportedFeatures.map(({ name, ...range }) => [name, range])),
  }
}

function featureInput({ feature, maxVersionLevel, upgradeType = 'upgrade' }: FeatureUpdate, version: number) {
  if (version > 0) return { feature, maxVersionLevel, upgradeType: upgradeTypes[upgradeType] }
  if (upgradeType === 'unsafe-downgrade') throw new UnsupportedVersionError('the node knows no unsafe downgrades')
  return { feature, maxVersionLevel, allowDowngrade: upgradeType === 'safe-downgrade' }
}
