/**
 * The configuration of this node as the metadata has it at a moment: the file, under what was set for all brokers and
 * for this one. Topics have their defaults from it (KIP-226).
 */
import { ConfigError } from '@gregor/config'
import type { BrokerConfig } from '@gregor/config'
import { configOf } from '@gregor/metadata'
import type { MetadataImage } from '@gregor/metadata'

export const topicResourceType = 2
export const brokerResourceType = 4

export class NodeConfig {
  readonly #static: BrokerConfig
  #latest: {
    readonly cluster: ReadonlyMap<string, string>
    readonly broker: ReadonlyMap<string, string>
    readonly config: BrokerConfig
  }

  constructor(config: BrokerConfig) {
    this.#static = config
    this.#latest = { cluster: new Map(), broker: new Map(), config }
  }

  /** Cheap where nothing was set since the last call: images share what did not change. */
  in(image: MetadataImage): BrokerConfig {
    const cluster = configOf(image, { type: brokerResourceType, name: '' })
    const broker = configOf(image, { type: brokerResourceType, name: String(this.#static.get('node.id')) })
    if (cluster !== this.#latest.cluster || broker !== this.#latest.broker) {
      this.#latest = { cluster, broker, config: this.#with(cluster, broker) }
    }
    return this.#latest.config
  }

  #with(cluster: ReadonlyMap<string, string>, broker: ReadonlyMap<string, string>): BrokerConfig {
    try {
      return this.#static.withDynamic({ cluster, broker })
    } catch (error) {
      // Configs that were fine one by one and disagree: those of the file hold until somebody mends it.
      if (error instanceof ConfigError) return this.#static
      throw error
    }
  }
}
