import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TransactionWorld } from './transaction-fixture.ts'
import { newTransaction } from './transaction.ts'
import type { Transaction } from './transaction.ts'

/** Of producer 5, complete, in this epoch. */
function worldAt(producerEpoch: number, more: Partial<Transaction> = {}, transactionVersion: 1 | 2 = 2) {
  const transaction = newTransaction({ producerId: 5, timeoutMs: 60_000, nowMs: 0 })
  return new TransactionWorld(
    { transactionVersion },
    { x: { ...transaction, state: 'CompleteCommit', producerEpoch, startedAtMs: 0, ...more } },
  )
}

describe('The first InitProducerId of a transactional id', () => {
  it('gives a new producer id in epoch 0', () => {
    const world = new TransactionWorld()
    assert.deepEqual(world.init('x'), { error: 'NONE', producerId: 100, producerEpoch: 0 })
    assert.deepEqual(world.log[0]?.transaction, {
      state: 'Empty',
      producerId: 100,
      producerEpoch: 0,
      previousProducerId: 100,
      nextProducerId: -1,
      lastProducerEpoch: -1,
      timeoutMs: 60_000,
      topics: [],
      startedAtMs: -1,
      updatedAtMs: 1_000_000,
      clientTransactionVersion: 0,
    })
  })

  it('decides nothing before there is an id to give', () => {
    const world = new TransactionWorld()
    const usual = { producerId: -1, producerEpoch: -1, enable2Pc: false, keepPreparedTxn: false }
    const request = { transactionalId: 'x', transactionTimeoutMs: 1, ...usual }
    assert.deepEqual(world.send({ type: 'InitProducerId', request, apiVersion: 5 }), { needs: 'ProducerId' })
    assert.equal(world.log.length, 0)
  })

  it('takes no notice of what a producer had before its transactional id was forgotten', () => {
    const world = new TransactionWorld()
    const said = world.init('x', { producerId: 77, producerEpoch: 12 })
    assert.deepEqual(said, { error: 'NONE', producerId: 100, producerEpoch: 0 })
  })
})

