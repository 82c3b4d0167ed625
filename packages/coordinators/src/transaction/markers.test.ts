import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ProtocolError } from '@gregor/protocol'
import { TransactionWorld } from './transaction-fixture.ts'
import type { MarkerResult } from './transaction-event.ts'

/** A transaction with three partitions that commits. */
function ending(): TransactionWorld {
  const world = new TransactionWorld()
  const producer = world.producer('x')
  world.add('x', producer, { t: [0, 1] })
  world.add('x', producer, { u: [5] })
  world.end('x', producer, 'Commit')
  return world
}

/** One partition’s result. */
function say(world: TransactionWorld, topic: string, partition: number, result: MarkerResult['result']): void {
  const decisionOffset = world.log.findLastIndex(({ transaction }) => transaction?.state.startsWith('Prepare'))
  const results = [{ topic, partition, result }]
  world.send({ type: 'MarkersWritten', transactionalId: 'x', decisionOffset, results })
}

describe('The markers of a transaction', () => {
  it('go to exactly the partitions that were added, with the new epoch and that of the coordinator', () => {
    assert.deepEqual(ending().markers, [
      {
        type: 'WriteMarkers',
        transactionalId: 'x',
        producerId: 100,
        producerEpoch: 1,
        outcome: 'Commit',
        coordinatorEpoch: 7,
        transactionVersion: 2,
        decisionOffset: 3,
        topics: [
          { name: 't', partitions: [0, 1] },
          { name: 'u', partitions: [5] },
        ],
      },
    ])
  })

  it('carry the epoch of the records where the producer keeps it', () => {
    const world = new TransactionWorld({ transactionVersion: 1 })
    const producer = world.producer('x')
    world.add('x', producer, { t: [0] }, 3)
    world.end('x', producer, 'Abort', 4)
    const [{ producerEpoch, transactionVersion, outcome } = {}] = world.markers
    assert.deepEqual([producerEpoch, transactionVersion, outcome], [0, 0, 'Abort'])
  })

  it('complete it once all of them are written, in whatever order and parts', () => {
    const world = ending()
    say(world, 'u', 5, 'NONE')
    say(world, 't', 1, 'NONE')
    assert.equal(world.stateOf('x'), 'PrepareCommit')
    say(world, 't', 0, 'NONE')
    assert.equal(world.stateOf('x'), 'CompleteCommit')
    assert.deepEqual(world.log.at(-1)?.transaction?.topics, [])
  })

  it('are described only as far as they are missing', () => {
    const world = ending()
    say(world, 't', 1, 'NONE')
    const [{ transactionState, topics } = {}] = world.send({ type: 'DescribeTransactions', transactionalIds: ['x'] })
    assert.equal(transactionState, 'PrepareCommit')
    assert.deepEqual(topics, [
      { topic: 't', partitions: [0] },
      { topic: 'u', partitions: [5] },
    ])
  })

  it('are not needed by a transaction without partitions', () => {
    const world = new TransactionWorld()
    const producer = world.producer('x')
    assert.deepEqual(world.end('x', producer, 'Abort'), { error: 'NONE', producerId: 100, producerEpoch: 1 })
    assert.deepEqual([world.stateOf('x'), world.markers.length], ['CompleteAbort', 0])
  })
})

describe('A partition that needs no marker', () => {
  const results: readonly MarkerResult['result'][] = [
    'PARTITION_DELETED',
    'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    'UNSUPPORTED_VERSION',
  ]
  for (const result of results) {
    it(`is no longer waited for: ${result}`, () => {
      const world = ending()
      world.answerMarkers((topic) => (topic === 'u' ? result : 'NONE'))
      assert.equal(world.stateOf('x'), 'CompleteCommit')
    })
  }
})

