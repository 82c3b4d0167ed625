/**
 * Finds offsets by time: the first record with at least a timestamp, and the one with the largest (KIP-734).
 * Goes by the time indexes to a batch, and by its records to the offset.
 */
import { RecordCursor, batchFromLegacyMessage, partitionLeaderEpochAt } from '@gregor/protocol'
import type { Segment } from './segment.ts'
import { HeaderWalk } from './log-scan.ts'
import { checkStoredContent } from './stored-batch.ts'

export interface TimestampAndOffset {
  readonly timestamp: number
  readonly offset: number
  /** -1: not known, the record was written before there were leader epochs. */
  readonly leaderEpoch: number
}

/** What a batch may unpack to when its records are looked at. */
const unpackedBytesMax = 128 * 1024 * 1024

const cursor = new RecordCursor()

/** The first record at `fromOffset` or later whose timestamp is not below `timestamp`. @throws DiskError */
export async function findTimestamp(
  segments: readonly Segment[],
  given: { readonly timestamp: number; readonly fromOffset: number },
): Promise<TimestampAndOffset | undefined> {
  for (const segment of segments) {
    const { timestamp } = await segment.readMaxTimestamp()
    if (timestamp < given.timestamp) continue
    await segment.prepare()
    const found = searchSegment(segment, given, (candidate) => candidate >= given.timestamp)
    if (found !== undefined) return found
  }
  return undefined
}

/** The first record that has the largest timestamp of all; `undefined` where none has one. @throws DiskError */
export async function findMaxTimestamp(
  segments: readonly Segment[],
  given: { readonly fromOffset: number },
): Promise<TimestampAndOffset | undefined> {
  let timestamp = -1
  let holder: Segment | undefined
  for (const segment of segments) {
    const candidate = (await segment.readMaxTimestamp()).timestamp
    if (candidate <= timestamp) continue
    timestamp = candidate
    holder = segment
  }
  if (holder === undefined) return undefined
  await holder.prepare()
  return searchSegment(holder, { timestamp, fromOffset: given.fromOffset }, (candidate) => candidate === timestamp)
}

function searchSegment(
  segment: Segment,
  given: { readonly timestamp: number; readonly fromOffset: number },
  matches: (timestamp: number) => boolean,
): TimestampAndOffset | undefined {
  const file = segment.file()
  const walk = new HeaderWalk()
  walk.start(file, segment.positionForTimestamp(given.timestamp), segment.size)
  while (walk.next()) {
    const { header } = walk
    if (header.lastOffset < given.fromOffset || header.maxTimestamp < given.timestamp) continue
    const stored = Buffer.allocUnsafe(header.size)
    file.readNow(stored, walk.position)
    if (checkStoredContent(stored, 0, header) !== undefined) continue
    const batch = header.isLegacy ? batchFromLegacyMessage(stored, 0, unpackedBytesMax) : stored
    const found = searchBatch(batch, given.fromOffset, matches)
    if (found !== undefined) return found
  }
  return undefined
}

function searchBatch(
  batch: Buffer,
  fromOffset: number,
  matches: (timestamp: number) => boolean,
): TimestampAndOffset | undefined {
  cursor.resetToBatch(batch, 0, unpackedBytesMax)
  while (cursor.next()) {
    const { offset, timestamp } = cursor
    if (offset < fromOffset || !matches(timestamp)) continue
    return { offset, timestamp, leaderEpoch: partitionLeaderEpochAt(batch, 0) }
  }
  return undefined
}
