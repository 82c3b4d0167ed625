/**
 * Which segments of a log may be deleted now: pure. Whole segments from the front, below the high watermark, by three
 * rules in this order: before the log start (always), too many bytes, too old (both with `cleanup.policy` delete).
 * The active segment goes like the others, once a new one stands behind it: so an idle topic empties.
 */

export interface RetainedSegment {
  readonly baseOffset: number
  /** In bytes. */
  readonly size: number
}

export type RetentionReason = 'logStartOffset' | 'retentionBytes' | 'retentionMs'

export interface RetentionGiven<Segment extends RetainedSegment> {
  /** Ascending; the last is the active one. */
  readonly segments: readonly Segment[]
  /** `isDeleting`: the cleanup policy includes delete. No limit: -1 or Infinity. */
  readonly config: { readonly isDeleting: boolean; readonly retentionMs: number; readonly retentionBytes: number }
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly logEndOffset: number
  readonly nowMs: number
  /** The largest timestamp in the segment; where none has one, when its file was last changed. */
  readonly largestTimestampMs: (segment: Segment) => number
}

export interface RetentionDecision<Segment extends RetainedSegment> {
  /** From the front of the log, each with why. */
  readonly deletions: readonly { readonly segment: Segment; readonly reason: RetentionReason }[]
  /** The active segment is among them: roll first. */
  readonly includesActive: boolean
  /** It is kept because of a timestamp in the future, and what comes behind it with it. */
  readonly heldByFutureTimestamp: Segment | undefined
}

export function decideRetention<Segment extends RetainedSegment>(
  given: RetentionGiven<Segment>,
): RetentionDecision<Segment> {
  const { segments, config, nowMs } = given
  const deletions: { segment: Segment; reason: RetentionReason }[] = []
  const deleteWhile = (reason: RetentionReason, breaches: (segment: Segment, next: Segment | undefined) => boolean) => {
    for (;;) {
      const segment = segments[deletions.length]
      const next = segments[deletions.length + 1]
      if (segment === undefined || !mayGo(given, segment, next) || !breaches(segment, next)) return
      deletions.push({ segment, reason })
    }
  }

  deleteWhile('logStartOffset', (_, next) => next !== undefined && next.baseOffset <= given.logStartOffset)
  let heldByFutureTimestamp: Segment | undefined
  if (config.isDeleting) {
    let excessBytes = bytesFrom(segments, deletions.length) - limitOf(config.retentionBytes)
    deleteWhile('retentionBytes', ({ size }) => {
      if (excessBytes < size) return false
      excessBytes -= size
      return true
    })
    const retentionMs = limitOf(config.retentionMs)
    deleteWhile('retentionMs', (segment) => {
      if (retentionMs === Infinity) return false
      const timestampMs = given.largestTimestampMs(segment)
      if (timestampMs > nowMs) heldByFutureTimestamp = segment
      return nowMs - timestampMs > retentionMs
    })
  }
  return {
    deletions,
    includesActive: deletions.length === segments.length && deletions.length > 0,
    heldByFutureTimestamp,
  }
}

/** All of it is below the high watermark, and it is not the empty segment at the end. */
function mayGo<Segment extends RetainedSegment>(
  { highWatermark, logEndOffset }: RetentionGiven<Segment>,
  segment: Segment,
  next: Segment | undefined,
): boolean {
  if (next === undefined && segment.size === 0) return false
  return highWatermark >= (next?.baseOffset ?? logEndOffset)
}

function bytesFrom(segments: readonly RetainedSegment[], index: number): number {
  return segments.slice(index).reduce((sum, { size }) => sum + size, 0)
}

function limitOf(configured: number): number {
  return configured < 0 ? Infinity : configured
}
