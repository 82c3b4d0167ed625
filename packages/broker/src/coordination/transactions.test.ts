/** Tests of whole transactions on one broker: clients, coordinator, markers, readers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader } from '@gregor/base'
import { MetadataDelta } from '@gregor/metadata'
import {
  decodeResponse,
  DeleteTopics,
  EndTxn,
  errorName,
  InitProducerId,
  Produce,
  UpdateFeatures,
} from '@gregor/protocol'
import {
  committedOffset,
  FixtureProducer,
  fewPartitions,
  mark,
  openTransactionStart,
  readCommitted,
  transactionState,
} from '../apis/transaction-fixture.ts'
import { BrokerFixture, frameOf } from '../broker-fixture.ts'
import { bench, framed } from '../hot-path-fixture.ts'
import { sentBatch, type SentTo } from '../produce-fixture.ts'
import { TransactionCoordinators } from './transaction-coordinators.ts'

async function withTopic(
  properties: Readonly<Record<string, string>> = {},
): Promise<{ fixture: BrokerFixture; topic: SentTo; topicId: string }> {
  const fixture = await BrokerFixture.start({ properties: { ...fewPartitions, ...properties } })
  const topicId = await fixture.createTopic('t', { partitions: 2 })
  return { fixture, topic: { topic: 't', topicId }, topicId }
}

async function restarted(fixture: BrokerFixture): Promise<BrokerFixture> {
  await fixture.run(fixture.broker.stop())
  const next = await BrokerFixture.start({ properties: fewPartitions, environment: fixture.environment })
  await next.advance(100)
  return next
}

for (const bumpsEpoch of [false, true]) {
  describe(`A transaction of a client that ${bumpsEpoch ? 'leaves it to the broker to add' : 'adds'} partitions`, () => {
    it('is read once it commits, and in no part before', async () => {
      const { fixture, topic } = await withTopic()
      await using _ = fixture
      const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch })
      assert.equal(await producer.init(), 'NONE')
      assert.equal(await producer.send(topic, ['a', 'b']), 'NONE')
      assert.equal(await producer.send({ ...topic, partition: 1 }, ['c']), 'NONE')
      assert.equal(await transactionState(fixture, 'x'), 'Ongoing')
      assert.equal((await readCommitted(fixture, topic)).lastStableOffset, 0)
      assert.equal(await producer.end('commit'), 'NONE')
      assert.equal(await transactionState(fixture, 'x'), 'CompleteCommit')
      assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 3, aborted: [] })
      assert.deepEqual(await readCommitted(fixture, { ...topic, partition: 1 }), { lastStableOffset: 2, aborted: [] })
    })

    it('leaves nothing where it aborts, and the next one goes on', async () => {
      const { fixture, topic } = await withTopic()
      await using _ = fixture
      const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch })
      await producer.init()
      assert.equal(await producer.send(topic, ['a']), 'NONE')
      assert.equal(await producer.end('abort'), 'NONE')
      assert.equal(await producer.send(topic, ['b']), 'NONE')
      assert.equal(await producer.end('commit'), 'NONE')
      const aborted = [[producer.producerId, 0]]
      assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 4, aborted })
    })

    it('commits the offsets of a group with it', async () => {
      const { fixture, topicId } = await withTopic()
      await using _ = fixture
      const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch })
      await producer.init()
      // The group’s coordinator must be there; a client finds it first.
      await fixture.run(fixture.broker.services.internalTopics.groupTopic())
      await fixture.advance(50)
      assert.equal(await producer.sendOffset('g', 't', 7), 'NONE')
      assert.equal(await committedOffset(fixture, { groupId: 'g', topicId }), -1)
      assert.equal(
        await committedOffset(fixture, { groupId: 'g', topicId, requireStable: true }),
        'UNSTABLE_OFFSET_COMMIT',
      )
      assert.equal(await producer.end('commit'), 'NONE')
      assert.equal(await committedOffset(fixture, { groupId: 'g', topicId, requireStable: true }), 7)
      assert.equal(await producer.sendOffset('g', 't', 9), 'NONE')
      assert.equal(await producer.end('abort'), 'NONE')
      assert.equal(await committedOffset(fixture, { groupId: 'g', topicId, requireStable: true }), 7)
    })

    it('is aborted when another producer takes the id, which the first one learns', async () => {
      const { fixture, topic } = await withTopic()
      await using _ = fixture
      const zombie = new FixtureProducer(fixture, 'x', { bumpsEpoch })
      const heir = new FixtureProducer(fixture, 'x', { bumpsEpoch })
      await zombie.init()
      assert.equal(await zombie.send(topic, ['a']), 'NONE')
      assert.equal(await heir.init(), 'NONE')
      assert.deepEqual((await readCommitted(fixture, topic)).aborted, [[zombie.producerId, 0]])
      assert.equal(await zombie.send(topic, ['b']), bumpsEpoch ? 'INVALID_PRODUCER_EPOCH' : 'PRODUCER_FENCED')
      assert.equal(await zombie.end('commit'), 'PRODUCER_FENCED')
      assert.equal(await heir.send(topic, ['c']), 'NONE')
      assert.equal(await heir.end('commit'), 'NONE')
      assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 4, aborted: [[heir.producerId, 0]] })
    })

    it('goes on after a restart', async () => {
      const { fixture: first, topic } = await withTopic()
      const before = new FixtureProducer(first, 'x', { bumpsEpoch })
      await before.init()
      assert.equal(await before.send(topic, ['a']), 'NONE')
      await using fixture = await restarted(first)
      const after = new FixtureProducer(fixture, 'x', { bumpsEpoch })
      after.producerId = before.producerId
      after.producerEpoch = before.producerEpoch
      assert.equal(await transactionState(fixture, 'x'), 'Ongoing')
      assert.equal(await after.end('commit'), 'NONE')
      assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 2, aborted: [] })
    })

    it('is aborted when its time is over', async () => {
      const { fixture, topic } = await withTopic()
      await using _ = fixture
      const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch })
      await producer.init(5_000)
      assert.equal(await producer.send(topic, ['a']), 'NONE')
      await fixture.advance(20_000)
      assert.equal(await transactionState(fixture, 'x'), 'CompleteAbort')
      assert.deepEqual(await readCommitted(fixture, topic), {
        lastStableOffset: 2,
        aborted: [[producer.producerId, 0]],
      })
      assert.equal(await producer.send(topic, ['b']), bumpsEpoch ? 'INVALID_PRODUCER_EPOCH' : 'PRODUCER_FENCED')
    })
  })
}

describe('Requests that one connection sends without waiting', () => {
  it('do not overtake the one that waits for the coordinator: their sequences stay in order', async () => {
    await using given = await bench()
    const { fixture, connect } = given
    const topicId = await fixture.createTopic('t', { partitions: 2 })
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    assert.equal(await producer.send({ topic: 't', topicId }, ['a']), 'NONE')
    const { producerId, producerEpoch } = producer
    const produce = (sequences: readonly number[]): Buffer => {
      const partitionData = sequences.map((baseSequence, index) => {
        const records = sentBatch(['b'], { producerId, producerEpoch, baseSequence, isTransactional: true })
        return { index, records }
      })
      const topicData = [{ name: 't', partitionData }]
      return framed(frameOf(Produce, 12, { transactionalId: 'x', acks: -1, timeoutMs: 1_000, topicData }))
    }
    const socket = connect()
    // The first one brings a partition that the transaction has not seen, and the next batch of one that it has.
    socket.deliver(Buffer.concat([produce([1, 0]), produce([2]), produce([3])]))
    await fixture.advance(100)
    const errors: string[] = []
    for (let at = 0; at < socket.bytes.length; at += 4 + socket.bytes.readInt32BE(at)) {
      const { responses } = decodeResponse(Produce, 12, new ByteReader(socket.bytes, at + 9))
      for (const { errorCode } of responses[0]?.partitionResponses ?? []) errors.push(errorName(errorCode))
    }
    assert.deepEqual(errors, ['NONE', 'NONE', 'NONE', 'NONE'])
  })
})

describe('What was decided and not written everywhere', () => {
  it('is written after a restart', async () => {
    const { fixture: first, topic } = await withTopic()
    const producer = new FixtureProducer(first, 'x')
    await producer.init()
    assert.equal(await producer.send(topic, ['a']), 'NONE')
    // The marker does not get into the log: the partition is held.
    const partition = first.broker.services.replicas.leader('t', 0)
    assert.ok(typeof partition !== 'string')
    partition.holdAppends()
    assert.equal(await producer.end('commit'), 'NONE')
    assert.equal(await transactionState(first, 'x'), 'PrepareCommit')
    assert.equal(await openTransactionStart(first, 't', producer.producerId), 0)
    await using fixture = await restarted(first)
    assert.equal(await transactionState(fixture, 'x'), 'CompleteCommit')
    assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 2, aborted: [] })
  })
})

describe('A topic that is deleted in a transaction', () => {
  it('does not keep it from its end', async () => {
    const { fixture, topic } = await withTopic()
    await using _ = fixture
    const other = { topic: 'u', topicId: await fixture.createTopic('u') }
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    assert.equal(await producer.send(topic, ['a']), 'NONE')
    assert.equal(await producer.send(other, ['a']), 'NONE')
    await fixture.call(DeleteTopics, { topics: [{ name: null, topicId: topic.topicId }], timeoutMs: 1_000 })
    assert.equal(await producer.end('commit'), 'NONE')
    await fixture.advance(1_000)
    assert.equal(await transactionState(fixture, 'x'), 'CompleteCommit')
    assert.deepEqual(await readCommitted(fixture, other), { lastStableOffset: 2, aborted: [] })
  })
})

describe('The feature transaction.version', () => {
  it('is 2 in a new cluster; below, the broker adds no partitions', async () => {
    const { fixture, topic } = await withTopic()
    await using _ = fixture
    const level = () => fixture.broker.services.metadata.image.features.levels.get('transaction.version')
    assert.equal(level(), 2)
    const lower = { feature: 'transaction.version', maxVersionLevel: 0, upgradeType: 2 }
    const { errorCode } = await fixture.call(UpdateFeatures, { timeoutMs: 1_000, featureUpdates: [lower] })
    assert.equal(errorName(errorCode), 'NONE')
    assert.equal(level() ?? 0, 0)
    const newer = new FixtureProducer(fixture, 'x')
    await newer.init()
    assert.equal(await newer.send(topic, ['a']), 'UNSUPPORTED_VERSION')
    const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch: false })
    await producer.init()
    assert.equal(await producer.send(topic, ['a']), 'NONE')
    assert.equal(await producer.end('commit'), 'NONE')
    assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 2, aborted: [] })
  })

  it('is that of now where it has changed while a coordinator was loaded', async () => {
    const { fixture } = await withTopic()
    await using _ = fixture
    const { producerId, producerEpoch } = await initialized(fixture)
    const { services } = fixture.broker
    const { image } = services.metadata
    const markers = { send: () => Promise.resolve([]) }
    const { random } = fixture.environment
    const transactions = new TransactionCoordinators({ ...services, random, markers })
    const change = { delta: new MetadataDelta(image), isSnapshot: false }
    transactions.publish({ ...change, image })
    assert.equal(transactions.isLoading, true)
    transactions.publish({ ...change, image: { ...image, features: { ...image.features, levels: new Map() } } })
    await fixture.advance(10)
    const request = { transactionalId: 'x', producerId, producerEpoch, committed: true }
    const answer = await transactions.submit<'EndTxn'>({ type: 'EndTxn', request, apiVersion: 5 })
    assert.equal(errorName(answer.errorCode), 'UNSUPPORTED_VERSION')
  })
})

async function initialized(fixture: BrokerFixture): Promise<FixtureProducer> {
  const producer = new FixtureProducer(fixture, 'x')
  assert.equal(await producer.init(), 'NONE')
  return producer
}

describe('A batch that comes late', () => {
  it('opens no transaction that nobody ends, from a client that adds partitions', async () => {
    const { fixture, topic } = await withTopic()
    await using _ = fixture
    const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch: false })
    await producer.init()
    assert.equal(await producer.send(topic, ['a']), 'NONE')
    await producer.end('commit')
    const late = new FixtureProducer(fixture, 'x', { bumpsEpoch: false })
    late.producerId = producer.producerId
    late.producerEpoch = producer.producerEpoch
    late.add = () => Promise.resolve('NONE')
    assert.equal(await late.send({ ...topic, partition: 1 }, ['late']), 'TRANSACTION_ABORTABLE')
    assert.equal(await openTransactionStart(fixture, 't', producer.producerId), -1)
  })

  it('is of an epoch that is over, from a client that leaves it to the broker', async () => {
    const { fixture, topic } = await withTopic()
    await using _ = fixture
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    const late = new FixtureProducer(fixture, 'x')
    late.producerId = producer.producerId
    late.producerEpoch = producer.producerEpoch
    assert.equal(await producer.send(topic, ['a']), 'NONE')
    assert.equal(await producer.end('commit'), 'NONE')
    assert.equal(await late.send({ ...topic, partition: 1 }, ['late']), 'INVALID_PRODUCER_EPOCH')
    assert.equal(await late.send(topic, ['late']), 'INVALID_PRODUCER_EPOCH')
    assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 2, aborted: [] })
  })
})

describe('An EndTxn that comes late', () => {
  it('does not end the transaction that came after', async () => {
    const { fixture, topic } = await withTopic()
    await using _ = fixture
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    const { producerId, producerEpoch, transactionalId } = producer
    assert.equal(await producer.send(topic, ['a']), 'NONE')
    assert.equal(await producer.end('commit'), 'NONE')
    assert.equal(await producer.send(topic, ['b']), 'NONE')
    const late = { transactionalId, producerId, producerEpoch, committed: true }
    assert.equal(errorName((await fixture.call(EndTxn, late)).errorCode), 'PRODUCER_FENCED')
    assert.equal(await transactionState(fixture, 'x'), 'Ongoing')
    assert.equal((await readCommitted(fixture, topic)).lastStableOffset, 2)
  })

  it('is answered as it was where it is a retry', async () => {
    const { fixture, topic } = await withTopic()
    await using _ = fixture
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    const { producerId, producerEpoch, transactionalId } = producer
    assert.equal(await producer.send(topic, ['a']), 'NONE')
    assert.equal(await producer.end('commit'), 'NONE')
    const retry = await fixture.call(EndTxn, { transactionalId, producerId, producerEpoch, committed: true })
    assert.deepEqual([retry.errorCode, retry.producerEpoch], [0, producer.producerEpoch])
  })
})

describe('A hanging transaction', () => {
  it('is found by its open start, and ended by an administrator', async () => {
    const { fixture, topic } = await withTopic({ 'transaction.partition.verification.enable': 'false' })
    await using _ = fixture
    const zombie = new FixtureProducer(fixture, 'x', { bumpsEpoch: false })
    await zombie.init()
    zombie.add = () => Promise.resolve('NONE')
    assert.equal(await zombie.send(topic, ['a']), 'NONE')
    assert.equal(await openTransactionStart(fixture, 't', zombie.producerId), 0)
    const { producerId, producerEpoch } = zombie
    assert.equal(await mark(fixture, { topic: 't', producerId, producerEpoch, isCommitted: false }), 'NONE')
    assert.equal((await readCommitted(fixture, topic)).lastStableOffset, 2)
  })
})

describe('A producer that goes on with its own id', () => {
  it('bumps its epoch, and is fenced where it is not the last', async () => {
    const { fixture } = await withTopic()
    await using _ = fixture
    const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch: false })
    await producer.init()
    const { producerId, producerEpoch } = producer
    const request = { transactionalId: 'x', transactionTimeoutMs: 1_000, producerId, producerEpoch }
    const bumped = await fixture.call(InitProducerId, request)
    assert.deepEqual([bumped.errorCode, bumped.producerId, bumped.producerEpoch], [0, producerId, producerEpoch + 1])
    await new FixtureProducer(fixture, 'x').init()
    const fenced = await fixture.call(InitProducerId, { ...request, producerEpoch: producerEpoch + 1 })
    assert.equal(errorName(fenced.errorCode), 'PRODUCER_FENCED')
  })
})
