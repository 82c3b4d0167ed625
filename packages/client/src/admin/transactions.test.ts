import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  DescribeProducers,
  DescribeTransactions,
  InitProducerId,
  ListTransactions,
  WriteTxnMarkers,
} from '@gregor/protocol'
import { ScriptedCluster, adminOf, withCoordinators } from './admin-fixture.ts'

const a0 = { topic: 'a', partition: 0 }
const a1 = { topic: 'a', partition: 1 }
const notLeader = 6
const concurrentTransactions = 51

describe('describeProducers', () => {
  const producer = { producerId: 7, producerEpoch: 1, lastSequence: 3, lastTimestamp: 99 }

  it('asks the leaders, and says what is not there as undefined', async () => {
    const cluster = new ScriptedCluster({ a: [1, 2] }).on(DescribeProducers, ({ topics }) => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          errorCode: 0,
          activeProducers: [
            partitionIndex === 0
              ? { ...producer, coordinatorEpoch: -1, currentTxnStartOffset: -1 }
              : { ...producer, coordinatorEpoch: 4, currentTxnStartOffset: 12 },
          ],
        })),
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeProducers([a0, a1]))
    assert.deepEqual(results.value(a0), [
      { ...producer, coordinatorEpoch: undefined, currentTransactionStartOffset: undefined },
    ])
    assert.deepEqual(results.value(a1), [{ ...producer, coordinatorEpoch: 4, currentTransactionStartOffset: 12 }])
    assert.deepEqual(
      cluster.asked(DescribeProducers).map(({ node }) => node),
      [1, 2],
    )
  })

  it('asks the replica that is named, and takes its no for an answer', async () => {
    const cluster = new ScriptedCluster({ a: [1] }).on(DescribeProducers, () => ({
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, errorCode: notLeader, activeProducers: [] }] }],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeProducers([a0], { brokerId: 3 }))
    assert.throws(() => results.value(a0), { code: 'NOT_LEADER_OR_FOLLOWER' })
    assert.deepEqual(
      cluster.asked(DescribeProducers).map(({ node }) => node),
      [3],
    )
  })
})

