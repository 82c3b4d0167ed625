import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode } from '@gregor/protocol'
import { TransactionWorld } from './transaction-fixture.ts'

const nobody = { producerId: 5, producerEpoch: 0 }

describe('Partitions of a transaction', () => {
  it('are gathered, each once, in the order in which they came', () => {
    const world = new TransactionWorld()
    const producer = world.producer('x')
    world.add('x', producer, { t: [3, 1] })
    world.add('x', producer, { u: [0], t: [1, 2] })
    assert.deepEqual(world.machine.transactions.get('x')?.topics, [
      { name: 't', partitions: [3, 1, 2] },
      { name: 'u', partitions: [0] },
    ])
  })

  it('that are known are not written again', () => {
    const world = new TransactionWorld()
    const producer = world.producer('x')
    world.add('x', producer, { t: [0, 1], u: [0] })
    assert.equal(world.add('x', producer, { t: [1], u: [0] }), 'NONE')
    assert.equal(world.log.length, 2)
  })

  it('include that of the group’s offsets', () => {
    const world = new TransactionWorld()
    const request = { transactionalId: 'x', ...world.producer('x'), groupId: 'g' }
    world.send({ type: 'AddOffsetsToTxn', request, offsetsPartition: 17, apiVersion: 4 })
    const { topics, clientTransactionVersion } = world.machine.transactions.get('x') ?? {}
    assert.deepEqual([topics, clientTransactionVersion], [[{ name: '__consumer_offsets', partitions: [17] }], 0])
  })

  it('begin a new transaction after the last one, with nothing of it', () => {
    const world = new TransactionWorld()
    const producer = world.producer('x')
    world.add('x', producer, { t: [0] }, 3)
    world.end('x', producer, 'Commit', 4)
    world.answerMarkers()
    world.advance(1000)
    world.add('x', producer, { u: [1] }, 3)
    const { topics, startedAtMs } = world.machine.transactions.get('x') ?? {}
    assert.deepEqual([topics, startedAtMs], [[{ name: 'u', partitions: [1] }], 1_001_000])
  })

  it('may be none: the transaction is open all the same, and ends without markers', () => {
    const world = new TransactionWorld()
    const producer = world.producer('x')
    world.add('x', producer, { t: [] })
    assert.deepEqual([world.stateOf('x'), world.machine.transactions.get('x')?.topics], ['Ongoing', []])
    assert.equal(world.end('x', producer, 'Commit').error, 'NONE')
    assert.equal(world.stateOf('x'), 'CompleteCommit')
  })

  it('of one request are answered alike, each', () => {
    const world = new TransactionWorld()
    const topics = [
      { name: 't', partitions: [0, 1] },
      { name: 'u', partitions: [2] },
    ]
    const what = { transactionalId: 'x', ...nobody, topics, verifyOnly: false, apiVersion: 3 }
    const partitionErrorCode = errorCode('INVALID_PRODUCER_ID_MAPPING')
    assert.deepEqual(world.send({ type: 'AddPartitionsToTxn', ...what }), [
      {
        name: 't',
        resultsByPartition: [
          { partitionIndex: 0, partitionErrorCode },
          { partitionIndex: 1, partitionErrorCode },
        ],
      },
      { name: 'u', resultsByPartition: [{ partitionIndex: 2, partitionErrorCode }] },
    ])
  })
})

describe('A leader that asks', () => {
  it('is told of each partition, and nothing is added', () => {
    const world = new TransactionWorld()
    const producer = world.producer('x')
    world.add('x', producer, { t: [0] })
    const topics = [{ name: 't', partitions: [0, 1] }]
    const what = { transactionalId: 'x', ...producer, topics, verifyOnly: true, apiVersion: 4 }
    assert.deepEqual(world.send({ type: 'AddPartitionsToTxn', ...what }), [
      {
        name: 't',
        resultsByPartition: [
          { partitionIndex: 0, partitionErrorCode: 0 },
          { partitionIndex: 1, partitionErrorCode: errorCode('TRANSACTION_ABORTABLE') },
        ],
      },
    ])
    assert.equal(world.log.length, 2)
  })

  it('is told that there is no such transactional id, or that it gave none', () => {
    const world = new TransactionWorld()
    const ask = (transactionalId: string): number | undefined => {
      const topics = [{ name: 't', partitions: [0] }]
      const what = { transactionalId, ...nobody, topics, verifyOnly: true, apiVersion: 4 }
      return world.send({ type: 'AddPartitionsToTxn', ...what })[0]?.resultsByPartition[0]?.partitionErrorCode
    }
    assert.equal(ask('x'), errorCode('INVALID_PRODUCER_ID_MAPPING'))
    assert.equal(ask(''), errorCode('INVALID_REQUEST'))
  })
})

describe('A request', () => {
  it('without a transactional id is refused', () => {
    const world = new TransactionWorld()
    assert.equal(world.add('', nobody, { t: [0] }), 'INVALID_REQUEST')
    assert.equal(world.end('', nobody, 'Commit').error, 'INVALID_REQUEST')
    assert.equal(world.log.length, 0)
  })

  it('of a transactional id that was never initialized is refused', () => {
    const world = new TransactionWorld()
    assert.equal(world.add('x', nobody, { t: [0] }), 'INVALID_PRODUCER_ID_MAPPING')
    assert.equal(world.end('x', nobody, 'Commit').error, 'INVALID_PRODUCER_ID_MAPPING')
  })

  it('of a fenced producer says INVALID_PRODUCER_EPOCH in versions that know no PRODUCER_FENCED', () => {
    const world = new TransactionWorld()
    const producer = world.producer('x')
    world.producer('x')
    assert.equal(world.add('x', producer, { t: [0] }, 1), 'INVALID_PRODUCER_EPOCH')
    assert.equal(world.add('x', producer, { t: [0] }, 2), 'PRODUCER_FENCED')
    assert.equal(world.end('x', producer, 'Commit', 1).error, 'INVALID_PRODUCER_EPOCH')
    assert.equal(world.end('x', producer, 'Commit', 2).error, 'PRODUCER_FENCED')
    const request = { transactionalId: 'x', ...producer, groupId: 'g' }
    const codes = [1, 2].map((apiVersion) => {
      return world.send({ type: 'AddOffsetsToTxn', request, offsetsPartition: 0, apiVersion }).errorCode
    })
    assert.deepEqual(codes, [errorCode('INVALID_PRODUCER_EPOCH'), errorCode('PRODUCER_FENCED')])
  })

  it('of a producer that gets a new epoch with each end is refused where the log has no room for that', () => {
    const world = new TransactionWorld({ transactionVersion: 0 })
    const producer = world.producer('x')
    assert.equal(world.add('x', producer, { t: [0] }, 4), 'UNSUPPORTED_VERSION')
    assert.equal(world.end('x', producer, 'Abort', 5).error, 'UNSUPPORTED_VERSION')
    // And does no harm.
    assert.equal(world.add('x', producer, { t: [0] }, 3), 'NONE')
    assert.equal(world.end('x', producer, 'Abort', 4).error, 'NONE')
  })
})
