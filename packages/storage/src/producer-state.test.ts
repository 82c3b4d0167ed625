import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchBuilder } from '@gregor/protocol'
import { DAY_MS, ProducerFixture, check, data, marker } from './producer-fixture.ts'

describe('the sequence of a client’s batch', () => {
  it('may be any when nothing is known of the producer', () => {
    assert.equal(check(new ProducerFixture().state, data({ sequence: 41 })), 'accepted')
  })

  it('goes on where the last batch ended', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ sequence: 0, count: 3, offset: 0 }))
    assert.equal(check(state, data({ sequence: 3 })), 'accepted')
    assert.equal(check(state, data({ sequence: 4 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(check(state, data({ sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('goes on at 0 behind 2^31 - 1', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ sequence: 2147483646, count: 2, offset: 0 }))
    assert.equal(check(state, data({ sequence: 0 })), 'accepted')
    assert.equal(check(state, data({ sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('may wrap within a batch, which is recognised when it comes again', () => {
    const { state } = new ProducerFixture()
    const batch = data({ sequence: 2147483646, count: 4, offset: 10 })
    state.apply(batch)
    assert.equal(state.find(7)?.lastSequence, 1)
    assert.equal(check(state, batch), 'duplicate of 10-13')
    assert.equal(check(state, data({ sequence: 2 })), 'accepted')
  })

  it('begins at 0 with a new epoch', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ sequence: 0, offset: 0 }))
    assert.equal(check(state, data({ epoch: 1, sequence: 0 })), 'accepted')
    assert.equal(check(state, data({ epoch: 1, sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('begins at 0 after a marker of a new epoch', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ sequence: 0, offset: 0, isTransactional: true }))
    state.apply(marker({ outcome: 'Commit', epoch: 1, offset: 1 }))
    assert.equal(check(state, data({ epoch: 1, sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(check(state, data({ epoch: 1, sequence: 0 })), 'accepted')
  })

  it('is not looked at when a coordinator or a leader writes', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ sequence: 0, offset: 0 }))
    assert.equal(check(state, data({ sequence: 9 }), 'coordinator'), 'accepted')
    assert.equal(check(state, data({ sequence: 9, epoch: -5 }), 'replication'), 'accepted')
  })
})

describe('a batch that is in the log already', () => {
  it('is recognised among the last five', () => {
    const { state } = new ProducerFixture()
    for (let number = 0; number < 6; number++)
      state.apply(data({ sequence: number * 2, count: 2, offset: number * 10 }))
    assert.equal(check(state, data({ sequence: 0, count: 2 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(check(state, data({ sequence: 2, count: 2 })), 'duplicate of 10-11')
    assert.equal(check(state, data({ sequence: 10, count: 2 })), 'duplicate of 50-51')
  })

  it('has the time that was answered before', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ timestamp: 1234, offset: 5 }))
    assert.deepEqual(state.check(data(), 0, { origin: 'client' }), {
      outcome: 'duplicate',
      firstOffset: 5,
      lastOffset: 5,
      timestampMs: 1234,
    })
  })

  it('must have the same sequences, not some of them', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ sequence: 0, count: 2, offset: 0 }))
    assert.equal(check(state, data({ sequence: 0, count: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('is forgotten with a new epoch', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ sequence: 0, offset: 0 }))
    state.apply(data({ epoch: 1, sequence: 0, offset: 1 }))
    assert.equal(check(state, data({ sequence: 0 })), 'INVALID_PRODUCER_EPOCH')
    assert.equal(check(state, data({ epoch: 1, sequence: 0 })), 'duplicate of 1-1')
  })
})

describe('the epoch of a batch', () => {
  it('must not be lower than the last', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ epoch: 3, offset: 0 }))
    assert.equal(check(state, data({ epoch: 2, sequence: 1 })), 'INVALID_PRODUCER_EPOCH')
    assert.equal(check(state, data({ epoch: 2, sequence: 1 }), 'coordinator'), 'INVALID_PRODUCER_EPOCH')
  })

  it('may fall by replication, as the leader let it', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ epoch: 3, offset: 0 }))
    state.apply(data({ epoch: 2, offset: 1 }))
    assert.equal(state.find(7)?.producerEpoch, 2)
  })
})

