/**
 * What one node said that it serves, and what of that we speak: the newest version of each API that both know.
 * Filled by ApiVersions, the first answer of every connection.
 */
import { type Api, type ApiVersionsResponse, advertisedVersions } from '@gregor/protocol'
import { UnsupportedVersionError } from '../errors.ts'

interface Range {
  readonly minVersion: number
  readonly maxVersion: number
}

export class ApiRanges {
  readonly #node: string
  readonly #ranges = new Map<number, Range>()
  /** -1 where the node does not know. */
  readonly featuresEpoch: number
  /** Levels the cluster has agreed on. */
  readonly features: ReadonlyMap<string, number>

  /** @param node - for messages. */
  constructor(node: string, response: ApiVersionsResponse) {
    this.#node = node
    for (const range of response.apiKeys) this.#ranges.set(range.apiKey, range)
    this.featuresEpoch = response.finalizedFeaturesEpoch
    this.features = new Map(response.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]))
  }

  /** @throws UnsupportedVersionError */
  newest(api: Api, versionMax = Infinity): number {
    const theirs = this.#ranges.get(api.key)
    if (theirs === undefined) throw new UnsupportedVersionError(`${this.#node} does not serve ${api.name}.`)
    const ourMax = Math.min(advertisedVersions(api)?.max ?? api.versions.max, versionMax)
    const version = Math.min(ourMax, theirs.maxVersion)
    if (version >= theirs.minVersion && version >= api.versions.min) return version
    const range = `${theirs.minVersion} to ${theirs.maxVersion}`
    throw new UnsupportedVersionError(
      `${this.#node} serves ${api.name} in versions ${range}, this client has ${api.versions.min} to ${ourMax} for it.`,
    )
  }
}
