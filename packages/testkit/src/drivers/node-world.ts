/**
 * One node in a simulated world, with what happens to it: it is started, killed, loses its power, fails and is started
 * again, while drivers on hosts of their own talk to it over the network. Everything is written into one history.
 *
 * `run` lets time pass until a story is over. Power may go before any operation on the disk: between two events.
 */
import { InvariantViolation, assert } from '@gregor/base'
import { Broker } from '@gregor/broker'
import { BrokerConfig } from '@gregor/config'
import type { Random } from '@gregor/platform'
import { ConnectionResources } from '@gregor/transport'
import { History } from '../history/history.ts'
import { seededRandom } from '../simulation/seeded-random.ts'
import { type SimulatedNode, SimulatedWorld } from '../simulation/simulated-world.ts'
import { DriverConnection } from './driver-connection.ts'
import type { Tamper } from './tamper.ts'

export interface NodeWorldOptions {
  readonly seed: number
  /** `log.flush.interval.messages=1`: nothing is acknowledged before it is synced. */
  readonly isSynced: boolean
  readonly tamper?: Tamper | undefined
}

export type NodeState = 'down' | 'starting' | 'up'

const brokerHost = 'broker'
const brokerPort = 9092
/** What a start may take, in virtual time: a disk may be slow. */
const startLimitMs = 30_000

export class NodeWorld {
  readonly world: SimulatedWorld
  /** Of the story: what is drawn here moves neither the disk nor the network. */
  readonly random: Random
  readonly history: History
  readonly node: SimulatedNode
  readonly isSynced: boolean
  readonly #tamper: Tamper | undefined
  readonly #config: BrokerConfig
  readonly #resources = new ConnectionResources({ receiveBytes: 64 * 1024 })
  #broker: Broker | undefined
  #state: NodeState = 'down'
  #life = 0
  #failure: { readonly error: unknown } | undefined
  /** A start may fail while a fault is on. */
  mayFailToStart = false
  /**
   * A sync has failed, so the system may have dropped what it should have written, and still shows it. Who starts again
   * without a restart of the machine believes it: here that machine is restarted (history/SPEC.md).
   */
  hasFailedSync = false

  constructor({ seed, isSynced, tamper }: NodeWorldOptions) {
    this.world = new SimulatedWorld({ seed })
    this.random = seededRandom(this.world.random.uint32())
    this.history = new History(() => this.world.time.nowMs)
    this.node = this.world.node(brokerHost)
    this.isSynced = isSynced
    this.#tamper = tamper
    this.#config = configOf(isSynced)
  }

  get state(): NodeState {
    return this.#state
  }

  get nowMs(): number {
    return this.world.time.nowMs
  }

  /** A connection of the driver on that host, to the node. */
  connect(client: SimulatedNode): DriverConnection {
    const { environment, name } = client
    const tamper = this.#tamper
    const options = { environment, client: name, host: brokerHost, port: brokerPort, resources: this.#resources }
    return new DriverConnection({ ...options, tamper })
  }

  // ------------------------------------------------------------------------------------------------ the node’s lives

  start(): void {
    if (this.#state !== 'down') return
    this.#state = 'starting'
    const life = ++this.#life
    const fatal = (): void => {
      if (life === this.#life) this.#end('failed')
    }
    const starting = Broker.start({ environment: this.node.environment, config: this.#config, onFatal: fatal })
    const deadline = this.world.time.after(startLimitMs, 'start limit', () => {
      if (life === this.#life) this.fail(new InvariantViolation(`the node is not up after ${startLimitMs} ms`))
    })
    starting.then(
      (broker) => {
        deadline.cancel()
        if (life !== this.#life) return
        this.#broker = broker
        this.#state = 'up'
        this.history.note({ kind: 'node', event: 'started' })
      },
      (error: unknown) => {
        deadline.cancel()
        if (life !== this.#life || !this.node.disk.hasPower) return
        if (this.mayFailToStart) this.#end('failed')
        else this.fail(new InvariantViolation('the node does not start', { cause: error }))
      },
    )
  }

  /** As `kill -9`. */
  kill(): void {
    if (this.#state !== 'down') this.#end('killed')
  }

  losePower(): void {
    this.hasFailedSync = false
    this.#forgetLife()
    this.node.losePower()
    this.node.restart()
    this.history.note({ kind: 'node', event: 'lost power' })
  }

  /** In order, as SIGTERM does. */
  async stop(): Promise<void> {
    const broker = this.#broker
    if (this.#state !== 'up' || broker === undefined) return
    const life = this.#life
    try {
      await broker.stop()
    } catch (error) {
      // A disk that is full or failing at the moment may not let it stop in order.
      if (!this.mayFailToStart && life === this.#life) throw error
    }
    if (life === this.#life) this.#end('killed')
  }

  #end(event: 'killed' | 'failed'): void {
    if (this.hasFailedSync) return this.losePower()
    this.#forgetLife()
    this.node.kill()
    this.history.note({ kind: 'node', event })
  }

  #forgetLife(): void {
    this.#life++
    this.#broker = undefined
    this.#state = 'down'
  }

  // ------------------------------------------------------------------------------------------------------ the story

  /** The run is over with this. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** A driver’s work: what it throws ends the run. */
  go(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.fail(error))
  }

  /** In virtual time, whoever is killed meanwhile. */
  pause(durationMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.world.time.after(durationMs, 'pause', resolve)
    return promise
  }

  /** Lets time pass until the story is over. @throws what it threw, or the first thing that must not happen. */
  async run(story: Promise<void>, limitMs: number): Promise<void> {
    let isOver = false
    this.go(story.then(() => (isOver = true)))
    const { time } = this.world
    const untilMs = time.nowMs + limitMs
    while (!isOver) {
      await time.runUntil(() => isOver || this.#failure !== undefined || !this.node.disk.hasPower, {
        limitMs: untilMs - time.nowMs,
      })
      if (this.#failure !== undefined) throw this.#failure.error
      if (!this.node.disk.hasPower) this.losePower()
      assert(time.nowMs <= untilMs, `the story takes longer than ${limitMs} ms`)
    }
  }
}

function configOf(isSynced: boolean): BrokerConfig {
  const properties = new Map([
    ['log.dirs', '/data'],
    ['listeners', `PLAINTEXT://${brokerHost}:${brokerPort}`],
    ['offsets.topic.num.partitions', '1'],
    ['transaction.state.log.num.partitions', '1'],
    ['transaction.abort.timed.out.transaction.cleanup.interval.ms', '500'],
    ['log.segment.bytes', '1048576'],
    ['log.index.size.max.bytes', '4096'],
    ['auto.create.topics.enable', 'false'],
    ['group.initial.rebalance.delay.ms', '0'],
    ['group.min.session.timeout.ms', '500'],
    ['group.consumer.min.session.timeout.ms', '500'],
    ['group.consumer.session.timeout.ms', '1500'],
    ['group.consumer.min.heartbeat.interval.ms', '100'],
    ['group.consumer.heartbeat.interval.ms', '300'],
    ['group.consumer.assignment.interval.ms', '0'],
    ['group.consumer.min.assignment.interval.ms', '0'],
  ])
  if (isSynced) properties.set('log.flush.interval.messages', '1')
  return BrokerConfig.load({ properties })
}