describe('a transaction', () => {
  it('begins with its first batch, bounds what is stable, and ends with its marker below the high watermark', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ offset: 10, isTransactional: true }))
    state.apply(data({ offset: 11, sequence: 1, isTransactional: true }))
    assert.equal(state.firstUnstableOffset, 10)
    assert.equal(state.hasOngoingTransaction(7, 0), true)
    assert.equal(state.hasOngoingTransaction(7, 1), false)
    assert.deepEqual(state.apply(marker({ outcome: 'Abort', offset: 12 })), {
      producerId: 7,
      firstOffset: 10,
      lastOffset: 12,
      isAborted: true,
      lastStableOffset: 13,
    })
    assert.equal(state.firstUndecidedOffset, undefined)
    assert.equal(state.firstUnstableOffset, 10)
    state.highWatermarkAdvanced(12)
    assert.equal(state.firstUnstableOffset, 10)
    state.highWatermarkAdvanced(13)
    assert.equal(state.firstUnstableOffset, undefined)
  })

  it('that ends leaves the last stable offset at the oldest that is still open', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ producerId: 1, offset: 10, isTransactional: true }))
    state.apply(data({ producerId: 2, offset: 20, isTransactional: true }))
    state.apply(data({ producerId: 3, offset: 30, isTransactional: true }))
    assert.equal(state.openTransactionCount, 3)
    assert.equal(state.apply(marker({ producerId: 2, outcome: 'Commit', offset: 40 }))?.lastStableOffset, 10)
    assert.equal(state.apply(marker({ producerId: 1, outcome: 'Abort', offset: 50 }))?.lastStableOffset, 30)
    assert.equal(state.firstUndecidedOffset, 30)
    assert.equal(state.firstUnstableOffset, 10)
    state.highWatermarkAdvanced(51)
    assert.equal(state.firstUnstableOffset, 30)
  })

  it('may not be mixed with batches outside of it', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ isTransactional: true }))
    assert.equal(check(state, data({ sequence: 1 })), 'INVALID_TXN_STATE')
    assert.equal(check(state, data({ sequence: 1, isTransactional: true })), 'accepted')
  })

  it('without data ends without a trace in the transaction index', () => {
    const { state } = new ProducerFixture()
    assert.equal(state.apply(marker({ outcome: 'Abort', offset: 4 })), undefined)
    assert.equal(state.find(7)?.coordinatorEpoch, 0)
    assert.equal(state.endOffset, 5)
  })

  it('tells when its producer wrote last, for finding the ones that hang', () => {
    const { state } = new ProducerFixture()
    assert.equal(state.oldestTransactionTimestampMs, undefined)
    state.apply(data({ isTransactional: true, timestamp: 500 }))
    state.apply(data({ isTransactional: true, timestamp: 700, sequence: 1, offset: 1 }))
    assert.equal(state.oldestTransactionTimestampMs, 700)
  })
})

