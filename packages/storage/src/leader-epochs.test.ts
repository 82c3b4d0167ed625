import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '@gregor/platform'
import fc from 'fast-check'
import { LeaderEpochs } from './leader-epochs.ts'

const path = '/data/orders-0/leader-epoch-checkpoint'

function diskWith(content?: string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data/orders-0')
  if (content !== undefined) disk.open(path, { create: true }).write([Buffer.from(content)], 0)
  return disk
}

function epochsFrom(entries: readonly (readonly [epoch: number, startOffset: number])[]): LeaderEpochs {
  const epochs = LeaderEpochs.load(diskWith(), path)
  for (const [epoch, startOffset] of entries) epochs.assign(epoch, startOffset)
  return epochs
}

function listed(epochs: LeaderEpochs): readonly (readonly [number, number])[] {
  return epochs.entries.map(({ epoch, startOffset }) => [epoch, startOffset])
}

describe('the leader epoch file', () => {
  it('is written as Apache Kafka writes it', async () => {
    const disk = diskWith()
    const epochs = LeaderEpochs.load(disk, path)
    epochs.assign(0, 0)
    epochs.assign(3, 120)
    await epochs.flush()
    assert.equal(disk.readFile(path).toString(), '0\n2\n0 0\n3 120\n')
  })

  it('is read back', () => {
    const epochs = LeaderEpochs.load(diskWith('0\n2\n0 0\n3 120\n'), path)
    assert.deepEqual(listed(epochs), [
      [0, 0],
      [3, 120],
    ])
    assert.equal(epochs.problem, undefined)
  })

  it('is missing or empty: no entries, and said so', () => {
    assert.equal(LeaderEpochs.load(diskWith(), path).problem, 'missing')
    assert.equal(LeaderEpochs.load(diskWith(''), path).problem, 'missing')
  })

  for (const [what, content] of [
    ['is zeros, as a power cut leaves it', '\0\0\0\0\0\0'],
    ['has another version', '1\n0\n'],
    ['has no count', '0\nx\n'],
    ['is cut off', '0\n2\n0 0\n'],
    ['has a line that is no entry', '0\n1\n0 -5\n'],
    ['has epochs that fall', '0\n2\n3 0\n2 10\n'],
    ['has offsets that stand still', '0\n2\n3 10\n4 10\n'],
  ] as const) {
    it(`${what}: no entries, and a reason`, () => {
      const epochs = LeaderEpochs.load(diskWith(content), path)
      assert.deepEqual(listed(epochs), [])
      assert.equal(typeof epochs.problem, 'string')
      assert.notEqual(epochs.problem, 'missing')
    })
  }

  it('is not written when nothing changed', async () => {
    const disk = diskWith()
    await LeaderEpochs.load(disk, path).flush()
    assert.equal(disk.stat(path), undefined)
  })

  it('holds what was assigned while it was being written', async () => {
    const disk = diskWith()
    const epochs = LeaderEpochs.load(disk, path)
    epochs.assign(1, 10)
    const first = epochs.flush()
    epochs.assign(2, 20)
    await Promise.all([first, epochs.flush(), epochs.flush()])
    assert.equal(disk.readFile(path).toString(), '0\n2\n1 10\n2 20\n')
  })

  it('is written again after a failure', async () => {
    const disk = diskWith()
    const epochs = LeaderEpochs.load(disk, '/nowhere/leader-epoch-checkpoint')
    epochs.assign(1, 10)
    await assert.rejects(epochs.flush(), { name: 'DiskError', code: 'ENOENT' })
    epochs.moveTo(path)
    await epochs.flush()
    assert.equal(disk.readFile(path).toString(), '0\n1\n1 10\n')
  })
})

describe('assigning an epoch', () => {
  it('keeps the first start of the latest epoch', () => {
    assert.deepEqual(
      listed(
        epochsFrom([
          [2, 10],
          [2, 15],
        ]),
      ),
      [[2, 10]],
    )
  })

  it('takes an earlier start of the latest epoch', () => {
    assert.deepEqual(
      listed(
        epochsFrom([
          [2, 10],
          [2, 7],
        ]),
      ),
      [[2, 7]],
    )
  })

  it('removes the entries of a history that was replaced', () => {
    assert.deepEqual(
      listed(
        epochsFrom([
          [1, 0],
          [3, 10],
          [5, 20],
          [4, 8],
        ]),
      ),
      [
        [1, 0],
        [4, 8],
      ],
    )
  })

  it('replaces an epoch in which nothing was written', () => {
    assert.deepEqual(
      listed(
        epochsFrom([
          [1, 10],
          [2, 10],
        ]),
      ),
      [[2, 10]],
    )
  })
})

