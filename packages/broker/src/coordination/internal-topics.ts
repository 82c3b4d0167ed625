/**
 * The topics in which coordinators keep what they know. They come into being when first needed, with the settings that
 * their owners’ configs name; whoever asks meanwhile waits for them, within a bound.
 */
import { asError } from '@gregor/base'
import type { TopicImage } from '@gregor/metadata'
import type { Logger } from '@gregor/platform'
import { CreateTopics, errorName } from '@gregor/protocol'
import type { ControllerCalls } from '../metadata/controller-calls.ts'
import type { NodeConfig } from '../server/node-config.ts'
import type { MetadataView } from '../server/services.ts'
import { groupTopic } from './group-coordinators.ts'
import { transactionTopic } from './transaction-coordinators.ts'

export interface InternalTopicsOptions {
  readonly calls: Pick<ControllerCalls, 'call'>
  readonly metadata: MetadataView
  readonly config: NodeConfig
  readonly logger: Logger
  readonly whenCaughtUp: () => Promise<void>
}

interface TopicSettings {
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

const shareTopic = '__share_group_state'

export class InternalTopics {
  readonly #options: InternalTopicsOptions
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(options: InternalTopicsOptions) {
    this.#options = options
  }

  /** The offsets of groups. `undefined` where it is not there yet: the client asks again. */
  groupTopic(): Promise<TopicImage | undefined> {
    return this.#topic(groupTopic, this.#groupSettings)
  }

  /** The state of transactions. `undefined` where it is not there yet: the client asks again. */
  transactionTopic(): Promise<TopicImage | undefined> {
    return this.#topic(transactionTopic, this.#transactionSettings)
  }

  /** By name, for whoever only asked for its metadata; `undefined` also where it is no topic of a coordinator. */
  async named(name: string): Promise<TopicImage | undefined> {
    switch (name) {
      case groupTopic:
        return await this.groupTopic()
      case transactionTopic:
        return await this.transactionTopic()
      case shareTopic:
        return await this.#topic(shareTopic, this.#shareSettings)
      default:
        return undefined
    }
  }

  readonly #groupSettings = (): TopicSettings => {
    const { config } = this.#options
    return {
      numPartitions: config.get('offsets.topic.num.partitions'),
      replicationFactor: config.get('offsets.topic.replication.factor'),
      configs: {
        'cleanup.policy': 'compact',
        'compression.type': 'producer',
        'segment.bytes': String(config.get('offsets.topic.segment.bytes')),
      },
    }
  }

  readonly #transactionSettings = (): TopicSettings => {
    const { config } = this.#options
    return {
      numPartitions: config.get('transaction.state.log.num.partitions'),
      replicationFactor: config.get('transaction.state.log.replication.factor'),
      configs: {
        'cleanup.policy': 'compact',
        'compression.type': 'uncompressed',
        'min.insync.replicas': String(config.get('transaction.state.log.min.isr')),
        'segment.bytes': String(config.get('transaction.state.log.segment.bytes')),
        'unclean.leader.election.enable': 'false',
      },
    }
  }

  /** Nothing keeps anything there yet; but it must not come to be as a topic like any other. */
  readonly #shareSettings = (): TopicSettings => {
    const { config } = this.#options
    return {
      numPartitions: config.get('share.coordinator.state.topic.num.partitions'),
      replicationFactor: config.get('share.coordinator.state.topic.replication.factor'),
      configs: {
        'cleanup.policy': 'delete',
        'compression.type': 'producer',
        'min.insync.replicas': String(config.get('share.coordinator.state.topic.min.isr')),
        'retention.ms': '-1',
        'segment.bytes': String(config.get('share.coordinator.state.topic.segment.bytes')),
      },
    }
  }

  async #topic(name: string, settings: () => TopicSettings): Promise<TopicImage | undefined> {
    const { metadata } = this.#options
    const known = metadata.image.topics.byName.get(name)
    if (known !== undefined) return known
    let underWay = this.#underWay.get(name)
    if (underWay === undefined) {
      underWay = this.#create(name, settings()).finally(() => this.#underWay.delete(name))
      this.#underWay.set(name, underWay)
    }
    await underWay
    return metadata.image.topics.byName.get(name)
  }

  async #create(name: string, { numPartitions, replicationFactor, configs }: TopicSettings): Promise<void> {
    const { calls, config, logger, whenCaughtUp } = this.#options
    const timeoutMs = config.get('request.timeout.ms')
    const topic = {
      name,
      numPartitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    try {
      const { topics } = await calls.call(CreateTopics, { topics: [topic], timeoutMs }, { timeoutMs })
      const error = errorName(topics[0]?.errorCode ?? -1)
      if (error !== 'NONE' && error !== 'TOPIC_ALREADY_EXISTS') {
        logger.warn(`${name} cannot be created: ${error}. Check its replication factor against the number of brokers`, {
          reason: topics[0]?.errorMessage,
        })
      }
      await whenCaughtUp()
    } catch (error) {
      logger.warn(`${name} cannot be created`, { error: asError(error) })
    }
  }
}
