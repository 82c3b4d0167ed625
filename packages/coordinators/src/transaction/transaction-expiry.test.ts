import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig } from '@gregor/config'
import { TransactionWorld } from './transaction-fixture.ts'
import { transactionCoordinatorConfigFrom } from './transaction-config.ts'
import type { TransactionVersion } from './transaction-config.ts'

/** A transaction of producer 100 with one partition, open since the start, and one minute’s timeout. */
function open(transactionVersion: TransactionVersion, producerEpoch = 0): TransactionWorld {
  const first = new TransactionWorld({ transactionVersion: 2 })
  first.add('x', first.producer('x'), { t: [0] })
  const transaction = first.machine.transactions.get('x')
  assert.ok(transaction)
  return new TransactionWorld({ transactionVersion }, { x: { ...transaction, producerEpoch } })
}

describe('A transaction that runs out of time', () => {
  it('is aborted at the next look, and its producer fenced', () => {
    const world = open(2)
    world.advance(60_000)
    assert.equal(world.stateOf('x'), 'Ongoing')
    world.advance(10_000)
    const [{ outcome, producerEpoch } = {}] = world.markers
    assert.deepEqual([outcome, producerEpoch], ['Abort', 1])
    world.answerMarkers()
    assert.equal(world.end('x', { producerId: 100, producerEpoch: 0 }, 'Commit').error, 'INVALID_TXN_STATE')
    assert.equal(world.add('x', { producerId: 100, producerEpoch: 0 }, { t: [1] }), 'PRODUCER_FENCED')
  })

  it('cannot be committed by who took too long, with transaction.version 0', () => {
    const world = open(0)
    world.advance(70_000)
    world.answerMarkers()
    assert.equal(world.stateOf('x'), 'CompleteAbort')
    assert.equal(world.end('x', { producerId: 100, producerEpoch: 0 }, 'Commit', 4).error, 'PRODUCER_FENCED')
    assert.deepEqual(world.log.at(-1)?.transaction?.producerEpoch, 1)
  })

  it('begins with its first partition, not with the last', () => {
    const world = open(2)
    world.advance(50_000)
    world.add('x', { producerId: 100, producerEpoch: 0 }, { t: [1] })
    world.advance(20_000)
    assert.equal(world.stateOf('x'), 'PrepareAbort')
  })

  it('is known by the time of its first partition to the end', () => {
    const world = open(2)
    world.advance(70_000)
    world.answerMarkers()
    assert.equal(world.machine.transactions.get('x')?.startedAtMs, 1_000_000)
  })

  it('cannot be gone on with by who took too long, with transaction.version 1', () => {
    const world = open(1)
    // The epoch of before the last bump is remembered, until somebody else bumps it.
    world.init('x', { producerId: 100, producerEpoch: 0 })
    world.answerMarkers()
    world.init('x', { producerId: 100, producerEpoch: 1 })
    const producer = { producerId: 100, producerEpoch: 2 }
    world.add('x', producer, { t: [0] }, 3)
    world.advance(70_000)
    world.answerMarkers()
    assert.equal(world.init('x', { producerId: 100, producerEpoch: 1 }).error, 'PRODUCER_FENCED')
    assert.equal(world.init('x', producer).error, 'PRODUCER_FENCED')
  })

  it('keeps its time over a restart', () => {
    const world = open(2)
    world.advance(50_000)
    world.restart()
    world.advance(20_000)
    assert.equal(world.stateOf('x'), 'PrepareAbort')
  })

  it('takes a new producer id where the epochs are used up', () => {
    const world = open(2, 32_766)
    world.advance(70_000)
    assert.deepEqual(world.reservations, [{ type: 'ReserveProducerId', transactionalId: 'x' }])
    assert.equal(world.stateOf('x'), 'Ongoing')
    // There was none to be had: it is asked for again.
    world.advance(10_000)
    assert.equal(world.reservations.length, 2)
    world.send({ type: 'ProducerIdReserved', transactionalId: 'x', freshProducerId: 500 })
    world.answerMarkers()
    const { state, producerId, producerEpoch } = world.machine.transactions.get('x') ?? {}
    assert.deepEqual([state, producerId, producerEpoch], ['CompleteAbort', 500, 0])
  })

  it('is left alone when its producer has ended it before the id was there', () => {
    const world = open(2, 32_766)
    world.advance(70_000)
    world.end('x', { producerId: 100, producerEpoch: 32_766 }, 'Commit')
    const length = world.log.length
    world.send({ type: 'ProducerIdReserved', transactionalId: 'x', freshProducerId: 500 })
    world.send({ type: 'ProducerIdReserved', transactionalId: 'y', freshProducerId: 501 })
    assert.deepEqual([world.stateOf('x'), world.log.length], ['PrepareCommit', length])
  })

  it('needs no new id with transaction.version 1, whose epochs go one further', () => {
    const world = open(1, 32_766)
    world.advance(70_000)
    assert.deepEqual([world.reservations.length, world.markers[0]?.producerEpoch], [0, 32_767])
  })
})

