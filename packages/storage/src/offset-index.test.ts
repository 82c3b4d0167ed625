import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '@gregor/platform'
import fc from 'fast-check'
import { OffsetIndex, readLastPosition } from './offset-index.ts'

const path = '/00000000000000000100.index'
const place = { baseOffset: 100, maxBytes: 800, path }

function indexOf(
  entries: readonly (readonly [offset: number, position: number])[],
  disk = new MemoryDisk(),
): OffsetIndex {
  const index = OffsetIndex.create({ disk, ...place })
  for (const [offset, position] of entries) index.append(offset, position)
  return index
}

/** Rising offsets and positions. */
const arbitraryEntries = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 5000 })), { maxLength: 60 })
  .map((steps) => {
    let offset = 99
    let position = -1
    return steps.map(([offsetStep, positionStep]) => [(offset += offsetStep), (position += positionStep)] as const)
  })

describe('an offset index', () => {
  it('is written as Apache Kafka’s, offsets relative to the base', () => {
    const disk = new MemoryDisk()
    const index = indexOf(
      [
        [107, 0],
        [250, 4196],
      ],
      disk,
    )
    index.persist()
    assert.equal(disk.readFile(path).toString('hex'), '0000000700000000' + '0000009600001064')
    assert.deepEqual(index.last, { offset: 250, position: 4196 })
    assert.equal(index.byteCount, 16)
  })

  it('finds what a walk over all entries finds', () => {
    fc.assert(
      fc.property(
        arbitraryEntries,
        fc.integer({ min: 90, max: 3200 }),
        fc.integer({ min: 0, max: 300_000 }),
        (entries, offset, position) => {
          const index = indexOf(entries)
          const below = entries.filter((entry) => entry[0] <= offset).at(-1)
          assert.deepEqual(index.entryBelow(offset), below && { offset: below[0], position: below[1] })
          assert.equal(index.positionBelow(offset), below?.[1] ?? 0)
          const behind = entries.find((entry) => entry[1] > position)
          assert.deepEqual(index.entryBehind(position), behind && { offset: behind[0], position: behind[1] })
        },
      ),
    )
  })

  it('keeps exactly what is below when truncated, in the file as well', () => {
    fc.assert(
      fc.property(
        arbitraryEntries,
        fc.integer({ min: 90, max: 3200 }),
        fc.integer({ min: 0, max: 300_000 }),
        (entries, offset, position) => {
          const disk = new MemoryDisk()
          const index = indexOf(entries, disk)
          index.persist()
          index.truncateTo(offset)
          index.truncateToPosition(position)
          index.persist()
          const kept = entries.filter((entry) => entry[0] < offset && entry[1] < position)
          const loaded = OffsetIndex.load({ disk, ...place })
          assert.equal(loaded.entryCount, kept.length)
          assert.deepEqual(
            kept.map((_, slot) => loaded.entryAt(slot)),
            kept.map(([entryOffset, entryPosition]) => ({ offset: entryOffset, position: entryPosition })),
          )
        },
      ),
    )
  })

  it('is full where its file may not grow', () => {
    const index = indexOf(Array.from({ length: 100 }, (_, slot) => [100 + slot, slot] as const))
    assert.equal(index.isFull, true)
    assert.equal(indexOf([[100, 0]]).isFull, false)
  })

  it('writes only what the file lacks', () => {
    const index = indexOf([[100, 0]])
    assert.equal(index.unpersistedBytes, 8)
    index.persist()
    assert.equal(index.unpersistedBytes, 0)
    index.append(101, 70)
    assert.equal(index.unpersistedBytes, 8)
  })

  it('knows which entry is wrong, and keeps those before it', () => {
    for (const [entries, problem] of [
      [
        [
          [100, 0],
          [100, 70],
        ],
        'entry 1 is not above the one before',
      ],
      [
        [
          [100, 50],
          [101, 50],
        ],
        'entry 1 is not above the one before',
      ],
      [
        [
          [100, 0],
          [101, 900],
        ],
        'entry 1 points behind the end of the log',
      ],
      [[[99, 0]], 'entry 0 is not above the one before'],
    ] as const) {
      const index = indexOf(entries)
      assert.equal(index.check(900), problem)
      assert.equal(index.truncateToSound(900), problem)
      assert.equal(index.entryCount, entries.length - 1)
      assert.equal(index.check(900), undefined)
      assert.equal(index.truncateToSound(900), undefined)
    }
  })

  it('has a last entry that can be read alone', () => {
    const disk = new MemoryDisk()
    const file = { disk, offsetIndexPath: path, baseOffset: 100 }
    assert.equal(readLastPosition(file), 'unsound')
    const index = indexOf([], disk)
    assert.equal(readLastPosition(file), 'none')
    index.append(120, 77)
    index.persist()
    assert.deepEqual(readLastPosition(file), { offset: 120, position: 77 })
    disk.open(path).truncate(9)
    assert.equal(readLastPosition(file), 'unsound')
  })

  it('is durable after a sync, which is done once', async () => {
    const index = indexOf([[100, 0]])
    await index.sync()
    await index.sync()
    assert.equal(index.unpersistedBytes, 0)
  })
})
