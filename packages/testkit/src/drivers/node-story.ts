/**
 * A run of the whole node: topics are made, producers and consumers work while things go wrong, then everything is
 * healed, comes to rest and is read from start to end. What was seen is the history; what must hold of it is checked
 * by `checkHistory`.
 */
import { errorName, OffsetFetch } from '@gregor/protocol'
import type { History, IsolationLevel, OffsetOf, PartitionId } from '../history/history.ts'
import { keyOf } from '../history/history.ts'
import { between, chance } from '../simulation/seeded-random.ts'
import { AdminDriver } from './admin-driver.ts'
import { Copier } from './copier.ts'
import { ConsumerDriver, type ConsumerOptions, type GroupProtocol } from './consumer-driver.ts'
import { Driver, retryBackoffMs } from './driver.ts'
import type { DriverConnection } from './driver-connection.ts'
import { type FaultKind, bringUp, inflictFaults } from './faults.ts'
import { readEverything } from './final-reading.ts'
import { LibraryConsumer } from './library-consumers.ts'
import { LibraryProducer, LibraryTransactions } from './library-producers.ts'
import { NodeWorld } from './node-world.ts'
import { ProducerDriver } from './producer-driver.ts'
import { readPartitions } from './reading.ts'
import type { Tamper } from './tamper.ts'
import { TransactionDriver, groupOf } from './transaction-driver.ts'

export interface StoryPlan {
  readonly seed: number
  readonly isSynced: boolean
  readonly faults: readonly FaultKind[]
  readonly faultCount: number
  readonly producerCount: number
  readonly batchCount: number
  readonly groups: readonly GroupPlan[]
  readonly transactions: readonly TransactionsPlan[]
  /** Who produces: drivers that are small, or the client library as programs use it. Default: `drivers`. */
  readonly producers?: 'drivers' | 'library'
  /** Who consumes, likewise. The library's do not copy. Default: `drivers`. */
  readonly consumers?: 'drivers' | 'library'
  /** For planting bugs: between clients and node, and below it. */
  readonly tamper?: Tamper | undefined
  readonly sabotage?: (world: NodeWorld) => void
}

export interface GroupPlan {
  readonly name: string
  /** `mixed`: each member one of both, so that the group is migrated while it goes on. */
  readonly protocol: GroupProtocol | 'mixed'
  readonly memberCount: number
  readonly isStatic: boolean
  readonly isolation: IsolationLevel
  /** Its members copy what they read into a topic of its own, exactly once. */
  readonly isCopying?: boolean
}

/** One transactional id, whose producers are replaced now and then, some of them while they are still at work. */
export interface TransactionsPlan {
  readonly transactionalId: string
  readonly transactionCount: number
  readonly joinsImplicitly: boolean
}

const storyLimitMs = 300_000
/** From the moment when nothing goes wrong any more. */
const restLimitMs = 60_000
const patienceMs = 8_000
const topicNames = ['events', 'others']
const copiesName = 'copies'

export interface StoryOutcome {
  readonly history: History
  /** The node does not start, does not come to rest, or tells a client what it must not. */
  readonly failure: { readonly error: unknown } | undefined
  readonly world: NodeWorld
}

export async function runStory(plan: StoryPlan): Promise<StoryOutcome> {
  const world = new NodeWorld(plan)
  const { history } = world
  try {
    await world.run(new NodeStory(world, plan).tell(), storyLimitMs)
    return { history, failure: undefined, world }
  } catch (error) {
    return { history, failure: { error }, world }
  }
}

class NodeStory {
  readonly #world: NodeWorld
  readonly #plan: StoryPlan
  readonly #consumers = new Set<ConsumerDriver | LibraryConsumer>()
  readonly #transactionDrivers = new Set<TransactionDriver | LibraryTransactions>()
  #consumerCount = 0

  constructor(world: NodeWorld, plan: StoryPlan) {
    this.#world = world
    this.#plan = plan
  }