describe('a marker', () => {
  it('of an older coordinator is refused', () => {
    const { state } = new ProducerFixture()
    state.apply(marker({ outcome: 'Commit', coordinatorEpoch: 5 }))
    assert.equal(
      check(state, marker({ outcome: 'Commit', coordinatorEpoch: 4 }), 'coordinator'),
      'TRANSACTION_COORDINATOR_FENCED',
    )
    assert.equal(check(state, marker({ outcome: 'Commit', coordinatorEpoch: 5 }), 'coordinator'), 'accepted')
  })

  it('of a producer that is not known is accepted', () => {
    assert.equal(check(new ProducerFixture().state, marker({ outcome: 'Commit' }), 'coordinator'), 'accepted')
  })

  for (const [transactionVersion, epoch, isOpen, expected] of [
    [0, 4, true, 'INVALID_PRODUCER_EPOCH'],
    [0, 5, true, 'accepted'],
    [1, 5, true, 'accepted'],
    [1, 6, true, 'accepted'],
    [2, 4, false, 'INVALID_PRODUCER_EPOCH'],
    [2, 5, true, 'INVALID_PRODUCER_EPOCH'],
    [2, 5, false, 'accepted'],
    [2, 6, true, 'accepted'],
  ] as const) {
    const transaction = isOpen ? 'a transaction open' : 'none open'
    it(`of transaction version ${transactionVersion} and epoch ${epoch}, with epoch 5 and ${transaction}: ${expected}`, () => {
      const { state } = new ProducerFixture()
      state.apply(data({ epoch: 5, isTransactional: isOpen }))
      assert.equal(check(state, marker({ outcome: 'Abort', epoch }), 'coordinator', { transactionVersion }), expected)
    })
  }

  it('of the last epoch there is may end what was begun with it', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ epoch: 32767, isTransactional: true }))
    assert.equal(
      check(state, marker({ outcome: 'Abort', epoch: 32767 }), 'coordinator', { transactionVersion: 2 }),
      'accepted',
    )
  })

  it('that compaction has emptied changes nothing', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ isTransactional: true, offset: 3 }))
    const empty = new BatchBuilder({
      baseOffset: 4,
      producerId: 7,
      producerEpoch: 9,
      isTransactional: true,
      isControl: true,
    })
    assert.equal(state.apply(empty.build({ lastOffsetDelta: 0 })), undefined)
    assert.equal(state.find(7)?.producerEpoch, 0)
    assert.equal(state.endOffset, 5)
  })
})

