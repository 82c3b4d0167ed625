/**
 * The configuration in force: the file with its overrides, and over it what the metadata log says of this broker and
 * of all brokers (KIP-226). Replaced whole when dynamic configs change; whoever asks gets what holds now.
 */
import { ConfigError, resolveLogConfig } from '@gregor/config'
import type { BrokerConfig, BrokerConfigName, BrokerConfigs, LogConfig, ValueOf } from '@gregor/config'
import { configOf, type MetadataChange, type MetadataImage } from '@gregor/metadata'
import type { Logger } from '@gregor/platform'

const topicResource = 2
const brokerResource = 4
const nothing: ReadonlyMap<string, string> = new Map()

export interface ConfigChange {
  /** The configuration of the broker is another one: all that it gives defaults for may be, too. */
  readonly isBroker: boolean
  /** Topics whose own configs changed. */
  readonly topics: readonly string[]
}

export class NodeConfig {
  readonly #nodeId: number
  readonly #logger: Logger
  #current: BrokerConfig
  #image: MetadataImage | undefined

  constructor(initial: BrokerConfig, { nodeId, logger }: { nodeId: number; logger: Logger }) {
    this.#current = initial
    this.#nodeId = nodeId
    this.#logger = logger
  }

  get current(): BrokerConfig {
    return this.#current
  }

  get<N extends BrokerConfigName>(name: N): ValueOf<BrokerConfigs[N]> {
    return this.#current.get(name)
  }

  isSet(name: BrokerConfigName): boolean {
    return this.#current.isSet(name)
  }

  /** What is stored for a topic itself, over this broker’s defaults. */
  logConfigFor(topic: string): LogConfig {
    const own = this.#image === undefined ? nothing : configOf(this.#image, { type: topicResource, name: topic })
    return resolveLogConfig(this.#current, own)
  }

  /** Takes over all of an image: before anything is published. */
  restore(image: MetadataImage): void {
    this.#image = image
    this.#overlay(image)
  }

  /**
   * Takes over what changed. What does not hold together is left out, with a line in the log; the rest holds on.
   * @returns what holds anew, for those who keep something that follows from it.
   */
  publish({ image, delta }: MetadataChange): ConfigChange {
    this.#image = image
    const changes = [...delta.configs.changes].map(([key, now]) => ({
      resource: now?.resource ?? delta.configs.before.get(key)?.resource,
    }))
    const isOwn = changes.some(({ resource }) => resource?.type === brokerResource && this.#isAbout(resource.name))
    if (isOwn) this.#overlay(image)
    return {
      isBroker: isOwn,
      topics: changes.flatMap(({ resource }) => (resource?.type === topicResource ? [resource.name] : [])),
    }
  }

  /** The configs of this broker, or those of all. */
  #isAbout(name: string): boolean {
    return name === '' || name === String(this.#nodeId)
  }

  #overlay(image: MetadataImage): void {
    const broker = configOf(image, { type: brokerResource, name: String(this.#nodeId) })
    const cluster = configOf(image, { type: brokerResource, name: '' })
    try {
      const next = this.#current.withDynamic({ broker, cluster })
      if (next === this.#current) return
      for (const warning of next.warnings) this.#logger.warn(warning)
      this.#current = next
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      this.#logger.error('The dynamic configs disagree with one another: those in force before stay', { error })
    }
  }
}
