import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '@gregor/platform'
import fc from 'fast-check'
import { TimeIndex, readLastTimestamp } from './time-index.ts'

const path = '/00000000000000000100.timeindex'
const place = { baseOffset: 100, maxBytes: 1200, path }

function indexOf(
  entries: readonly (readonly [timestamp: number, offset: number])[],
  disk = new MemoryDisk(),
): TimeIndex {
  const index = TimeIndex.create({ disk, ...place })
  for (const [timestamp, offset] of entries) index.append(timestamp, offset)
  return index
}

const arbitraryEntries = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 50 })), { maxLength: 60 })
  .map((steps) => {
    let timestamp = 1_700_000_000_000
    let offset = 99
    return steps.map(([timeStep, offsetStep]) => [(timestamp += timeStep), (offset += offsetStep)] as const)
  })

describe('a time index', () => {
  it('is written as Apache Kafka’s', () => {
    const disk = new MemoryDisk()
    const index = indexOf([[1_700_000_000_000, 107]], disk)
    index.persist()
    assert.equal(disk.readFile(path).toString('hex'), '0000018bcfe56800' + '00000007')
    assert.equal(index.byteCount, 12)
  })

  it('takes an entry only where the timestamp is larger than all before', () => {
    const index = indexOf([
      [5, 100],
      [5, 101],
      [4, 102],
      [6, 103],
    ])
    assert.equal(index.entryCount, 2)
    assert.deepEqual(index.last, { timestamp: 6, offset: 103 })
    assert.deepEqual(indexOf([]).last, { timestamp: -1, offset: 100 })
    assert.equal(indexOf([[-1, 100]]).entryCount, 0)
  })

  it('finds what a walk over all entries finds', () => {
    fc.assert(
      fc.property(arbitraryEntries, fc.integer({ min: 0, max: 60_000 }), (entries, after) => {
        const timestamp = 1_700_000_000_000 + after
        const below = entries.filter((entry) => entry[0] < timestamp).at(-1)
        const expected =
          below === undefined ? { timestamp: -1, offset: 100 } : { timestamp: below[0], offset: below[1] }
        assert.deepEqual(indexOf(entries).entryBelow(timestamp), expected)
      }),
    )
  })

  it('keeps exactly what is below when truncated', () => {
    fc.assert(
      fc.property(arbitraryEntries, fc.integer({ min: 90, max: 3200 }), (entries, offset) => {
        const disk = new MemoryDisk()
        const index = indexOf(entries, disk)
        index.persist()
        index.truncateTo(offset)
        const kept = entries.filter((entry) => entry[1] < offset)
        assert.equal(index.entryCount, kept.length)
        assert.equal(disk.stat(path)?.size, kept.length * 12)
        assert.equal(index.last.offset, kept.at(-1)?.[1] ?? 100)
      }),
    )
  })

  it('keeps an entry free for the end of its segment', () => {
    const entries = Array.from({ length: 99 }, (_, slot) => [slot, 100 + slot] as const)
    assert.equal(indexOf(entries).isFull, true)
    assert.equal(indexOf(entries.slice(1)).isFull, false)
  })

  it('knows where it begins to be wrong, and keeps what is before', () => {
    const disk = new MemoryDisk()
    indexOf(
      [
        [10, 100],
        [20, 105],
        [30, 110],
      ],
      disk,
    ).persist()
    assert.equal(TimeIndex.load({ disk, ...place }).check(), undefined)
    assert.equal(TimeIndex.load({ disk, ...place }).truncateToSound(), undefined)
    disk.open(path).write([Buffer.alloc(8)], 24)
    assert.equal(TimeIndex.load({ disk, ...place }).check(), 'entry 2 is not above the one before')
    const index = TimeIndex.load({ disk, ...place })
    assert.equal(index.truncateToSound(), 'entry 2 is not above the one before')
    assert.deepEqual(index.last, { timestamp: 20, offset: 105 })
  })

  it('has a last entry that can be read alone', () => {
    const disk = new MemoryDisk()
    const file = { disk, timeIndexPath: path, baseOffset: 100 }
    assert.equal(readLastTimestamp(file), undefined)
    const index = indexOf([], disk)
    assert.equal(readLastTimestamp(file), undefined)
    index.append(50, 120)
    index.persist()
    assert.deepEqual(readLastTimestamp(file), { timestamp: 50, offset: 120 })
    disk.open(path).write([Buffer.from([0xff])], 0)
    assert.equal(readLastTimestamp(file), undefined)
    disk.open(path).truncate(11)
    assert.equal(readLastTimestamp(file), undefined)
  })
})
