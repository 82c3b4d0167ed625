import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LineLogger, MemoryDisk } from '@gregor/platform'
import { BatchBuilder, transactionMarkerBatch } from '@gregor/protocol'
import type { AppendOrigin, ProducerCheck } from './producer-check.ts'
import { ProducerState } from './producer-state.ts'

const DAY_MS = 86_400_000

interface BatchGiven {
  readonly producerId?: number
  readonly epoch?: number
  readonly sequence?: number
  readonly count?: number
  readonly offset?: number
  readonly isTransactional?: boolean
  readonly timestamp?: number
}

function data(given: BatchGiven = {}): Buffer {
  const { producerId = 7, epoch = 0, sequence = 0, count = 1, offset = 0, isTransactional = false } = given
  const builder = new BatchBuilder({
    baseOffset: offset,
    producerId,
    producerEpoch: epoch,
    baseSequence: sequence,
    isTransactional,
  })
  for (let number = 0; number < count; number++) builder.append(null, Buffer.from('v'), [], given.timestamp ?? 1000)
  return builder.build()
}

function marker(given: {
  outcome: 'Commit' | 'Abort'
  producerId?: number
  epoch?: number
  coordinatorEpoch?: number
  offset?: number
}): Buffer {
  return transactionMarkerBatch({
    outcome: given.outcome,
    producerId: given.producerId ?? 7,
    producerEpoch: given.epoch ?? 0,
    coordinatorEpoch: given.coordinatorEpoch ?? 0,
    timestamp: 1000,
    baseOffset: given.offset ?? 0,
  })
}

class Fixture {
  readonly disk = new MemoryDisk()
  readonly lines: string[] = []
  readonly discarded: string[] = []
  state: ProducerState

  constructor({ isVerifying = false } = {}) {
    this.disk.makeDirectory('/log')
    this.state = this.open(isVerifying)
  }

  open(isVerifying = false): ProducerState {
    this.state = new ProducerState({
      disk: this.disk,
      logger: new LineLogger({
        level: 'info',
        format: 'text',
        wallMs: () => 0,
        write: (line) => this.lines.push(line),
      }),
      directory: '/log',
      discard: (paths) => this.discarded.push(...paths),
      producerIdExpirationMs: DAY_MS,
      isVerifying,
    })
    return this.state
  }

  /** As a restart does it: newest snapshot, then the batches behind it. */
  reopen(batches: readonly Buffer[], logEndOffset: number, logStartOffset = 0): ProducerState {
    const state = this.open()
    state.truncateAndReload({ logStartOffset, logEndOffset, nowMs: 2000 })
    const from = state.endOffset
    for (const batch of batches) if (batch.readInt32BE(4) >= from) state.apply(batch)
    return state
  }
}

function check(state: ProducerState, batch: Buffer, origin: AppendOrigin = 'client', more = {}): string {
  const result: ProducerCheck = state.check(batch, 0, { origin, ...more })
  if (result.outcome === 'refused') return result.error
  return result.outcome === 'duplicate' ? `duplicate of ${result.firstOffset}-${result.lastOffset}` : 'accepted'
}