  async tell(): Promise<void> {
    const world = this.#world
    this.#plan.sabotage?.(world)
    await bringUp(world)
    const admin = new AdminDriver(world)
    await admin.createTopics([
      { name: 'events', partitionCount: 3 },
      { name: 'others', partitionCount: 1 },
      ...(this.#isCopying ? [{ name: copiesName, partitionCount: 3 }] : []),
    ])
    const producers = Array.from({ length: this.#plan.producerCount }, (_, index) => this.#newProducer(`p${index}`))
    const produced = Promise.all(producers.map((producer) => producer.run()))
    for (const group of this.#plan.groups) {
      for (let index = 0; index < group.memberCount; index++) this.#join(group, index)
    }
    let isOver = false
    const changes = this.#changeMembers(() => isOver)
    const administration = admin.run(() => isOver)
    const transactions = Promise.all(this.#plan.transactions.map((one) => this.#runTransactions(one, () => isOver)))
    for (const work of [produced, changes, administration, transactions]) world.go(work)
    const { faults: kinds, faultCount: count } = this.#plan
    await inflictFaults(world, {
      kinds,
      count,
      hosts: () => [...this.#hosts, ...producers.map(({ name }) => name)],
    })
    isOver = true
    await this.#inTime('producers, members and administration', Promise.all([produced, changes, administration]))
    await this.#inTime('transactions', transactions, this.#mayHang)
    this.#fillGroups()
    await this.#inTime('open transactions, and consumers', this.#allIsRead(), this.#mayHang)
    await this.#inTime('members leaving', this.#allLeave())
    for (const driver of this.#transactionDrivers) driver.kill()
    await this.#inTime('the last reading', readEverything(world, this.#readable))
    await this.#inTime('the last offsets', this.#lastOffsets(), this.#mayHang)
    await this.#inTime('a stop in order', world.stop())
  }

  #newProducer(name: string): ProducerDriver | LibraryProducer {
    const options = { name, topics: topicNames, batchCount: this.#plan.batchCount }
    const isLibrary = this.#plan.producers === 'library'
    return isLibrary ? new LibraryProducer(this.#world, options) : new ProducerDriver(this.#world, options)
  }

  get #readable(): readonly string[] {
    return this.#isCopying ? [...topicNames, copiesName] : topicNames
  }

  get #isCopying(): boolean {
    return this.#plan.groups.some((group) => group.isCopying)
  }

  #join(group: GroupPlan, index: number): void {
    const name = `c${this.#consumerCount++}`
    const options: ConsumerOptions = {
      name,
      group: group.name,
      protocol: this.#protocolOf(group),
      instanceId: group.isStatic ? `${group.name}-${index}` : undefined,
      isolation: group.isolation,
      topics: topicsOf(group),
      processor: group.isCopying === true ? this.#newCopier(name, group) : undefined,
    }
    const isLibrary = this.#plan.consumers === 'library'
    const consumer = isLibrary ? new LibraryConsumer(this.#world, options) : new ConsumerDriver(this.#world, options)
    this.#consumers.add(consumer)
    this.#world.go(this.#runMember(consumer, { group, index }))
  }

  #protocolOf({ protocol }: GroupPlan): GroupProtocol {
    if (protocol !== 'mixed') return protocol
    return chance(this.#world.random, 50) ? 'consumer' : 'classic cooperative'
  }

  #newCopier(member: string, { name: group }: GroupPlan): Copier {
    const joinsImplicitly = chance(this.#world.random, 60)
    return new Copier(this.#world, { name: `${member}-copier`, group, topic: copiesName, joinsImplicitly })
  }

  async #runMember(
    consumer: ConsumerDriver | LibraryConsumer,
    { group, index }: { group: GroupPlan; index: number },
  ): Promise<void> {
    const end = await consumer.run()
    const wasWanted = this.#consumers.delete(consumer)
    if (end === 'left') return
    // The one before is not known to be gone yet: as programs do, which are started again.
    if (end.error === 'UNRELEASED_INSTANCE_ID') {
      await this.#world.pause(500)
      if (wasWanted) this.#join(group, index)
      // Another one took its place.
    } else if (end.error !== 'FENCED_INSTANCE_ID') {
      throw new Error(`${consumer.name} was told ${end.error}`)
    }
  }

  /** Members die, leave, and come. */
  async #changeMembers(isOver: () => boolean): Promise<void> {
    const { random } = this.#world
    while (!isOver()) {
      await this.#world.pause(between(random, 300, 2_500))
      const { groups } = this.#plan
      const group = groups[random.below(groups.length)]
      const members = [...this.#consumers].filter(({ options }) => options.group === group?.name)
      const member = members[random.below(Math.max(1, members.length))]
      if (group === undefined || member === undefined) continue
      this.#consumers.delete(member)
      if (chance(random, 60)) {
        member.kill()
        // Or it lives on for a while, and commits for a member that is gone.
        if (chance(random, 70)) member.options.processor?.kill()
      } else {
        member.leave()
      }
      if (chance(random, 50)) await this.#world.pause(between(random, 0, 1_500))
      this.#join(group, members.indexOf(member))
    }
  }

  /** One producer after the other under one id, each until it is done, dies or is fenced by the next. */
  async #runTransactions(plan: TransactionsPlan, isOver: () => boolean): Promise<void> {
    const { random } = this.#world
    const { transactionalId, joinsImplicitly } = plan
    let offset = 0
    let left = plan.transactionCount
    for (let life = 0; left > 0; life++) {
      const options = {
        name: `${transactionalId}-${life}`,
        transactionalId,
        topics: topicNames,
        transactionCount: left,
        joinsImplicitly,
        nextOffset: () => offset++,
      }
      const isLibrary = this.#plan.producers === 'library'
      const driver = isLibrary
        ? new LibraryTransactions(this.#world, options)
        : new TransactionDriver(this.#world, options)
      this.#transactionDrivers.add(driver)
      const running = driver.run()
      this.#world.go(running)
      const limit = isOver()
        ? undefined
        : this.#world.pause(between(random, 500, 6_000)).then(() => 'replaced' as const)
      const end = await Promise.race(limit === undefined ? [running] : [running, limit])
      if (end === 'done') return
      if (end === 'replaced' && chance(random, 60)) driver.kill()
      left--
    }
  }

  get #hosts(): readonly string[] {
    return [...this.#consumers].map(({ name }) => name)
  }

  /** Who was thrown out for good may have been the last of his group. */
  #fillGroups(): void {
    for (const group of this.#plan.groups) {
      if (![...this.#consumers].some(({ options }) => options.group === group.name)) this.#join(group, 0)
    }
  }

  /** Every transaction is over, and every group has committed the end of every partition. */
  async #allIsRead(): Promise<void> {
    const driver = new Driver(this.#world, 'observer')
    const connection = driver.connect()
    const topics = await driver.topics(connection, this.#readable)
    const ends = new Map<string, number>()
    for (const { topicId, partitionCount } of topics) {
      for (let partition = 0; partition < partitionCount; partition++) {
        const place = { topicId, partition }
        ends.set(keyOf(place), await this.#stableEnd(driver, connection, place))
      }
    }
    for (const group of this.#plan.groups) {
      const ids = topics.filter(({ name }) => topicsOf(group).includes(name)).map(({ topicId }) => topicId)
      const wanted = [...ends].filter(([key]) => ids.some((topicId) => key.startsWith(topicId)))
      for (;;) {
        const offsets = await fetchAllOffsets(driver, connection, group.name)
        const known = new Map(offsets.map((one) => [keyOf(one), one.offset]))
        if (wanted.every(([key, end]) => end === 0 || (known.get(key) ?? -1) >= end)) break
        await driver.pause(retryBackoffMs * 2)
      }
    }
  }

  /** Once no transaction is open there. */
  async #stableEnd(driver: Driver, connection: DriverConnection, place: PartitionId): Promise<number> {
    for (;;) {
      const positions = [{ ...place, offset: 0 }]
      const reading = { reader: 'observer', isolation: 'read_uncommitted', maxWaitMs: 0, positions } as const
      const [read] = await readPartitions(driver, connection, reading)
      if (read?.error === 'NONE' && read.lastStableOffset === read.highWatermark) return read.highWatermark
      await driver.pause(retryBackoffMs)
    }
  }

  async #lastOffsets(): Promise<void> {
    const driver = new Driver(this.#world, 'last-observer')
    const connection = driver.connect()
    for (const { transactionalId } of this.#plan.transactions) {
      await fetchAllOffsets(driver, connection, groupOf(transactionalId))
    }
  }

  async #allLeave(): Promise<void> {
    for (const consumer of this.#consumers) consumer.leave()
    await this.#world.pause(500)
  }

  /**
   * Without the sync policy a loss of power may leave the coordinator’s log and the partitions’ at odds: a transaction
   * may then stay open, or its id be of no use. Their records are looked at all the same.
   */
  get #mayHang(): boolean {
    const lostPower = this.#world.history.done('node').some(({ call }) => call.event === 'lost power')
    return !this.#plan.isSynced && lostPower
  }

  async #inTime(what: string, work: Promise<unknown>, mayHang = false): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const limitMs = mayHang ? patienceMs : restLimitMs
    const limit = this.#world.world.time.after(limitMs, 'rest limit', () => {
      if (mayHang) resolve()
      else reject(new Error(`not done ${restLimitMs} ms after the last fault: ${what}`))
    })
    work.then(() => resolve(), reject)
    await promise
    limit.cancel()
  }
}

function topicsOf({ isCopying }: GroupPlan): readonly string[] {
  return isCopying === true ? ['events'] : topicNames
}

async function fetchAllOffsets(
  driver: Driver,
  connection: DriverConnection,
  group: string,
): Promise<readonly OffsetOf[]> {
  const complete = driver.history.begin<'fetch offsets'>({ kind: 'fetch offsets', group })
  const request = { groups: [{ groupId: group, topics: null }], requireStable: true }
  const { groups } = await driver.insist(connection, OffsetFetch, request, (response) => {
    const [answer] = response.groups
    const codes = answer?.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)) ?? []
    return [answer?.errorCode ?? -1, ...codes].every((code) => errorName(code) === 'NONE')
  })
  const offsets = (groups[0]?.topics ?? []).flatMap(({ topicId, partitions }) =>
    partitions.map(({ partitionIndex, committedOffset }) => ({
      topicId,
      partition: partitionIndex,
      offset: committedOffset,
    })),
  )
  complete({ error: 'NONE', asked: 'all', offsets })
  return offsets
}
