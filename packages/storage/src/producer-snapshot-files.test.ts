import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MemoryDisk } from '@gregor/platform'
import { DAY_MS, ProducerFixture, check, data, marker } from './producer-fixture.ts'

describe('producer snapshots', () => {
  it('have Apache Kafka’s bytes', () => {
    const { state, disk } = new ProducerFixture()
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
    const { state, disk } = new ProducerFixture()
    state.takeSnapshot()
    assert.deepEqual(disk.list('/log'), [])
    state.apply(data())
    state.takeSnapshot()
    disk.open('/log/00000000000000000001.snapshot').truncate(0)
    state.takeSnapshot()
    assert.equal(disk.stat('/log/00000000000000000001.snapshot')?.size, 0)
  })

  it('bring back all five batches, transactions and epochs after a restart', async () => {
    const fixture = new ProducerFixture()
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
    const fixture = new ProducerFixture()
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
    ['gone', (disk: MemoryDisk) => disk.rename('/log/00000000000000000002.snapshot', '/log/elsewhere')],
  ] as const) {
    it(`that are ${what} are dropped, and older ones used`, () => {
      const fixture = new ProducerFixture()
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
      const fixture = new ProducerFixture()
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
    const fixture = new ProducerFixture()
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
    const fixture = new ProducerFixture()
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
    const { state } = new ProducerFixture()
    state.apply(data({ offset: 9 }))
    state.truncateAndReload({ logStartOffset: 0, logEndOffset: 10, nowMs: 2000 })
    assert.equal(state.find(7)?.lastSequence, 0)
  })

  it('are all dropped when the log begins anew', () => {
    const { state, disk } = new ProducerFixture()
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
    const fixture = new ProducerFixture()
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
    const { state } = new ProducerFixture()
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
    const fixture = new ProducerFixture()
    fixture.disk.open('/log/00000000000000000042.producer-batches', { create: true })
    fixture.disk.open('/log/something.snapshot', { create: true })
    assert.deepEqual(fixture.open().snapshotOffsets, [])
    assert.deepEqual(fixture.disk.list('/log'), ['00000000000000000042.producer-batches.deleted', 'something.snapshot'])
  })

  it('follow the partition into a renamed directory', () => {
    const { state, disk } = new ProducerFixture()
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
    const { state } = new ProducerFixture()
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
