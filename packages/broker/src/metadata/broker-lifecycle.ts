/**
 * This broker as the controller knows it (KIP-631): registers, heartbeats, is unfenced once it has caught up, and
 * leaves in order. The controller may be in this process or not: it is only ever sent requests.
 *
 * Sequence: register → catch up with the metadata log up to the own registration → be unfenced → heartbeat until
 * `stop`, which asks for a controlled shutdown and waits, within a bound, until the controller lets it go.
 */
import { asError, background, randomUuid } from '@gregor/base'
import type { Clock, Logger, Random, Timer } from '@gregor/platform'
import { BrokerHeartbeat, BrokerRegistration, errorName, type ProtocolError } from '@gregor/protocol'
import type { RegisteredListener } from '../server/listeners.ts'
import type { ControllerCalls } from './controller-calls.ts'

export type BrokerState = 'starting' | 'registered' | 'running' | 'stopping' | 'stopped'

export interface BrokerIdentity {
  readonly nodeId: number
  readonly clusterId: string
  readonly rack: string | undefined
  readonly features: readonly { readonly name: string; readonly min: number; readonly max: number }[]
  /** Of the log directories that are online. */
  readonly directoryIds: () => readonly string[]
  readonly offlineDirectoryIds: () => readonly string[]
  /** From the clean-shutdown marker; -1: the last stop was not clean. */
  readonly previousBrokerEpoch: number
}

export interface LifecycleOptions {
  readonly identity: BrokerIdentity
  readonly calls: Pick<ControllerCalls, 'call'>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly heartbeatIntervalMs: number
  readonly sessionTimeoutMs: number
  readonly registrationTimeoutMs: number
  /** The last metadata offset this broker has published to itself. */
  readonly metadataOffset: () => number
  /** Resolves when that offset has reached the given one. */
  readonly whenPublished: (offset: number) => Promise<void>
}

const retryBackoffMs = 100

export class BrokerLifecycle {
  readonly #options: LifecycleOptions
  readonly #incarnationId: string
  #state: BrokerState = 'starting'
  #epoch = -1
  #listeners: readonly RegisteredListener[] = []
  #timer: Timer | undefined

  constructor(options: LifecycleOptions) {
    this.#options = options
    this.#incarnationId = randomUuid(options.random)
  }

  get state(): BrokerState {
    return this.#state
  }

  /** The offset of this broker’s registration; -1 before it. */
  get epoch(): number {
    return this.#epoch
  }