describe('A transactional id', () => {
  const day = 24 * 3_600_000

  it('is forgotten, with a tombstone, when it was not used for transactional.id.expiration.ms', () => {
    const world = new TransactionWorld()
    world.producer('x')
    world.advance(6 * day)
    world.producer('y')
    world.advance(day + 3_600_000)
    assert.deepEqual([...world.machine.transactions.keys()], ['y'])
    assert.deepEqual(world.log.at(-1), { transactionalId: 'x', transaction: undefined, valueVersion: 1 })
    assert.deepEqual(
      world.end('x', { producerId: 100, producerEpoch: 0 }, 'Abort').error,
      'INVALID_PRODUCER_ID_MAPPING',
    )
    assert.deepEqual([...world.rebuilt().transactions.keys()], ['y'])
  })

  it('is kept for as long as a transaction is open or ending', () => {
    const world = new TransactionWorld({ isTwoPhaseCommitEnabled: true })
    world.init('x', { enable2Pc: true }, 6)
    world.add('x', { producerId: 100, producerEpoch: 0 }, { t: [0] })
    world.advance(30 * day)
    assert.equal(world.stateOf('x'), 'Ongoing')
    world.end('x', { producerId: 100, producerEpoch: 0 }, 'Commit')
    world.advance(30 * day)
    assert.equal(world.stateOf('x'), 'PrepareCommit')
    world.answerMarkers()
    world.advance(8 * day)
    assert.equal(world.stateOf('x'), 'none')
  })
})

describe('The configuration', () => {
  it('has Apache Kafka’s defaults, and what the broker is told', () => {
    const properties = new Map([
      ['transaction.max.timeout.ms', '1'],
      ['transaction.two.phase.commit.enable', 'true'],
    ])
    const usual = {
      transactionVersion: 1,
      timeoutMsMax: 900_000,
      abortTimedOutIntervalMs: 10_000,
      transactionalIdExpirationMs: 604_800_000,
      removeExpiredIntervalMs: 3_600_000,
      isTwoPhaseCommitEnabled: false,
    }
    assert.deepEqual(transactionCoordinatorConfigFrom(BrokerConfig.load({ properties: new Map() }), 1), usual)
    const told = transactionCoordinatorConfigFrom(BrokerConfig.load({ properties }), 1)
    assert.deepEqual(told, { ...usual, timeoutMsMax: 1, isTwoPhaseCommitEnabled: true })
  })
})

describe('Another configuration', () => {
  it('counts from the next event on', () => {
    const world = new TransactionWorld()
    world.producer('x')
    world.send({ type: 'ConfigChanged', config: { ...world.config, timeoutMsMax: 10, transactionVersion: 0 } })
    assert.equal(world.init('x', { transactionTimeoutMs: 11 }).error, 'INVALID_TRANSACTION_TIMEOUT')
    world.init('x', { transactionTimeoutMs: 10 })
    assert.deepEqual(
      world.log.map(({ valueVersion }) => valueVersion),
      [1, 0],
    )
  })
})