describe('A marker that fails', () => {
  const errors: readonly ProtocolError[] = [
    'NOT_LEADER_OR_FOLLOWER',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'NOT_ENOUGH_REPLICAS',
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'REQUEST_TIMED_OUT',
    'KAFKA_STORAGE_ERROR',
    'NETWORK_EXCEPTION',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'UNKNOWN_SERVER_ERROR',
  ]
  for (const error of errors) {
    it(`is tried again, alone: ${error}`, () => {
      const world = ending()
      world.answerMarkers((topic, partition) => (topic === 't' && partition === 1 ? error : 'NONE'))
      assert.equal(world.markers.length, 0)
      world.advance(50)
      assert.deepEqual(
        world.markers.map(({ topics, decisionOffset }) => [topics, decisionOffset]),
        [[[{ name: 't', partitions: [1] }], 3]],
      )
      world.answerMarkers()
      assert.equal(world.stateOf('x'), 'CompleteCommit')
    })
  }

  it('is tried again ever more rarely, within a second at most, and for ever', () => {
    const world = ending()
    const triedAtMs: number[] = []
    world.answerMarkers(() => 'NOT_LEADER_OR_FOLLOWER')
    for (const startMs = world.nowMs; world.nowMs < startMs + 5000; world.advance(10)) {
      if (world.markers.length > 0) triedAtMs.push(world.nowMs - startMs)
      world.answerMarkers(() => 'NOT_LEADER_OR_FOLLOWER')
    }
    assert.deepEqual(triedAtMs, [50, 150, 350, 750, 1550, 2550, 3550, 4550])
    assert.equal(world.stateOf('x'), 'PrepareCommit')
  })

  it('waits for its retry though others come in meanwhile, and they go together', () => {
    const world = ending()
    say(world, 't', 0, 'NOT_LEADER_OR_FOLLOWER')
    world.advance(30)
    say(world, 'u', 5, 'REQUEST_TIMED_OUT')
    world.markers = []
    world.advance(20)
    assert.deepEqual(
      world.markers.map(({ topics }) => topics),
      [
        [
          { name: 't', partitions: [0] },
          { name: 'u', partitions: [5] },
        ],
      ],
    )
  })

  it('is not tried again when it was written after all', () => {
    const world = ending()
    say(world, 't', 0, 'REQUEST_TIMED_OUT')
    say(world, 't', 0, 'NONE')
    world.markers = []
    world.advance(1000)
    assert.equal(world.markers.length, 0)
  })
})

describe('A coordinator that a leader refuses', () => {
  it('says so once, and writes no more of the transaction, where another coordinator has taken over', () => {
    const error = 'TRANSACTION_COORDINATOR_FENCED'
    const world = ending()
    world.answerMarkers((topic) => (topic === 't' ? error : 'NOT_LEADER_OR_FOLLOWER'))
    world.advance(10_000)
    assert.deepEqual(world.refused, [{ type: 'MarkersRefused', transactionalId: 'x', topic: 't', partition: 0, error }])
    assert.deepEqual([world.markers.length, world.stateOf('x')], [0, 'PrepareCommit'])
    assert.equal(world.init('x').error, 'CONCURRENT_TRANSACTIONS')
  })

  it('tries again once it has loaded the partition anew', () => {
    const world = ending()
    world.answerMarkers(() => 'TRANSACTION_COORDINATOR_FENCED')
    world.restart()
    world.answerMarkers()
    assert.equal(world.stateOf('x'), 'CompleteCommit')
  })

  it('goes on without a partition that knows a newer producer, and says so', () => {
    const error = 'INVALID_PRODUCER_EPOCH'
    const world = ending()
    world.answerMarkers((topic) => (topic === 't' ? error : 'REQUEST_TIMED_OUT'))
    const places = world.refused.map(({ topic, partition, error: why }) => `${topic}-${partition} ${why}`)
    assert.deepEqual(places, [`t-0 ${error}`, `t-1 ${error}`])
    assert.equal(world.stateOf('x'), 'PrepareCommit')
    world.advance(1000)
    assert.deepEqual(
      world.markers.map(({ topics }) => topics.map(({ name }) => name)),
      [['u']],
    )
    world.answerMarkers()
    assert.equal(world.stateOf('x'), 'CompleteCommit')
    assert.equal(world.init('x').error, 'NONE')
  })
})