describe('InitProducerId refuses', () => {
  const world = new TransactionWorld()
  const refused = { error: 'INVALID_TRANSACTION_TIMEOUT' }

  it('a timeout of nothing, or longer than transaction.max.timeout.ms', () => {
    assert.deepEqual(world.init('x', { transactionTimeoutMs: 0 }), refused)
    assert.deepEqual(world.init('x', { transactionTimeoutMs: -1 }), refused)
    assert.deepEqual(world.init('x', { transactionTimeoutMs: 900_001 }), refused)
    assert.equal(world.init('longest', { transactionTimeoutMs: 900_000 }).error, 'NONE')
  })

  it('an empty transactional id, and half a producer', () => {
    assert.deepEqual(world.init(''), { error: 'INVALID_REQUEST' })
    assert.deepEqual(world.init('x', { producerId: 5 }), { error: 'INVALID_REQUEST' })
    assert.deepEqual(world.init('x', { producerEpoch: 5 }), { error: 'INVALID_REQUEST' })
  })

  it('two-phase commit where it is not enabled', () => {
    assert.deepEqual(world.init('x', { enable2Pc: true }, 6), { error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' })
  })

  it('to keep a prepared transaction, as Apache Kafka 4.3 does', () => {
    assert.deepEqual(world.init('x', { keepPreparedTxn: true }, 6), { error: 'UNSUPPORTED_VERSION' })
  })

  it('and writes nothing', () => {
    assert.deepEqual(new Set(world.log.map(({ transactionalId }) => transactionalId)), new Set(['longest']))
  })
})

describe('Two-phase commit, where it is enabled,', () => {
  it('has no timeout, and never runs out of time', () => {
    const world = new TransactionWorld({ isTwoPhaseCommitEnabled: true })
    const said = world.init('x', { enable2Pc: true, transactionTimeoutMs: 0 }, 6)
    assert.equal(said.error, 'NONE')
    assert.equal(world.log[0]?.transaction?.timeoutMs, 2_147_483_647)
    world.add('x', { producerId: 100, producerEpoch: 0 }, { t: [0] })
    world.advance(30 * 24 * 3_600_000)
    assert.equal(world.stateOf('x'), 'Ongoing')
  })
})

describe('Another InitProducerId', () => {
  it('fences the producer of before by a higher epoch', () => {
    const world = worldAt(3)
    assert.deepEqual(world.init('x'), { error: 'NONE', producerId: 5, producerEpoch: 4 })
    assert.equal(world.add('x', { producerId: 5, producerEpoch: 3 }, { t: [0] }), 'PRODUCER_FENCED')
  })

  it('takes its own timeout', () => {
    const world = worldAt(3)
    world.init('x', { transactionTimeoutMs: 7 })
    assert.equal(world.log[1]?.transaction?.timeoutMs, 7)
  })

  it('aborts what is open, under an epoch that nobody is told of', () => {
    const world = new TransactionWorld()
    world.add('x', world.producer('x'), { t: [0] })
    assert.deepEqual(world.init('x'), { error: 'CONCURRENT_TRANSACTIONS' })
    assert.deepEqual(
      world.markers.map(({ outcome, producerEpoch }) => [outcome, producerEpoch]),
      [['Abort', 1]],
    )
    assert.deepEqual(world.init('x'), { error: 'CONCURRENT_TRANSACTIONS' })
    world.answerMarkers()
    assert.deepEqual(world.init('x'), { error: 'NONE', producerId: 100, producerEpoch: 2 })
  })

  it('is told INVALID_PRODUCER_EPOCH in versions that know no PRODUCER_FENCED', () => {
    const world = worldAt(3)
    assert.equal(world.init('x', { producerId: 5, producerEpoch: 1 }, 3).error, 'INVALID_PRODUCER_EPOCH')
    assert.equal(world.init('x', { producerId: 5, producerEpoch: 1 }, 4).error, 'PRODUCER_FENCED')
  })
})

describe('A producer that goes on after an error (KIP-360)', () => {
  it('gets the next epoch, and the same again when the answer was lost', () => {
    const world = worldAt(3)
    const expected = { error: 'NONE', producerId: 5, producerEpoch: 4 }
    assert.deepEqual(world.init('x', { producerId: 5, producerEpoch: 3 }), expected)
    assert.deepEqual(world.init('x', { producerId: 5, producerEpoch: 3 }), expected)
  })

  it('is fenced once another producer was initialized', () => {
    const world = worldAt(3)
    world.init('x', { producerId: 5, producerEpoch: 3 })
    world.init('x')
    assert.deepEqual(world.init('x', { producerId: 5, producerEpoch: 3 }), { error: 'PRODUCER_FENCED' })
    assert.deepEqual(world.init('x', { producerId: 5, producerEpoch: 4 }), { error: 'PRODUCER_FENCED' })
  })

  it('is fenced by its own bump after a restart, which its retry is not told from', () => {
    const world = worldAt(3)
    world.init('x', { producerId: 5, producerEpoch: 3 })
    world.restart()
    assert.deepEqual(world.init('x', { producerId: 5, producerEpoch: 3 }), { error: 'PRODUCER_FENCED' })
  })
})

describe('A producer id without epochs', () => {
  it('is replaced, with epoch 32,766 the last one given', () => {
    const world = worldAt(32_765)
    assert.deepEqual(world.init('x'), { error: 'NONE', producerId: 5, producerEpoch: 32_766 })
    assert.deepEqual(world.init('x'), { error: 'NONE', producerId: 100, producerEpoch: 0 })
    assert.equal(world.log[2]?.transaction?.previousProducerId, 5)
  })

  it('is replaced for a producer that goes on, too, and for its retry', () => {
    const world = worldAt(32_766)
    const expected = { error: 'NONE', producerId: 100, producerEpoch: 0 }
    assert.deepEqual(world.init('x', { producerId: 5, producerEpoch: 32_766 }), expected)
    assert.deepEqual(world.init('x', { producerId: 5, producerEpoch: 32_766 }), expected)
    assert.deepEqual(world.init('x', { producerId: 5, producerEpoch: 32_765 }), { error: 'PRODUCER_FENCED' })
  })

  it('is not replaced for a zombie, nor for a retry of the last bump', () => {
    const world = worldAt(32_766, { lastProducerEpoch: 32_765 })
    assert.deepEqual(world.init('x', { producerId: 5, producerEpoch: 3 }), { error: 'PRODUCER_FENCED' })
    const retried = world.init('x', { producerId: 5, producerEpoch: 32_765 })
    assert.deepEqual(retried, { error: 'NONE', producerId: 5, producerEpoch: 32_766 })
  })

  it('is replaced when its transaction is aborted for another producer, with transaction.version 2', () => {
    const world = worldAt(32_766, { state: 'Ongoing', topics: [{ name: 't', partitions: [0] }] })
    assert.equal(world.init('x').error, 'CONCURRENT_TRANSACTIONS')
    assert.deepEqual([world.markers[0]?.producerId, world.markers[0]?.producerEpoch], [5, 32_767])
    world.answerMarkers()
    assert.deepEqual(world.init('x'), { error: 'NONE', producerId: 100, producerEpoch: 1 })
  })

  it('is replaced after that, with transaction.version 1', () => {
    const world = worldAt(32_766, { state: 'Ongoing', topics: [{ name: 't', partitions: [0] }] }, 1)
    assert.equal(world.init('x').error, 'CONCURRENT_TRANSACTIONS')
    assert.deepEqual([world.markers[0]?.producerId, world.markers[0]?.producerEpoch], [5, 32_767])
    world.answerMarkers()
    assert.deepEqual(world.init('x'), { error: 'NONE', producerId: 100, producerEpoch: 0 })
  })
})