describe('the verification of a transaction (KIP-890)', () => {
  const first = data({ isTransactional: true })
  const asked = { producerId: 7, epoch: 0, sequence: 0, bumpsEpoch: false, nowMs: 0 }

  it('is needed for the first batch on a partition', () => {
    const { state } = new ProducerFixture({ isVerifying: true })
    assert.equal(check(state, first), 'INVALID_TXN_STATE')
    assert.deepEqual(state.beginVerification(asked), { error: 'NONE', guard: 1 })
    assert.equal(check(state, first, 'client', { guard: 1 }), 'accepted')
    assert.equal(check(state, first, 'client', { guard: 2 }), 'INVALID_TXN_STATE')
  })

  it('is not needed once the transaction is open', () => {
    const { state } = new ProducerFixture({ isVerifying: true })
    state.apply(first)
    assert.deepEqual(state.beginVerification({ ...asked, sequence: 1 }), { error: 'NONE', guard: 0 })
    assert.equal(check(state, data({ isTransactional: true, sequence: 1 })), 'accepted')
  })

  it('is void when a marker came in between', () => {
    const { state } = new ProducerFixture({ isVerifying: true })
    state.beginVerification(asked)
    state.apply(marker({ outcome: 'Abort' }))
    assert.equal(check(state, first, 'client', { guard: 1 }), 'INVALID_TXN_STATE')
    assert.deepEqual(state.beginVerification(asked), { error: 'NONE', guard: 2 })
  })

  it('of the next transaction outlives the marker of the one before it, where each has an epoch', () => {
    const { state } = new ProducerFixture({ isVerifying: true })
    state.apply(data({ isTransactional: true }))
    state.beginVerification({ ...asked, epoch: 1, bumpsEpoch: true })
    state.apply(marker({ outcome: 'Commit', epoch: 1, offset: 1 }))
    assert.equal(check(state, data({ epoch: 1, isTransactional: true }), 'client', { guard: 1 }), 'accepted')
  })

  it('is refused to an old epoch at once', () => {
    const { state } = new ProducerFixture({ isVerifying: true })
    state.apply(data({ epoch: 4 }))
    assert.deepEqual(state.beginVerification(asked), { error: 'INVALID_PRODUCER_EPOCH' })
  })

  it('lets no batch overtake the one that came first', () => {
    const { state } = new ProducerFixture({ isVerifying: true })
    state.beginVerification({ ...asked, sequence: 5 })
    state.beginVerification({ ...asked, sequence: 3 })
    state.beginVerification({ ...asked, sequence: 4 })
    const later = data({ isTransactional: true, sequence: 4 })
    assert.equal(check(state, later, 'client', { guard: 1 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(check(state, data({ isTransactional: true, sequence: 3 }), 'client', { guard: 1 }), 'accepted')
    state.beginVerification({ ...asked, epoch: 1, sequence: 4 })
    state.beginVerification({ ...asked, epoch: 0, sequence: 0 })
    assert.equal(
      check(state, data({ epoch: 1, isTransactional: true, sequence: 4 }), 'client', { guard: 1 }),
      'accepted',
    )
  })

  it('lets a producer that bumps its epoch begin at 0 only, where nothing of it is known', () => {
    const { state } = new ProducerFixture({ isVerifying: true })
    state.beginVerification({ ...asked, sequence: 3, bumpsEpoch: true })
    const later = data({ isTransactional: true, sequence: 3 })
    assert.equal(check(state, later, 'client', { guard: 1 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('is under way for 10,000 producers at most: the oldest begins anew', () => {
    const { state } = new ProducerFixture({ isVerifying: true })
    state.beginVerification(asked)
    for (let producerId = 100; producerId < 10_100; producerId++) state.beginVerification({ ...asked, producerId })
    assert.equal(state.verification.size, 10_000)
    assert.equal(check(state, first, 'client', { guard: 1 }), 'INVALID_TXN_STATE')
    assert.deepEqual(state.beginVerification(asked), { error: 'NONE', guard: 10_002 })
    assert.equal(check(state, first, 'client', { guard: 10_002 }), 'accepted')
  })

  it('is forgotten like an idle producer, and can be switched off', () => {
    const { state } = new ProducerFixture({ isVerifying: true })
    state.beginVerification(asked)
    state.removeExpired(DAY_MS - 1)
    assert.equal(state.verification.size, 1)
    state.removeExpired(DAY_MS)
    assert.equal(state.verification.size, 0)
    state.updateConfig({ producerIdExpirationMs: DAY_MS, isVerifying: false })
    assert.equal(check(state, first), 'accepted')
  })
})

describe('an idle producer', () => {
  it('is forgotten after its time, unless it has a transaction open', () => {
    const { state } = new ProducerFixture()
    state.apply(data({ producerId: 1, timestamp: 1000, offset: 0 }))
    state.apply(data({ producerId: 2, timestamp: 1000, offset: 1, isTransactional: true }))
    state.apply(data({ producerId: 3, timestamp: 1001, offset: 2 }))
    state.apply(data({ producerId: 4, timestamp: 1000, offset: 3 }))
    state.removeExpired(1000 + DAY_MS)
    assert.deepEqual(
      [...state.activeProducers()].map(({ producerId }) => producerId).toSorted((a, b) => a - b),
      [2, 3],
    )
    assert.equal(state.find(1), undefined)
    assert.equal(state.find(3)?.lastTimestampMs, 1001)
  })
})

describe('what compaction must keep', () => {
  it('is the last batch of each producer, or its marker where it wrote nothing since', () => {
    const { state } = new ProducerFixture()
    const one = data({ offset: 1 })
    const two = data({ offset: 2, sequence: 1 })
    const end = marker({ outcome: 'Commit', offset: 3, epoch: 1 })
    state.apply(one)
    state.apply(two)
    assert.deepEqual(
      [one, two].map((batch) => state.isLastBatchOfProducer(batch)),
      [false, true],
    )
    state.apply(end)
    assert.deepEqual(
      [two, end].map((batch) => state.isLastBatchOfProducer(batch)),
      [false, true],
    )
    assert.equal(state.isLastBatchOfProducer(data({ producerId: 99 })), false)
  })
})
