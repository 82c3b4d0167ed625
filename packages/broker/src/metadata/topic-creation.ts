/**
 * Topics that come into being because somebody asked for their metadata (auto.create.topics.enable).
 * A topic that is being created is asked for once, however many clients want it.
 */
import { asError } from '@gregor/base'
import type { NodeConfig } from '../server/node-config.ts'
import type { Logger } from '@gregor/platform'
import { CreateTopics, errorName } from '@gregor/protocol'
import type { Asker, ControllerCalls } from './controller-calls.ts'

export class TopicCreation {
  readonly #calls: Pick<ControllerCalls, 'call'>
  readonly #whenCaughtUp: () => Promise<void>
  readonly #config: NodeConfig
  readonly #logger: Logger
  readonly #underWay = new Map<string, Promise<void>>()

  /** @param options.whenCaughtUp - resolves once this node published what is committed now, or gave up waiting. */
  constructor(options: {
    calls: Pick<ControllerCalls, 'call'>
    whenCaughtUp: () => Promise<void>
    config: NodeConfig
    logger: Logger
  }) {
    this.#calls = options.calls
    this.#whenCaughtUp = options.whenCaughtUp
    this.#config = options.config
    this.#logger = options.logger
  }

  /** Resolves when the controller has answered for all of them; failures are logged, the topic then stays unknown. */
  async create(names: readonly string[], asker: Asker): Promise<void> {
    const missing = names.filter((name) => !this.#underWay.has(name))
    if (missing.length > 0) {
      const request = this.#request(missing, asker).finally(() => {
        for (const name of missing) this.#underWay.delete(name)
      })
      for (const name of missing) this.#underWay.set(name, request)
    }
    for (const name of names) await this.#underWay.get(name)
  }

  async #request(names: readonly string[], { principal, clientId, clientAddress }: Asker): Promise<void> {
    // What the operator did not set is left to the controller’s own defaults.
    const numPartitions = this.#config.isSet('num.partitions') ? this.#config.get('num.partitions') : -1
    const replicationFactor = this.#config.isSet('default.replication.factor')
      ? this.#config.get('default.replication.factor')
      : -1
    const timeoutMs = this.#config.get('request.timeout.ms')
    const request = {
      topics: names.map((name) => ({ name, numPartitions, replicationFactor, assignments: [], configs: [] })),
      timeoutMs,
    }
    try {
      const { topics } = await this.#calls.call(CreateTopics, request, {
        timeoutMs,
        asker: { principal, clientId, clientAddress },
      })
      await this.#whenCaughtUp()
      for (const { name, errorCode: code, errorMessage } of topics) {
        const error = errorName(code)
        const isFailed = error !== 'NONE' && error !== 'TOPIC_ALREADY_EXISTS'
        if (isFailed) this.#logger.warn(`Auto topic creation failed for ${name}: ${error}`, { reason: errorMessage })
      }
    } catch (error) {
      this.#logger.warn(`Auto topic creation failed for ${names.join(', ')}`, {
        error: asError(error),
      })
    }
  }
}
