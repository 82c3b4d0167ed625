/** Tests of markers on their way to the leaders of partitions, some of them other brokers, over the (simulated) network. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MarkerResult, WriteMarkers } from '@gregor/coordinators'
import { PersistentMap, type BrokerRegistration, type MetadataImage } from '@gregor/metadata'
import { BrokerFixture } from '../broker-fixture.ts'
import { openTransactionStart, produceInTransaction, readCommitted, unverified } from '../apis/transaction-fixture.ts'
import { Peers } from '../metadata/peers.ts'
import type { SentTo } from '../produce-fixture.ts'
import { MarkerSender } from './marker-sender.ts'
import { TransactionPartitions } from './transaction-partitions.ts'

const ending: WriteMarkers = {
  type: 'WriteMarkers',
  transactionalId: 'x',
  producerId: 42,
  producerEpoch: 0,
  outcome: 'Abort',
  coordinatorEpoch: 3,
  transactionVersion: 0,
  decisionOffset: 7,
  topics: [{ name: 't', partitions: [0] }],
}

interface World {
  readonly here: BrokerFixture
  readonly there: BrokerFixture
  readonly topic: SentTo
  /** The partitions of `t` are led by the broker `there`, as far as the one `here` knows. */
  readonly metadata: { image: MetadataImage }
  readonly peers: Peers
  readonly sender: MarkerSender
  [Symbol.asyncDispose](): Promise<void>
}

const thereProperties = { ...unverified, 'log.dirs': '/there', 'node.id': '2' }

/** Two brokers, of which one knows the other as broker 2. */
async function withTwo(partitions = 1): Promise<World> {
  const here = await BrokerFixture.start({ properties: unverified })
  const there = await BrokerFixture.start({ properties: thereProperties, environment: here.environment })
  await here.createTopic('t', { partitions })
  const topic = { topic: 't', topicId: await there.createTopic('t', { partitions }) }
  const metadata = { image: ledThere(here, there) }
  const { services } = here.broker
  const peers = new Peers({
    environment: here.environment,
    metadata,
    listenerName: 'PLAINTEXT',
    clientId: 'broker-1',
  })
  const sender = new MarkerSender({
    nodeId: 1,
    replicas: services.replicas,
    groups: services.groups,
    metadata,
    peers,
    clock: services.clock,
    logger: services.logger,
    timeoutMs: () => 1_000,
  })
  return {
    here,
    there,
    topic,
    metadata,
    peers,
    sender,
    async [Symbol.asyncDispose]() {
      await here.run(peers.close())
      await here[Symbol.asyncDispose]()
      await there[Symbol.asyncDispose]()
    },
  }
}

function ledThere(here: BrokerFixture, there: BrokerFixture): MetadataImage {
  const { image } = here.broker.services.metadata
  const known = there.broker.services.metadata.image.brokers.get(2)
  const t = image.topics.byName.get('t')
  assert.ok(known !== undefined && t !== undefined)
  const moved = { ...t, partitions: t.partitions.map((one) => ({ ...one, leader: 2 })) }
  const topics = { ...image.topics, byName: image.topics.byName.with([['t', moved]]) }
  return { ...image, topics, brokers: image.brokers.with([[2, known]]) }
}

function resultsOf(results: readonly MarkerResult[]): readonly string[] {
  return results.map(({ topic, partition, result }) => `${topic}-${partition} ${result}`).toSorted()
}

describe('Markers', () => {
  it('go to the broker that leads a partition, over one connection', async () => {
    await using world = await withTwo()
    const { here, there, topic, sender } = world
    assert.equal((await produceInTransaction(there, topic, ['a'], { producerId: 42 })).error, 'NONE')
    assert.deepEqual(resultsOf(await here.run(sender.send(ending))), ['t-0 NONE'])
    assert.equal(await openTransactionStart(there, 't', 42), -1)
    assert.deepEqual(await readCommitted(there, topic), { lastStableOffset: 2, aborted: [[42, 0]] })
    const stale = { ...ending, coordinatorEpoch: 2 }
    assert.deepEqual(resultsOf(await here.run(sender.send(stale))), ['t-0 TRANSACTION_COORDINATOR_FENCED'])
  })

  it('are told apart by what becomes of each', async () => {
    await using world = await withTwo()
    const { here, metadata, sender } = world
    const topicId = await here.createTopic('own')
    assert.equal((await produceInTransaction(here, { topic: 'own', topicId }, ['a'], { producerId: 42 })).error, 'NONE')
    const own = here.broker.services.metadata.image.topics.byName.get('own')
    assert.ok(own !== undefined)
    const leaderless = { ...own, name: 'leaderless', partitions: own.partitions.map((one) => ({ ...one, leader: -1 })) }
    const { topics } = metadata.image
    const byName = topics.byName.with([
      ['own', own],
      ['leaderless', leaderless],
    ])
    metadata.image = { ...metadata.image, topics: { ...topics, byName } }
    const names = ['t', 'own', 'gone', 'leaderless']
    const all = { ...ending, topics: names.map((name) => ({ name, partitions: [0] })) }
    assert.deepEqual(resultsOf(await here.run(sender.send(all))), [
      'gone-0 PARTITION_DELETED',
      'leaderless-0 LEADER_NOT_AVAILABLE',
      'own-0 NONE',
      't-0 NONE',
    ])
  })

  it('are to be sent again where the broker cannot be reached', async () => {
    await using world = await withTwo()
    const { here, there, sender } = world
    assert.deepEqual(resultsOf(await here.run(sender.send(ending))), ['t-0 NONE'])
    await there.run(there.broker.stop())
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(resultsOf(await here.run(sender.send(ending))), ['t-0 NETWORK_EXCEPTION'])
    }
    const known = world.metadata.image
    world.metadata.image = { ...known, brokers: PersistentMap.empty<number, BrokerRegistration>() }
    assert.deepEqual(resultsOf(await here.run(sender.send(ending))), ['t-0 NETWORK_EXCEPTION'])
    await using again = await BrokerFixture.start({ properties: thereProperties, environment: here.environment })
    world.metadata.image = { ...known, brokers: ledThere(here, again).brokers }
    assert.deepEqual(resultsOf(await here.run(sender.send(ending))), ['t-0 NONE'])
  })
})

describe('The coordinator on another broker', () => {
  it('is asked over the network, and its answer told in the words of producers', async () => {
    await using world = await withTwo()
    const { here, peers } = world
    const { clock, config, replicas } = here.broker.services
    const partition = replicas.leader('t', 0)
    assert.ok(typeof partition !== 'string')
    const never = () => assert.fail('it is not here')
    const transactions = { coordinatorIdOf: () => 2, submit: never }
    const partitions = new TransactionPartitions({ nodeId: 1, transactions, peers, config, clock })
    const producer = { transactionalId: 'x', producerId: 42, producerEpoch: 0, addedBy: 'client' } as const
    // There is no such topic there, and so no coordinator.
    const asked = await here.run(partitions.addOrVerify(producer, [partition]))
    assert.deepEqual([...asked.values()], ['NOT_COORDINATOR'])
    assert.equal(partitions.failureCount, 1)
    const lost = new TransactionPartitions({
      nodeId: 1,
      transactions: { ...transactions, coordinatorIdOf: () => 3 },
      peers,
      config,
      clock,
    })
    assert.deepEqual([...(await here.run(lost.addOrVerify(producer, [partition]))).values()], ['NETWORK_EXCEPTION'])
  })
})