describe('describeTransactions', () => {
  it('asks coordinators of transactional ids, and gives each its outcome', async () => {
    const state = {
      transactionState: 'Ongoing',
      transactionTimeoutMs: 60_000,
      transactionStartTimeMs: 5,
      producerId: 7,
      producerEpoch: 1,
      topics: [{ topic: 'a', partitions: [0, 1] }],
    }
    const cluster = withCoordinators().on(DescribeTransactions, ({ transactionalIds }) => ({
      transactionStates: transactionalIds.map((transactionalId) => ({
        ...state,
        transactionalId,
        errorCode: transactionalId === 'b' ? 105 : 0,
        transactionStartTimeMs: transactionalId === 'x' ? -1 : 5,
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeTransactions(['a', 'b', 'x']))
    assert.deepEqual(results.value('a'), {
      coordinatorId: 2,
      state: 'Ongoing',
      producerId: 7,
      producerEpoch: 1,
      transactionTimeoutMs: 60_000,
      transactionStartTimeMs: 5,
      topicPartitions: [a0, a1],
    })
    assert.throws(() => results.value('b'), { code: 'TRANSACTIONAL_ID_NOT_FOUND' })
    const { coordinatorId, transactionStartTimeMs } = results.value('x')
    assert.deepEqual([coordinatorId, transactionStartTimeMs], [3, undefined])
  })
})

describe('listTransactions', () => {
  it('asks all brokers with the filters that they know', async () => {
    const cluster = new ScriptedCluster().on(ListTransactions, (_, { node }) => ({
      errorCode: node === 3 ? 15 : 0,
      unknownStateFilters: [],
      transactionStates: node === 1 ? [{ transactionalId: 't', producerId: 7, transactionState: 'Ongoing' }] : [],
    }))
    const { admin, run } = adminOf(cluster)
    const filters = {
      states: ['Ongoing'],
      producerIds: [7],
      durationMs: 10,
      transactionalIdPattern: 't.*',
      timeoutMs: 300,
    }
    const { transactions, failures } = await run(admin.listTransactions(filters))
    assert.deepEqual(transactions, [{ transactionalId: 't', producerId: 7, state: 'Ongoing', coordinatorId: 1 }])
    assert.deepEqual(
      failures.map(({ brokerId, error }) => [brokerId, error.name]),
      [[3, 'TimeoutError']],
    )
    assert.deepEqual(cluster.asked(ListTransactions)[0]?.request, {
      stateFilters: ['Ongoing'],
      producerIdFilters: [7],
      durationFilter: 10,
      transactionalIdPattern: 't.*',
    })
  })

  it('refuses filters that a broker does not know', async () => {
    const cluster = new ScriptedCluster().speaks(ListTransactions, 0).on(ListTransactions, () => ({
      errorCode: 0,
      unknownStateFilters: [],
      transactionStates: [],
    }))
    const { admin, run } = adminOf(cluster)
    const names = async (options: object): Promise<readonly string[]> =>
      (await run(admin.listTransactions(options))).failures.map(({ error }) => error.name)
    assert.deepEqual(await names({}), [])
    assert.deepEqual(await names({ durationMs: 5 }), Array<string>(3).fill('UnsupportedVersionError'))
    assert.deepEqual(await names({ transactionalIdPattern: 'x' }), Array<string>(3).fill('UnsupportedVersionError'))
  })
})

describe('abortTransaction', () => {
  const spec = { ...a0, producerId: 7, producerEpoch: 1 }

  it('writes an abort marker at the leader', async () => {
    let errorCode = 0
    const cluster = new ScriptedCluster({ a: [2] }).on(WriteTxnMarkers, () => ({
      markers: [{ producerId: 7, topics: [{ name: 'a', partitions: [{ partitionIndex: 0, errorCode }] }] }],
    }))
    const { admin, run } = adminOf(cluster)
    await run(admin.abortTransaction({ ...spec, coordinatorEpoch: 5 }))
    const [asked] = cluster.asked(WriteTxnMarkers)
    assert.equal(asked?.node, 2)
    assert.deepEqual(asked.request.markers, [
      {
        producerId: 7,
        producerEpoch: 1,
        transactionResult: false,
        topics: [{ name: 'a', partitionIndexes: [0] }],
        coordinatorEpoch: 5,
        transactionVersion: 0,
      },
    ])
    errorCode = 47
    await assert.rejects(run(admin.abortTransaction(spec)), { code: 'INVALID_PRODUCER_EPOCH' })
  })

  it('fails where the answer says nothing of the partition', async () => {
    const cluster = new ScriptedCluster({ a: [2] }).on(WriteTxnMarkers, () => ({ markers: [] }))
    const { admin, run } = adminOf(cluster)
    await assert.rejects(run(admin.abortTransaction(spec)), { code: 'UNKNOWN_SERVER_ERROR' })
  })
})

describe('fenceProducers', () => {
  it('takes new epochs, and waits for transactions that are being completed', async () => {
    let count = 0
    const cluster = withCoordinators().on(InitProducerId, ({ transactionalId }) => {
      if (transactionalId === 'b') count++
      const errorCode =
        transactionalId === 'c' ? 53 : transactionalId === 'b' && count === 1 ? concurrentTransactions : 0
      return { errorCode, producerId: 7, producerEpoch: 4 }
    })
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.fenceProducers(['a', 'b', 'c']))
    assert.deepEqual(results.value('a'), { producerId: 7, producerEpoch: 4 })
    assert.deepEqual(results.value('b'), { producerId: 7, producerEpoch: 4 })
    assert.throws(() => results.value('c'), { code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' })
    assert.deepEqual(
      cluster.asked(InitProducerId).map(({ request }) => request.transactionalId),
      ['a', 'b', 'c', 'b'],
    )
    assert.deepEqual(cluster.asked(InitProducerId)[0]?.request.producerId, -1)
  })

  it('is what terminates a transaction', async () => {
    const cluster = withCoordinators().on(InitProducerId, ({ transactionalId }) => ({
      errorCode: transactionalId === 'c' ? 53 : 0,
      producerId: 7,
      producerEpoch: 4,
    }))
    const { admin, run } = adminOf(cluster)
    await run(admin.forceTerminateTransaction('a'))
    await assert.rejects(run(admin.forceTerminateTransaction('c')), { code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' })
  })
})