  /**
   * @param listeners - where clients and brokers reach this one.
   * @throws BrokerRegistrationError where the controller will not have this broker, or did not answer in time.
   */
  async register(listeners: readonly RegisteredListener[]): Promise<void> {
    this.#listeners = listeners
    const { clock, registrationTimeoutMs, logger } = this.#options
    const deadlineMs = clock.monotonicMs() + registrationTimeoutMs
    for (;;) {
      const { error, epoch } = await this.#tryToRegister(deadlineMs - clock.monotonicMs())
      if (error === 'NONE') {
        this.#epoch = epoch
        this.#state = 'registered'
        return
      }
      if (isFinal(error) || clock.monotonicMs() >= deadlineMs)
        throw new BrokerRegistrationError(error, this.#options.identity.nodeId)
      logger.info('The controller does not take the registration yet', { error })
      await this.#pause(retryBackoffMs)
    }
  }

  /** Catches up with the metadata log and is let in. Resolves once the controller has unfenced this broker. */
  async unfence(): Promise<void> {
    await this.#options.whenPublished(this.#epoch)
    while (this.#state === 'registered') {
      const answer = await this.#heartbeat({ wantFence: false })
      if (answer?.isFenced === false) {
        this.#state = 'running'
        this.#scheduleHeartbeat()
        return
      }
      await this.#pause(answer === undefined ? retryBackoffMs : 10)
    }
  }

  /** Hands over what this broker leads, as far as the controller can within `timeoutMs`. Idempotent. */
  async stop({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    if (this.#state === 'stopping' || this.#state === 'stopped') return
    const wasRegistered = this.#epoch >= 0
    this.#state = 'stopping'
    this.#timer?.cancel()
    const { clock } = this.#options
    const deadlineMs = clock.monotonicMs() + timeoutMs
    while (wasRegistered && clock.monotonicMs() < deadlineMs) {
      const answer = await this.#heartbeat({ wantShutDown: true, timeoutMs: deadlineMs - clock.monotonicMs() })
      if (answer?.shouldShutDown === true) break
      await this.#pause(20)
    }
    this.#state = 'stopped'
  }

  async #tryToRegister(timeoutMs: number): Promise<{ error: ProtocolError; epoch: number }> {
    const { identity, calls } = this.#options
    const response = await calls.call(
      BrokerRegistration,
      {
        brokerId: identity.nodeId,
        clusterId: identity.clusterId,
        incarnationId: this.#incarnationId,
        listeners: this.#listeners,
        features: identity.features.map(({ name, min, max }) => ({
          name,
          minSupportedVersion: min,
          maxSupportedVersion: max,
        })),
        rack: identity.rack ?? null,
        isMigratingZkBroker: false,
        logDirs: [...identity.directoryIds()],
        previousBrokerEpoch: identity.previousBrokerEpoch,
      },
      { timeoutMs: Math.max(1, timeoutMs) },
    )
    return { error: errorName(response.errorCode), epoch: response.brokerEpoch }
  }

  async #heartbeat(given: {
    wantFence?: boolean
    wantShutDown?: boolean
    timeoutMs?: number
  }): Promise<{ isFenced: boolean; shouldShutDown: boolean } | undefined> {
    const { identity, calls, logger, metadataOffset, sessionTimeoutMs } = this.#options
    try {
      const response = await calls.call(
        BrokerHeartbeat,
        {
          brokerId: identity.nodeId,
          brokerEpoch: this.#epoch,
          currentMetadataOffset: metadataOffset(),
          wantFence: given.wantFence ?? false,
          wantShutDown: given.wantShutDown ?? false,
          offlineLogDirs: [...identity.offlineDirectoryIds()],
        },
        { timeoutMs: Math.max(1, given.timeoutMs ?? sessionTimeoutMs) },
      )
      const error = errorName(response.errorCode)
      if (error === 'NONE') return response
      logger.warn('The controller refused a heartbeat', { error })
      if (error === 'STALE_BROKER_EPOCH' && this.#state === 'running') await this.#reregister()
    } catch (error) {
      logger.warn('A heartbeat found no controller', {
        error: asError(error),
      })
    }
    return undefined
  }

  /** The controller has forgotten this broker: it comes back as a new one. */
  async #reregister(): Promise<void> {
    this.#state = 'starting'
    await this.register(this.#listeners)
    await this.unfence()
  }

  #scheduleHeartbeat(): void {
    const { clock, heartbeatIntervalMs, logger } = this.#options
    this.#timer = clock.schedule(heartbeatIntervalMs, () => {
      const beat = async (): Promise<void> => {
        await this.#heartbeat({})
        if (this.#state === 'running') this.#scheduleHeartbeat()
      }
      background('broker heartbeat', beat(), (name, error) => logger.error(name, { error: asError(error) }))
    })
  }

  #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#options.clock.schedule(delayMs, resolve)
    return promise
  }
}

/** Asking again would be answered the same. */
function isFinal(error: ProtocolError): boolean {
  return error === 'INCONSISTENT_CLUSTER_ID' || error === 'UNSUPPORTED_VERSION' || error === 'INVALID_REGISTRATION'
}

export class BrokerRegistrationError extends Error {
  override readonly name = 'BrokerRegistrationError'
  readonly error: ProtocolError

  constructor(error: ProtocolError, nodeId: number) {
    super(`the controller did not register broker ${nodeId}: ${error}${hints[error] ?? ''}`)
    this.error = error
  }
}

const hints: Readonly<Partial<Record<ProtocolError, string>>> = {
  DUPLICATE_BROKER_REGISTRATION:
    '. Another broker with this node.id is running: give this one another id, or stop the other',
  UNSUPPORTED_VERSION: '. The cluster has finalized a feature level that this broker does not know',
  INCONSISTENT_CLUSTER_ID: '. The directory was formatted for another cluster',
}
