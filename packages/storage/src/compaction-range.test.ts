import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CompactionGiven, compactionRange, groupSegments } from './compaction-range.ts'

interface TestSegment {
  readonly baseOffset: number
  readonly size: number
  readonly timestampMs: number
}

/** Four closed segments and an active one, ten offsets and 100 bytes each. */
const segments: readonly TestSegment[] = [0, 1, 2, 3, 4].map((number) => ({
  baseOffset: number * 10,
  size: 100,
  timestampMs: 1000 + number * 100,
}))

function rangeOf(given: Partial<CompactionGiven<TestSegment>> = {}) {
  return compactionRange({
    segments,
    logStartOffset: 0,
    logEndOffset: 50,
    lastStableOffset: 50,
    checkpoint: undefined,
    config: { minCompactionLagMs: 0, maxCompactionLagMs: Infinity },
    nowMs: 2000,
    largestTimestampMs: ({ timestampMs }) => timestampMs,
    firstTimestampMs: ({ timestampMs }) => timestampMs,
    ...given,
  })
}

describe('what may be compacted', () => {
  it('is everything before the active segment, where nothing has been yet', () => {
    assert.deepEqual(rangeOf(), {
      firstDirtyOffset: 0,
      firstUncleanableOffset: 40,
      cleanBytes: 0,
      dirtyBytes: 400,
      dirtyRatio: 1,
      overdueMs: 0,
      isCheckpointStale: false,
    })
  })

  it('is dirty from the checkpoint on', () => {
    const { firstDirtyOffset, cleanBytes, dirtyBytes, dirtyRatio } = rangeOf({ checkpoint: 30 })
    assert.deepEqual([firstDirtyOffset, cleanBytes, dirtyBytes, dirtyRatio], [30, 300, 100, 0.25])
  })

  it('counts a segment that the checkpoint lies in on both sides', () => {
    const { cleanBytes, dirtyBytes } = rangeOf({ checkpoint: 35 })
    assert.deepEqual([cleanBytes, dirtyBytes], [400, 100])
  })

  for (const [what, checkpoint, logStartOffset] of [
    ['before the log', 5, 12],
    ['behind the log', 51, 12],
  ] as const) {
    it(`begins at the log start where the checkpoint lies ${what}`, () => {
      const { firstDirtyOffset, isCheckpointStale } = rangeOf({ checkpoint, logStartOffset })
      assert.deepEqual([firstDirtyOffset, isCheckpointStale], [12, true])
    })
  }

  it('ends before the segment in which a transaction is open', () => {
    assert.equal(rangeOf({ lastStableOffset: 25 }).firstUncleanableOffset, 20)
    assert.equal(rangeOf({ lastStableOffset: 20 }).firstUncleanableOffset, 20)
    assert.equal(rangeOf({ lastStableOffset: 41 }).firstUncleanableOffset, 40)
  })

  it('ends before the first segment that is still too young', () => {
    const config = { minCompactionLagMs: 850, maxCompactionLagMs: Infinity }
    assert.equal(rangeOf({ config }).firstUncleanableOffset, 20)
    assert.equal(rangeOf({ config, checkpoint: 30 }).firstUncleanableOffset, 30)
    assert.equal(rangeOf({ config, checkpoint: 30 }).dirtyBytes, 0)
  })

  it('is nothing in a log of one segment', () => {
    const { dirtyBytes, dirtyRatio } = rangeOf({
      segments: segments.slice(0, 1),
      logEndOffset: 10,
      lastStableOffset: 10,
    })
    assert.deepEqual([dirtyBytes, dirtyRatio], [0, 0])
  })

  it('is overdue by the age of the oldest dirty record beyond the largest lag', () => {
    const config = { minCompactionLagMs: 0, maxCompactionLagMs: 300 }
    assert.equal(rangeOf({ config }).overdueMs, 700)
    assert.equal(rangeOf({ config, checkpoint: 20 }).overdueMs, 500)
    assert.equal(rangeOf({ config, firstTimestampMs: () => undefined }).overdueMs, 0)
    assert.equal(rangeOf({ config, firstTimestampMs: () => 1800 }).overdueMs, 0)
  })
})

describe('segments that become one', () => {
  const limits = { segmentBytes: 250, segmentIndexBytes: 1 << 20, indexIntervalBytes: 4096, firstUncleanableOffset: 50 }
  const grouped = (all: readonly { baseOffset: number; size: number }[], given: Partial<typeof limits> = {}) =>
    groupSegments(all, { ...limits, ...given }).map((group) => group.map(({ baseOffset }) => baseOffset))

  it('are as many as fit by their size', () => {
    assert.deepEqual(grouped(segments), [[0, 10], [20, 30], [40]])
    assert.deepEqual(grouped(segments, { segmentBytes: 50 }), [[0], [10], [20], [30], [40]])
    assert.deepEqual(grouped([]), [])
  })

  it('are no more than the indexes can hold', () => {
    assert.deepEqual(grouped(segments, { segmentIndexBytes: 12, indexIntervalBytes: 100 }), [
      [0],
      [10],
      [20],
      [30],
      [40],
    ])
  })

  it('lie no further apart than an index can say, unless they are empty', () => {
    const far = 2 ** 31 + 1
    const all = [
      { baseOffset: 0, size: 10 },
      { baseOffset: 5, size: 10 },
      { baseOffset: far, size: 10 },
    ]
    assert.deepEqual(grouped(all, { firstUncleanableOffset: far + 10 }), [[0], [5], [far]])
    const empty = [
      { baseOffset: 0, size: 10 },
      { baseOffset: 5, size: 0 },
      { baseOffset: far, size: 10 },
    ]
    assert.deepEqual(grouped(empty, { firstUncleanableOffset: far + 10 }), [[0, 5], [far]])
  })
})