describe('the sequence of a client’s batch', () => {
  it('may be any when nothing is known of the producer', () => {
    assert.equal(check(new Fixture().state, data({ sequence: 41 })), 'accepted')
  })

  it('goes on where the last batch ended', () => {
    const { state } = new Fixture()
    state.apply(data({ sequence: 0, count: 3, offset: 0 }))
    assert.equal(check(state, data({ sequence: 3 })), 'accepted')
    assert.equal(check(state, data({ sequence: 4 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(check(state, data({ sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('goes on at 0 behind 2^31 - 1', () => {
    const { state } = new Fixture()
    state.apply(data({ sequence: 2147483646, count: 2, offset: 0 }))
    assert.equal(check(state, data({ sequence: 0 })), 'accepted')
    assert.equal(check(state, data({ sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('may wrap within a batch, which is recognised when it comes again', () => {
    const { state } = new Fixture()
    const batch = data({ sequence: 2147483646, count: 4, offset: 10 })
    state.apply(batch)
    assert.equal(state.find(7)?.lastSequence, 1)
    assert.equal(check(state, batch), 'duplicate of 10-13')
    assert.equal(check(state, data({ sequence: 2 })), 'accepted')
  })

  it('begins at 0 with a new epoch', () => {
    const { state } = new Fixture()
    state.apply(data({ sequence: 0, offset: 0 }))
    assert.equal(check(state, data({ epoch: 1, sequence: 0 })), 'accepted')
    assert.equal(check(state, data({ epoch: 1, sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('begins at 0 after a marker of a new epoch', () => {
    const { state } = new Fixture()
    state.apply(data({ sequence: 0, offset: 0, isTransactional: true }))
    state.apply(marker({ outcome: 'Commit', epoch: 1, offset: 1 }))
    assert.equal(check(state, data({ epoch: 1, sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(check(state, data({ epoch: 1, sequence: 0 })), 'accepted')
  })

  it('is not looked at when a coordinator or a leader writes', () => {
    const { state } = new Fixture()
    state.apply(data({ sequence: 0, offset: 0 }))
    assert.equal(check(state, data({ sequence: 9 }), 'coordinator'), 'accepted')
    assert.equal(check(state, data({ sequence: 9, epoch: -5 }), 'replication'), 'accepted')
  })
})

describe('a batch that is in the log already', () => {
  it('is recognised among the last five', () => {
    const { state } = new Fixture()
    for (let number = 0; number < 6; number++)
      state.apply(data({ sequence: number * 2, count: 2, offset: number * 10 }))
    assert.equal(check(state, data({ sequence: 0, count: 2 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(check(state, data({ sequence: 2, count: 2 })), 'duplicate of 10-11')
    assert.equal(check(state, data({ sequence: 10, count: 2 })), 'duplicate of 50-51')
  })

  it('has the time that was answered before', () => {
    const { state } = new Fixture()
    state.apply(data({ timestamp: 1234, offset: 5 }))
    assert.deepEqual(state.check(data(), 0, { origin: 'client' }), {
      outcome: 'duplicate',
      firstOffset: 5,
      lastOffset: 5,
      timestampMs: 1234,
    })
  })

  it('must have the same sequences, not some of them', () => {
    const { state } = new Fixture()
    state.apply(data({ sequence: 0, count: 2, offset: 0 }))
    assert.equal(check(state, data({ sequence: 0, count: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('is forgotten with a new epoch', () => {
    const { state } = new Fixture()
    state.apply(data({ sequence: 0, offset: 0 }))
    state.apply(data({ epoch: 1, sequence: 0, offset: 1 }))
    assert.equal(check(state, data({ sequence: 0 })), 'INVALID_PRODUCER_EPOCH')
    assert.equal(check(state, data({ epoch: 1, sequence: 0 })), 'duplicate of 1-1')
  })
})

describe('the epoch of a batch', () => {
  it('must not be lower than the last', () => {
    const { state } = new Fixture()
    state.apply(data({ epoch: 3, offset: 0 }))
    assert.equal(check(state, data({ epoch: 2, sequence: 1 })), 'INVALID_PRODUCER_EPOCH')
    assert.equal(check(state, data({ epoch: 2, sequence: 1 }), 'coordinator'), 'INVALID_PRODUCER_EPOCH')
  })

  it('may fall by replication, as the leader let it', () => {
    const { state } = new Fixture()
    state.apply(data({ epoch: 3, offset: 0 }))
    state.apply(data({ epoch: 2, offset: 1 }))
    assert.equal(state.find(7)?.producerEpoch, 2)
  })
})

describe('a transaction', () => {
  it('begins with its first batch, bounds what is stable, and ends with its marker below the high watermark', () => {
    const { state } = new Fixture()
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
    const { state } = new Fixture()
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
    const { state } = new Fixture()
    state.apply(data({ isTransactional: true }))
    assert.equal(check(state, data({ sequence: 1 })), 'INVALID_TXN_STATE')
    assert.equal(check(state, data({ sequence: 1, isTransactional: true })), 'accepted')
  })

  it('without data ends without a trace in the transaction index', () => {
    const { state } = new Fixture()
    assert.equal(state.apply(marker({ outcome: 'Abort', offset: 4 })), undefined)
    assert.equal(state.find(7)?.coordinatorEpoch, 0)
    assert.equal(state.endOffset, 5)
  })

  it('tells when its producer wrote last, for finding the ones that hang', () => {
    const { state } = new Fixture()
    assert.equal(state.oldestTransactionTimestampMs, undefined)
    state.apply(data({ isTransactional: true, timestamp: 500 }))
    state.apply(data({ isTransactional: true, timestamp: 700, sequence: 1, offset: 1 }))
    assert.equal(state.oldestTransactionTimestampMs, 700)
  })
})

describe('a marker', () => {
  it('of an older coordinator is refused', () => {
    const { state } = new Fixture()
    state.apply(marker({ outcome: 'Commit', coordinatorEpoch: 5 }))
    assert.equal(
      check(state, marker({ outcome: 'Commit', coordinatorEpoch: 4 }), 'coordinator'),
      'TRANSACTION_COORDINATOR_FENCED',
    )
    assert.equal(check(state, marker({ outcome: 'Commit', coordinatorEpoch: 5 }), 'coordinator'), 'accepted')
  })

  it('of a producer that is not known is accepted', () => {
    assert.equal(check(new Fixture().state, marker({ outcome: 'Commit' }), 'coordinator'), 'accepted')
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
      const { state } = new Fixture()
      state.apply(data({ epoch: 5, isTransactional: isOpen }))
      assert.equal(check(state, marker({ outcome: 'Abort', epoch }), 'coordinator', { transactionVersion }), expected)
    })
  }

  it('of the last epoch there is may end what was begun with it', () => {
    const { state } = new Fixture()
    state.apply(data({ epoch: 32767, isTransactional: true }))
    assert.equal(
      check(state, marker({ outcome: 'Abort', epoch: 32767 }), 'coordinator', { transactionVersion: 2 }),
      'accepted',
    )
  })

  it('that compaction has emptied changes nothing', () => {
    const { state } = new Fixture()
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
    const { state } = new Fixture({ isVerifying: true })
    assert.equal(check(state, first), 'INVALID_TXN_STATE')
    assert.deepEqual(state.beginVerification(asked), { error: 'NONE', guard: 1 })
    assert.equal(check(state, first, 'client', { guard: 1 }), 'accepted')
    assert.equal(check(state, first, 'client', { guard: 2 }), 'INVALID_TXN_STATE')
  })

  it('is not needed once the transaction is open', () => {
    const { state } = new Fixture({ isVerifying: true })
    state.apply(first)
    assert.deepEqual(state.beginVerification({ ...asked, sequence: 1 }), { error: 'NONE', guard: 0 })
    assert.equal(check(state, data({ isTransactional: true, sequence: 1 })), 'accepted')
  })

  it('is void when a marker came in between', () => {
    const { state } = new Fixture({ isVerifying: true })
    state.beginVerification(asked)
    state.apply(marker({ outcome: 'Abort' }))
    assert.equal(check(state, first, 'client', { guard: 1 }), 'INVALID_TXN_STATE')
    assert.deepEqual(state.beginVerification(asked), { error: 'NONE', guard: 2 })
  })

  it('of the next transaction outlives the marker of the one before it, where each has an epoch', () => {
    const { state } = new Fixture({ isVerifying: true })
    state.apply(data({ isTransactional: true }))
    state.beginVerification({ ...asked, epoch: 1, bumpsEpoch: true })
    state.apply(marker({ outcome: 'Commit', epoch: 1, offset: 1 }))
    assert.equal(check(state, data({ epoch: 1, isTransactional: true }), 'client', { guard: 1 }), 'accepted')
  })

  it('is refused to an old epoch at once', () => {
    const { state } = new Fixture({ isVerifying: true })
    state.apply(data({ epoch: 4 }))
    assert.deepEqual(state.beginVerification(asked), { error: 'INVALID_PRODUCER_EPOCH' })
  })

  it('lets no batch overtake the one that came first', () => {
    const { state } = new Fixture({ isVerifying: true })
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
    const { state } = new Fixture({ isVerifying: true })
    state.beginVerification({ ...asked, sequence: 3, bumpsEpoch: true })
    const later = data({ isTransactional: true, sequence: 3 })
    assert.equal(check(state, later, 'client', { guard: 1 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('is forgotten like an idle producer, and can be switched off', () => {
    const { state } = new Fixture({ isVerifying: true })
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
    const { state } = new Fixture()
    state.apply(data({ producerId: 1, timestamp: 1000, offset: 0 }))
    state.apply(data({ producerId: 2, timestamp: 1000, offset: 1, isTransactional: true }))
    state.apply(data({ producerId: 3, timestamp: 1001, offset: 2 }))
    state.apply(data({ producerId: 4, timestamp: 1000, offset: 3 }))
    state.removeExpired(1000 + DAY_MS)
    assert.deepEqual([...state.activeProducers()].map(({ producerId }) => producerId).toSorted(), [2, 3])
    assert.equal(state.find(1), undefined)
    assert.equal(state.find(3)?.lastTimestampMs, 1001)
  })
})

describe('what compaction must keep', () => {
  it('is the last batch of each producer, or its marker where it wrote nothing since', () => {
    const { state } = new Fixture()
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

describe('producer snapshots', () => {
  it('have Apache Kafka’s bytes', () => {
    const { state, disk } = new Fixture()
    state.apply(data({ producerId: 4000, epoch: 3, sequence: 5, count: 2, offset: 40, timestamp: 1700000000000 }))
    state.takeSnapshot()
    assert.equal(
      disk.readFile('/log/00000000000000000042.snapshot').toString('hex'),
      '0001' +
        '421d94ab' +
        '00000001' +
        '0000000000000fa0' +
        '0003' +
        '00000006' +
        '0000000000000029' +
        '00000001' +
        '0000018bcfe56800' +
        'ffffffff' +
        'ffffffffffffffff',
    )
    assert.equal(disk.stat('/log/00000000000000000042.producer-batches')?.size, 14)
  })

  it('are taken once per offset', () => {
    const { state, disk } = new Fixture()
    state.takeSnapshot()
    assert.deepEqual(disk.list('/log'), [])
    state.apply(data())
    state.takeSnapshot()
    disk.open('/log/00000000000000000001.snapshot').truncate(0)
    state.takeSnapshot()
    assert.equal(disk.stat('/log/00000000000000000001.snapshot')?.size, 0)
  })

  it('bring back all five batches, transactions and epochs after a restart', async () => {
    const fixture = new Fixture()
    for (let number = 0; number < 7; number++) fixture.state.apply(data({ sequence: number, offset: number }))
    fixture.state.apply(data({ producerId: 8, offset: 7, isTransactional: true }))
    fixture.state.apply(marker({ producerId: 9, outcome: 'Abort', epoch: 4, coordinatorEpoch: 6, offset: 8 }))
    fixture.state.takeSnapshot()
    await fixture.state.flush()
    const state = fixture.reopen([], 9)
    assert.equal(state.endOffset, 9)
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map((sequence) => check(state, data({ sequence }))),
      [
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        'duplicate of 2-2',
        'duplicate of 3-3',
        'duplicate of 4-4',
        'duplicate of 5-5',
        'duplicate of 6-6',
      ],
    )
    assert.equal(state.firstUndecidedOffset, 7)
    assert.deepEqual(state.find(9), {
      producerId: 9,
      producerEpoch: 4,
      lastSequence: -1,
      lastTimestampMs: 1000,
      coordinatorEpoch: 6,
      currentTransactionStartOffset: -1,
    })
  })

  it('need not be new: the batches behind them bring the state up to date', () => {
    const fixture = new Fixture()
    const batches = Array.from({ length: 8 }, (_, number) => data({ sequence: number, offset: number }))
    for (const batch of batches.slice(0, 5)) fixture.state.apply(batch)
    fixture.state.takeSnapshot()
    const state = fixture.reopen(batches, 8)
    assert.equal(check(state, data({ sequence: 3 })), 'duplicate of 3-3')
    assert.equal(check(state, data({ sequence: 2 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(check(state, data({ sequence: 8 })), 'accepted')
  })

  for (const [what, damage] of [
    ['cut off', (disk: MemoryDisk) => disk.open('/log/00000000000000000002.snapshot').truncate(30)],
    ['empty', (disk: MemoryDisk) => disk.open('/log/00000000000000000002.snapshot').truncate(0)],
    [
      'of another version',
      (disk: MemoryDisk) => disk.open('/log/00000000000000000002.snapshot').write([Buffer.from([9])], 0),
    ],
    [
      'full of garbage',
      (disk: MemoryDisk) => disk.open('/log/00000000000000000002.snapshot').write([Buffer.alloc(8, 7)], 20),
    ],
    ['gone', (disk: MemoryDisk) => void disk.rename('/log/00000000000000000002.snapshot', '/log/elsewhere')],
  ] as const) {
    it(`that are ${what} are dropped, and older ones used`, () => {
      const fixture = new Fixture()
      fixture.state.apply(data({ sequence: 0, offset: 0 }))
      fixture.state.takeSnapshot()
      fixture.state.apply(data({ sequence: 1, offset: 1 }))
      fixture.state.takeSnapshot()
      const state = fixture.open()
      damage(fixture.disk)
      state.truncateAndReload({ logStartOffset: 0, logEndOffset: 2, nowMs: 2000 })
      assert.equal(state.endOffset, 1)
      assert.equal(state.find(7)?.lastSequence, 0)
      assert.match(fixture.lines.join(''), /producer snapshot is damaged.*00000000000000000002\.snapshot/)
    })
  }

  it('lose the older batches, not the newest, when the file beside them is damaged or of another snapshot', () => {
    for (const damage of [
      (disk: MemoryDisk) => disk.open('/log/00000000000000000003.producer-batches').truncate(20),
      (disk: MemoryDisk) => disk.open('/log/00000000000000000003.producer-batches').truncate(3),
      (disk: MemoryDisk) => disk.open('/log/00000000000000000003.producer-batches').write([Buffer.from([4])], 0),
      (disk: MemoryDisk) =>
        disk.rename('/log/00000000000000000002.producer-batches', '/log/00000000000000000003.producer-batches'),
    ]) {
      const fixture = new Fixture()
      for (let number = 0; number < 3; number++) {
        fixture.state.apply(data({ sequence: number, offset: number }))
        fixture.state.takeSnapshot()
      }
      damage(fixture.disk)
      const state = fixture.reopen([], 3)
      assert.equal(check(state, data({ sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
      assert.equal(check(state, data({ sequence: 2 })), 'duplicate of 2-2')
      assert.match(fixture.lines.join(''), /00000000000000000003\.producer-batches/)
    }
  })

  it('leave idle producers behind', () => {
    const fixture = new Fixture()
    fixture.state.apply(data({ producerId: 1, timestamp: 1000, offset: 0, sequence: 0 }))
    fixture.state.apply(data({ producerId: 1, timestamp: 1000, offset: 1, sequence: 1 }))
    fixture.state.apply(data({ producerId: 2, timestamp: 5000, offset: 2 }))
    fixture.state.takeSnapshot()
    const state = fixture.open()
    state.truncateAndReload({ logStartOffset: 0, logEndOffset: 3, nowMs: 1000 + DAY_MS })
    assert.deepEqual(
      [...state.activeProducers()].map(({ producerId }) => producerId),
      [2],
    )
  })

  it('outside of the log are dropped when it is truncated, and the state goes back', () => {
    const fixture = new Fixture()
    const { state } = fixture
    for (let number = 0; number < 4; number++) {
      state.apply(data({ sequence: number, offset: number * 10 }))
      state.takeSnapshot()
    }
    state.truncateAndReload({ logStartOffset: 5, logEndOffset: 25, nowMs: 2000 })
    assert.deepEqual(state.snapshotOffsets, [11, 21])
    assert.equal(state.endOffset, 21)
    assert.equal(state.find(7)?.lastSequence, 2)
    assert.deepEqual(fixture.discarded, [
      '/log/00000000000000000001.snapshot.deleted',
      '/log/00000000000000000001.producer-batches.deleted',
      '/log/00000000000000000031.snapshot.deleted',
      '/log/00000000000000000031.producer-batches.deleted',
    ])
  })

  it('stay as they are when the log already ends where the state does', () => {
    const { state } = new Fixture()
    state.apply(data({ offset: 9 }))
    state.truncateAndReload({ logStartOffset: 0, logEndOffset: 10, nowMs: 2000 })
    assert.equal(state.find(7)?.lastSequence, 0)
  })

  it('are all dropped when the log begins anew', () => {
    const { state, disk } = new Fixture()
    state.apply(data({ isTransactional: true }))
    state.takeSnapshot()
    state.truncateFullyAndStartAt(500)
    assert.equal(state.isEmpty, true)
    assert.equal(state.endOffset, 500)
    assert.deepEqual(disk.list('/log'), [
      '00000000000000000001.producer-batches.deleted',
      '00000000000000000001.snapshot.deleted',
    ])
    state.takeSnapshot()
    assert.deepEqual(state.snapshotOffsets, [500])
  })

  it('go with their segment', () => {
    const fixture = new Fixture()
    fixture.state.apply(data())
    fixture.state.takeSnapshot()
    fixture.state.removeSnapshot(1)
    fixture.state.removeSnapshot(1)
    assert.deepEqual(fixture.state.snapshotOffsets, [])
    assert.deepEqual(fixture.discarded, [
      '/log/00000000000000000001.snapshot.deleted',
      '/log/00000000000000000001.producer-batches.deleted',
    ])
  })

  it('of no segment are strays, but for the newest behind all segments', () => {
    const { state } = new Fixture()
    for (let number = 0; number < 6; number++) {
      state.apply(data({ sequence: number, offset: number }))
      state.takeSnapshot()
    }
    state.removeStraySnapshots([0, 2, 4])
    assert.deepEqual(state.snapshotOffsets, [2, 4, 6])
    state.removeStraySnapshots([0, 7])
    assert.deepEqual(state.snapshotOffsets, [])
  })

  it('of which only our own file is left are cleared away', () => {
    const fixture = new Fixture()
    fixture.disk.open('/log/00000000000000000042.producer-batches', { create: true })
    fixture.disk.open('/log/something.snapshot', { create: true })
    assert.deepEqual(fixture.open().snapshotOffsets, [])
    assert.deepEqual(fixture.disk.list('/log'), ['00000000000000000042.producer-batches.deleted', 'something.snapshot'])
  })

  it('follow the partition into a renamed directory', () => {
    const { state, disk } = new Fixture()
    state.apply(data())
    disk.rename('/log', '/log-delete')
    state.moveTo('/log-delete')
    state.takeSnapshot()
    assert.deepEqual(disk.list('/log-delete'), [
      '00000000000000000001.producer-batches',
      '00000000000000000001.snapshot',
    ])
  })

  it('are not asked for below the log start, which moves the state along', () => {
    const { state } = new Fixture()
    state.apply(data({ isTransactional: true }))
    state.apply(marker({ outcome: 'Commit', offset: 1 }))
    state.logStartAdvanced(50)
    assert.equal(state.endOffset, 50)
    assert.equal(state.firstUnstableOffset, undefined)
    state.takeSnapshot()
    assert.deepEqual(state.snapshotOffsets, [])
    state.advanceTo(60)
    state.takeSnapshot()
    assert.deepEqual(state.snapshotOffsets, [60])
  })
})
