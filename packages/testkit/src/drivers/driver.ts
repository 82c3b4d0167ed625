/**
 * What all drivers have: a host of their own, which can be killed with all that runs on it, a connection, the history,
 * and topics by name and id. Pauses end with the host’s life, and with them the driver.
 */
import { type Api, errorName, FindCoordinator, Metadata, type RequestInput, type ResponseOf } from '@gregor/protocol'
import type { Random } from '@gregor/platform'
import type { History } from '../history/history.ts'
import { between, seededRandom } from '../simulation/seeded-random.ts'
import type { SimulatedNode } from '../simulation/simulated-world.ts'
import { type DriverConnection, NoAnswerError } from './driver-connection.ts'
import type { NodeWorld } from './node-world.ts'

export interface Topic {
  readonly name: string
  readonly topicId: string
  readonly partitionCount: number
}

export const retryBackoffMs = 100

export class Driver {
  readonly name: string
  readonly world: NodeWorld
  readonly host: SimulatedNode
  readonly random: Random
  readonly #connections: DriverConnection[] = []

  constructor(world: NodeWorld, name: string) {
    this.name = name
    this.world = world
    this.host = world.world.node(name)
    this.random = seededRandom(world.random.uint32())
  }

  get history(): History {
    return this.world.history
  }

  get nowMs(): number {
    return this.host.environment.clock.monotonicMs()
  }

  connect(): DriverConnection {
    const connection = this.world.connect(this.host)
    this.#connections.push(connection)
    return connection
  }

  pause(durationMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.host.environment.clock.schedule(durationMs, resolve)
    return promise
  }

  pauseBetween(minMs: number, maxMs: number): Promise<void> {
    return this.pause(between(this.random, minMs, maxMs))
  }

  /** Nothing of it runs any more; its connections close as the system closes them. */
  kill(): void {
    this.host.kill()
  }

  /** Again until there is an answer that `accept` takes. */
  async insist<A extends Api>(
    connection: DriverConnection,
    api: A,
    request: RequestInput<A>,
    accept: (response: ResponseOf<A>) => boolean,
  ): Promise<ResponseOf<A>> {
    for (;;) {
      const response = await attempt(connection.call(api, request))
      if (response !== undefined && accept(response)) return response
      await this.pause(retryBackoffMs)
    }
  }

  /** Once they are all there. */
  async topics(connection: DriverConnection, names: readonly string[]): Promise<readonly Topic[]> {
    const request = { topics: names.map((name) => ({ name })) }
    const isThere = ({ topics }: ResponseOf<typeof Metadata>): boolean =>
      topics.every(({ errorCode }) => errorCode === 0)
    const { topics } = await this.insist(connection, Metadata, request, isThere)
    return topics.map(({ name, topicId, partitions }) => ({
      name: name ?? '',
      topicId,
      partitionCount: partitions.length,
    }))
  }

  /** True once there is a coordinator for it. */
  async findCoordinator(connection: DriverConnection, of: 'group' | 'transaction', key: string): Promise<boolean> {
    const request = { keyType: of === 'group' ? 0 : 1, coordinatorKeys: [key] }
    const found = await attempt(connection.call(FindCoordinator, request))
    return errorName(found?.coordinators[0]?.errorCode ?? -1) === 'NONE'
  }
}

/** `undefined` where there is no answer. */
export async function attempt<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof NoAnswerError) return undefined
    throw error
  }
}