describe('What is said of other markers', () => {
  it('is left alone: of a transaction that is complete', () => {
    const world = ending()
    const [first] = world.markers
    assert.ok(first)
    world.answerMarkers()
    const length = world.log.length
    const results = [{ topic: 't', partition: 0, result: 'NONE' as const }]
    world.send({ type: 'MarkersWritten', transactionalId: 'x', decisionOffset: first.decisionOffset, results })
    assert.equal(world.log.length, length)
  })

  it('is left alone: of the transaction before, though id and epoch are the same', () => {
    const world = new TransactionWorld({ transactionVersion: 1 })
    const producer = world.producer('x')
    const run = (): number => {
      world.add('x', producer, { t: [0] }, 3)
      world.end('x', producer, 'Commit', 4)
      return world.markers[0]?.decisionOffset ?? -1
    }
    const decisionOffset = run()
    world.answerMarkers()
    run()
    const results = [{ topic: 't', partition: 0, result: 'NONE' as const }]
    world.send({ type: 'MarkersWritten', transactionalId: 'x', decisionOffset, results })
    assert.equal(world.stateOf('x'), 'PrepareCommit')
  })

  it('is left alone: of partitions that are not in the transaction, and of no transaction at all', () => {
    const world = ending()
    say(world, 't', 9, 'NOT_LEADER_OR_FOLLOWER')
    const results = [{ topic: 't', partition: 0, result: 'NONE' as const }]
    world.send({ type: 'MarkersWritten', transactionalId: 'y', decisionOffset: 3, results })
    world.markers = []
    world.advance(1000)
    assert.deepEqual([world.stateOf('x'), world.markers.length], ['PrepareCommit', 0])
  })
})

describe('A coordinator that is loaded', () => {
  it('writes the markers again of every transaction that is ending, all of them, under its own epoch', () => {
    const world = ending()
    say(world, 't', 0, 'NONE')
    world.restart()
    const [{ coordinatorEpoch, outcome, topics, producerEpoch, transactionVersion } = {}] = world.markers
    assert.deepEqual([coordinatorEpoch, outcome, producerEpoch, transactionVersion], [8, 'Commit', 1, 2])
    assert.deepEqual(topics, [
      { name: 't', partitions: [0, 1] },
      { name: 'u', partitions: [5] },
    ])
    world.answerMarkers()
    assert.equal(world.stateOf('x'), 'CompleteCommit')
  })

  it('goes on with the producer id that was promised', () => {
    const world = new TransactionWorld()
    world.add('x', world.producer('x'), { t: [0] })
    const [, , ongoing] = [undefined, ...world.log]
    assert.ok(ongoing?.transaction)
    const last = { ...ongoing.transaction, producerEpoch: 32_766 }
    const again = new TransactionWorld({}, { x: last })
    const promised = again.end('x', { producerId: 100, producerEpoch: 32_766 }, 'Commit')
    assert.deepEqual(promised, { error: 'NONE', producerId: 100, producerEpoch: 0 })
    again.restart()
    again.answerMarkers()
    const { state, producerId, producerEpoch } = again.machine.transactions.get('x') ?? {}
    assert.deepEqual([state, producerId, producerEpoch], ['CompleteCommit', 100, 0])
  })

  it('completes at once what has no partitions', () => {
    const world = new TransactionWorld()
    world.end('x', world.producer('x'), 'Abort')
    // A crash between the two records, as another implementation may leave it.
    world.log.pop()
    world.restart()
    assert.deepEqual([world.stateOf('x'), world.markers.length], ['CompleteAbort', 0])
  })
})