describe('the end offset of an epoch', () => {
  const epochs = epochsFrom([
    [2, 10],
    [4, 20],
    [7, 30],
  ])
  for (const [epoch, leaderEpoch, endOffset, why] of [
    [-1, -1, -1, 'of no epoch is unknown'],
    [1, 1, 10, 'before all known ones is where these begin'],
    [2, 2, 20, 'is where the next begins'],
    [3, 2, 20, 'that is not there is that of the one before it'],
    [6, 4, 30, 'that is not there is that of the one before it'],
    [7, 7, 99, 'of the latest is the log end'],
    [8, -1, -1, 'later than all is unknown'],
  ] as const) {
    it(`${why}: ${epoch}`, () => {
      assert.deepEqual(epochs.endOffsetFor(epoch, 99), { leaderEpoch, endOffset })
    })
  }

  it('is unknown where no epoch is known', () => {
    assert.deepEqual(epochsFrom([]).endOffsetFor(0, 5), { leaderEpoch: -1, endOffset: -1 })
  })
})

describe('the epoch of an offset', () => {
  it('is that of the last epoch that began before or with it', () => {
    const epochs = epochsFrom([
      [2, 10],
      [4, 20],
    ])
    assert.deepEqual(
      [9, 10, 19, 20, 1000].map((offset) => epochs.epochForOffset(offset)),
      [undefined, 2, 2, 4, 4],
    )
  })
})

describe('truncating epochs', () => {
  it('from the end removes those that begin at the offset or later', () => {
    const epochs = epochsFrom([
      [2, 10],
      [4, 20],
      [7, 30],
    ])
    epochs.truncateFromEnd(20)
    assert.deepEqual(listed(epochs), [[2, 10]])
  })

  it('from the end also removes an epoch that begins at the log end (KAFKA-10706)', () => {
    const epochs = epochsFrom([
      [2, 10],
      [4, 20],
    ])
    epochs.truncateFromEnd(20)
    assert.equal(epochs.latestEpoch, 2)
  })

  it('from the start lets the epoch that holds the offset begin there', () => {
    const epochs = epochsFrom([
      [2, 10],
      [4, 20],
      [7, 30],
    ])
    epochs.truncateFromStart(25)
    assert.deepEqual(listed(epochs), [
      [4, 25],
      [7, 30],
    ])
  })

  it('from before the first epoch changes nothing', () => {
    const epochs = epochsFrom([[2, 10]])
    epochs.truncateFromStart(9)
    epochs.truncateFromStart(10)
    assert.deepEqual(listed(epochs), [[2, 10]])
  })

  it('clears', () => {
    const epochs = epochsFrom([
      [2, 10],
      [3, 20],
    ])
    epochs.clear()
    assert.equal(epochs.latestEpoch, undefined)
  })

  it('never leaves entries that do not rise, whatever happens, and the file brings them back', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('assign' as const), epoch: fc.nat(20), offset: fc.nat(100) }),
      fc.record({ kind: fc.constant('end' as const), offset: fc.nat(100) }),
      fc.record({ kind: fc.constant('start' as const), offset: fc.nat(100) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const disk = diskWith()
        const epochs = LeaderEpochs.load(disk, path)
        for (const taken of steps) {
          if (taken.kind === 'assign') epochs.assign(taken.epoch, taken.offset)
          if (taken.kind === 'end') epochs.truncateFromEnd(taken.offset)
          if (taken.kind === 'start') epochs.truncateFromStart(taken.offset)
        }
        for (const [index, entry] of epochs.entries.entries()) {
          const before = epochs.entries[index - 1]
          if (before === undefined) continue
          assert.ok(before.epoch < entry.epoch && before.startOffset < entry.startOffset)
        }
        await epochs.flush()
        assert.deepEqual(LeaderEpochs.load(disk, path).entries, epochs.entries)
      }),
    )
  })
})
