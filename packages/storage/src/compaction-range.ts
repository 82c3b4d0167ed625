/**
 * What of a log may be compacted, how much it needs it, and which segments become one: pure, from what is known of the
 * segments. Offsets below the checkpoint are clean, those from there to the first uncleanable one are dirty.
 *
 * Never touched: the active segment, what is not yet stable, and what `min.compaction.lag.ms` still protects.
 */

export interface CompactableSegment {
  readonly baseOffset: number
  /** In bytes. */
  readonly size: number
}

export interface CompactionGiven<Segment extends CompactableSegment> {
  /** Ascending; the last is the active one. */
  readonly segments: readonly Segment[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly lastStableOffset: number
  /** Where the last run ended; `undefined`: there was none. */
  readonly checkpoint: number | undefined
  readonly config: { readonly minCompactionLagMs: number; readonly maxCompactionLagMs: number }
  readonly nowMs: number
  /** The largest timestamp in a segment. */
  readonly largestTimestampMs: (segment: Segment) => number
  /** Of the first batch of a segment; `undefined` or less than 1: it has none. */
  readonly firstTimestampMs: (segment: Segment) => number | undefined
}

export interface CompactionRange {
  /** Clean below. */
  readonly firstDirtyOffset: number
  /** Where the first segment begins that is left alone. */
  readonly firstUncleanableOffset: number
  readonly cleanBytes: number
  readonly dirtyBytes: number
  /** Of dirty bytes in all that may be compacted: 0 to 1. */
  readonly dirtyRatio: number
  /** How long ago `max.compaction.lag.ms` wanted it; 0: it does not. */
  readonly overdueMs: number
  /** The checkpoint did not fit the log: it was cut, or what it spoke of is deleted. */
  readonly isCheckpointStale: boolean
}

export function compactionRange<Segment extends CompactableSegment>(given: CompactionGiven<Segment>): CompactionRange {
  const { segments, logStartOffset, logEndOffset, checkpoint = logStartOffset } = given
  const isCheckpointStale = checkpoint < logStartOffset || checkpoint > logEndOffset
  const firstDirtyOffset = isCheckpointStale ? logStartOffset : checkpoint
  const closed = segments.slice(0, -1)
  const dirty = closed.filter((_, index) => (segments[index + 1]?.baseOffset ?? Infinity) > firstDirtyOffset)

  const youngest = given.nowMs - Math.max(0, given.config.minCompactionLagMs)
  const firstYoung =
    given.config.minCompactionLagMs > 0 ? dirty.find((one) => given.largestTimestampMs(one) > youngest) : undefined
  const activeBaseOffset = segments.at(-1)?.baseOffset ?? logEndOffset
  const bound = Math.max(
    firstDirtyOffset,
    Math.min(given.lastStableOffset, activeBaseOffset, firstYoung?.baseOffset ?? Infinity),
  )
  // A segment that the bound runs through is left alone whole.
  const holder = closed.findLast(({ baseOffset }) => baseOffset <= bound)
  const firstUncleanableOffset = bound >= activeBaseOffset ? activeBaseOffset : (holder?.baseOffset ?? bound)

  const cleanBytes = bytesOf(segments.filter(({ baseOffset }) => baseOffset < firstDirtyOffset))
  const dirtyBytes = bytesOf(dirty.filter(({ baseOffset }) => baseOffset < firstUncleanableOffset))
  const totalBytes = cleanBytes + dirtyBytes
  return {
    firstDirtyOffset,
    firstUncleanableOffset: Math.max(firstDirtyOffset, firstUncleanableOffset),
    cleanBytes,
    dirtyBytes,
    dirtyRatio: totalBytes === 0 ? 0 : dirtyBytes / totalBytes,
    overdueMs: overdueMs(dirty, given),
    isCheckpointStale,
  }
}

function overdueMs<Segment extends CompactableSegment>(
  dirty: readonly Segment[],
  given: CompactionGiven<Segment>,
): number {
  const cleanUntilMs = given.nowMs - Math.max(0, given.config.maxCompactionLagMs)
  // Nothing is that old: most topics set no such lag.
  if (cleanUntilMs <= 0) return 0
  let earliestMs = Infinity
  for (const segment of dirty) {
    const timestampMs = given.firstTimestampMs(segment) ?? -1
    if (timestampMs > 0) earliestMs = Math.min(earliestMs, timestampMs)
  }
  return Math.max(0, cleanUntilMs - earliestMs)
}

export interface GroupingLimits {
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly firstUncleanableOffset: number
}

/** An entry of the time index, the larger one, is written for each interval of the log. */
const TIME_INDEX_ENTRY_BYTES = 12

/** Neighbours that together fit into one segment, by the size they have before. In order; each has at least one. */
export function groupSegments<Segment extends CompactableSegment>(
  segments: readonly Segment[],
  limits: GroupingLimits,
): readonly (readonly Segment[])[] {
  const indexedBytes = Math.floor(limits.segmentIndexBytes / TIME_INDEX_ENTRY_BYTES) * limits.indexIntervalBytes
  const bytesMax = Math.min(limits.segmentBytes, indexedBytes)
  const groups: Segment[][] = []
  let group: Segment[] = []
  let groupBytes = 0
  for (const [index, segment] of segments.entries()) {
    const lastOffset = (segments[index + 1]?.baseOffset ?? limits.firstUncleanableOffset) - 1
    // An empty segment has no offset that an index would have to hold.
    const isNear = segment.size === 0 || lastOffset - (group[0]?.baseOffset ?? lastOffset) <= 0x7fff_ffff
    if (group.length === 0 || groupBytes + segment.size > bytesMax || !isNear) {
      group = []
      groupBytes = 0
      groups.push(group)
    }
    group.push(segment)
    groupBytes += segment.size
  }
  return groups
}

function bytesOf(segments: readonly CompactableSegment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0)
}
