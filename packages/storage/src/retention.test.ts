import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type RetentionGiven, decideRetention } from './retention.ts'

interface TestSegment {
  readonly baseOffset: number
  readonly size: number
  readonly timestampMs: number
}

const NOW = 1_000_000

/** Three closed segments of 100 bytes and an active one, ten offsets each, of ages 400, 300, 200 and 100 ms. */
const segments: readonly TestSegment[] = [0, 1, 2, 3].map((number) => ({
  baseOffset: number * 10,
  size: 100,
  timestampMs: NOW - 400 + number * 100,
}))

function decide(
  given: Partial<RetentionGiven<TestSegment>> = {},
  config: Partial<RetentionGiven<TestSegment>['config']> = {},
) {
  const decision = decideRetention({
    segments,
    logStartOffset: 0,
    highWatermark: 40,
    logEndOffset: 40,
    nowMs: NOW,
    largestTimestampMs: ({ timestampMs }) => timestampMs,
    ...given,
    config: { isDeleting: true, retentionMs: -1, retentionBytes: -1, ...config },
  })
  return {
    deleted: decision.deletions.map(({ segment, reason }) => `${segment.baseOffset} ${reason}`),
    includesActive: decision.includesActive,
    heldBy: decision.heldByFutureTimestamp?.baseOffset,
  }
}

describe('retention', () => {
  it('keeps everything without a limit', () => {
    assert.deepEqual(decide().deleted, [])
    assert.deepEqual(decide({}, { retentionMs: Infinity, retentionBytes: Infinity }).deleted, [])
  })

  it('deletes what lies whole before the log start, whatever the policy', () => {
    assert.deepEqual(decide({ logStartOffset: 25 }, { isDeleting: false }).deleted, [
      '0 logStartOffset',
      '10 logStartOffset',
    ])
    assert.deepEqual(decide({ logStartOffset: 40 }, { isDeleting: false }).deleted.length, 3)
  })

  it('deletes the oldest while what is left still has the bytes', () => {
    assert.deepEqual(decide({}, { retentionBytes: 250 }).deleted, ['0 retentionBytes'])
    assert.deepEqual(decide({}, { retentionBytes: 200 }).deleted, ['0 retentionBytes', '10 retentionBytes'])
    assert.deepEqual(decide({}, { retentionBytes: 400 }).deleted, [])
    assert.deepEqual(decide({}, { retentionBytes: 0 }), {
      deleted: ['0 retentionBytes', '10 retentionBytes', '20 retentionBytes', '30 retentionBytes'],
      includesActive: true,
      heldBy: undefined,
    })
  })

  it('deletes what is older than allowed, not what is just as old', () => {
    assert.deepEqual(decide({}, { retentionMs: 250 }).deleted, ['0 retentionMs', '10 retentionMs'])
    assert.deepEqual(decide({}, { retentionMs: 300 }).deleted, ['0 retentionMs'])
  })

  it('deletes the active segment, too, so that an idle topic empties', () => {
    const { deleted, includesActive } = decide({}, { retentionMs: 50 })
    assert.deepEqual([deleted.length, includesActive], [4, true])
  })

  it('leaves an empty active segment', () => {
    const withEmpty = [...segments.slice(0, 3), { baseOffset: 30, size: 0, timestampMs: 0 }]
    const { deleted, includesActive } = decide({ segments: withEmpty, logEndOffset: 30 }, { retentionMs: 50 })
    assert.deepEqual([deleted.length, includesActive], [3, false])
  })

  it('deletes nothing at or above the high watermark', () => {
    assert.deepEqual(decide({ highWatermark: 19 }, { retentionMs: 0 }).deleted, ['0 retentionMs'])
    assert.deepEqual(decide({ highWatermark: 39 }, { retentionMs: 0 }).deleted.length, 3)
  })

  it('is held up by a timestamp in the future', () => {
    const strange = segments.map((segment) =>
      segment.baseOffset === 10 ? { ...segment, timestampMs: NOW + 5 } : segment,
    )
    assert.deepEqual(decide({ segments: strange }, { retentionMs: 0 }), {
      deleted: ['0 retentionMs'],
      includesActive: false,
      heldBy: 10,
    })
  })

  it('counts by one rule what the rule before it has left', () => {
    assert.deepEqual(decide({ logStartOffset: 10 }, { retentionBytes: 200, retentionMs: 150 }).deleted, [
      '0 logStartOffset',
      '10 retentionBytes',
      '20 retentionMs',
    ])
  })

  it('never leaves a hole, and never takes what no rule wants', () => {
    const arbitrary = fc.record({
      sizes: fc.array(fc.nat(200), { minLength: 1, maxLength: 6 }),
      ages: fc.array(fc.integer({ min: -50, max: 500 }), { minLength: 6, maxLength: 6 }),
      retentionBytes: fc.integer({ min: -1, max: 800 }),
      retentionMs: fc.integer({ min: -1, max: 600 }),
      logStartOffset: fc.nat(60),
    })
    fc.assert(
      fc.property(arbitrary, ({ sizes, ages, retentionBytes, retentionMs, logStartOffset }) => {
        const all = sizes.map((size, number) => ({
          baseOffset: number * 10,
          size,
          timestampMs: NOW - (ages[number] ?? 0),
        }))
        const end = sizes.length * 10
        const { deleted } = decide(
          { segments: all, logStartOffset, logEndOffset: end, highWatermark: end },
          { retentionBytes, retentionMs },
        )
        assert.deepEqual(
          deleted.map((line) => Number(line.split(' ')[0])),
          all.slice(0, deleted.length).map(({ baseOffset }) => baseOffset),
        )
        const left = all.slice(deleted.length).reduce((sum, { size }) => sum + size, 0)
        if (retentionBytes >= 0 && deleted.some((line) => line.endsWith('retentionBytes'))) assert.ok(left >= 0)
        if (retentionMs < 0 && retentionBytes < 0) assert.ok(deleted.every((line) => line.endsWith('logStartOffset')))
      }),
    )
  })
})
