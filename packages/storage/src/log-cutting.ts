/**
 * Takes records off a log: at its front (retention, DeleteRecords), at its end (truncation), in its midst (compaction).
 * Files of segments that go get the suffix `.deleted` at once and are unlinked after `file.delete.delay.ms`.
 */
import { assert } from '@gregor/base'
import { DiskError } from '@gregor/platform'
import type { DelayedRemoval } from './delayed-removal.ts'
import { cleanedSuffix, deletedSuffix } from './file-names.ts'
import type { LogState } from './log-state.ts'
import type { LogSync } from './log-sync.ts'
import type { LogWriter } from './log-writer.ts'
import { type RetentionReason, decideRetention } from './retention.ts'
import { Segment } from './segment.ts'
import { type SwapPlace, swapSegments } from './segment-swap.ts'

/** Some two milliseconds of renaming. */
const segmentsAtOnce = 8

export interface RecordsDeleted {
  readonly error: 'NONE' | 'OFFSET_OUT_OF_RANGE'
  readonly logStartOffset: number
}

export interface CuttingParts {
  readonly sync: LogSync
  readonly writer: LogWriter
  readonly removal: DelayedRemoval
  /** The index of a segment leads nowhere. */
  readonly rebuildIndexes: (segment: Segment) => Promise<void>
}

export class LogCutting {
  readonly #state: LogState
  readonly #parts: CuttingParts

  constructor(state: LogState, parts: CuttingParts) {
    this.#state = state
    this.#parts = parts
  }

  // ---------------------------------------------------------------------------------------------------- at the front

  deleteRecordsBefore(offset: number): RecordsDeleted {
    const state = this.#state
    const target = offset === -1 ? state.highWatermark : offset
    if (target < 0 || target > state.highWatermark) {
      return { error: 'OFFSET_OUT_OF_RANGE', logStartOffset: state.logStartOffset }
    }
    this.#startAt(target)
    const { all } = state.segments
    this.#remove(all.filter((_, index) => (all[index + 1]?.baseOffset ?? Infinity) <= target))
    return { error: 'NONE', logStartOffset: state.logStartOffset }
  }

  /** Deletes what retention does not keep. Returns how many bytes are gone. @throws DiskError */
  async applyRetention(nowMs: number): Promise<number> {
    const state = this.#state
    const largestMs = new Map<Segment, number>()
    for (const segment of state.segments.all) {
      const { timestamp } = await segment.readMaxTimestamp()
      largestMs.set(segment, timestamp >= 0 ? timestamp : segment.modifiedAtMs)
    }
    const { retentionMs, retentionBytes, cleanupPolicy } = state.config
    const { deletions, includesActive, heldByFutureTimestamp } = decideRetention({
      segments: state.segments.all,
      config: { isDeleting: cleanupPolicy.delete, retentionMs, retentionBytes },
      logStartOffset: state.logStartOffset,
      highWatermark: state.highWatermark,
      logEndOffset: state.logEndOffset,
      nowMs,
      // One that came meanwhile is new.
      largestTimestampMs: (segment) => largestMs.get(segment) ?? nowMs,
    })
    if (heldByFutureTimestamp !== undefined) {
      const { baseOffset } = heldByFutureTimestamp
      state.logger.warn('retention waits for a segment with a timestamp in the future', { baseOffset })
    }
    if (deletions.length === 0 || !state.isWritable) return 0
    if (includesActive) this.#parts.writer.roll(nowMs)
    return this.#removeInTurns(deletions)
  }

  /** Renaming takes its time: a few segments go at once, and others have their turn in between. */
  async #removeInTurns(
    deletions: readonly { readonly segment: Segment; readonly reason: RetentionReason }[],
  ): Promise<number> {
    const state = this.#state
    let byteCount = 0
    for (let index = 0; index < deletions.length; index += segmentsAtOnce) {
      if (index > 0) await new Promise<void>((resolve) => state.environment.clock.afterTurn(resolve))
      const removed: Segment[] = []
      for (const { segment, reason } of deletions.slice(index, index + segmentsAtOnce)) {
        if (!state.isWritable || !state.segments.all.includes(segment)) continue
        const { baseOffset, size } = segment
        state.logger.info('retention deletes a segment', { baseOffset, bytes: size, reason })
        removed.push(segment)
        byteCount += size
      }
      this.#remove(removed)
      this.#startAt(state.segments.first.baseOffset)
    }
    return byteCount
  }

  #startAt(offset: number): void {
    const state = this.#state
    if (offset <= state.logStartOffset) return
    state.logStartOffset = offset
    state.highWatermark = Math.max(state.highWatermark, offset)
    state.epochs.truncateFromStart(offset)
    state.producers.logStartAdvanced(offset)
  }

  // ------------------------------------------------------------------------------------------------------ at the end

  /** @throws DiskError */
  async truncateTo(offset: number): Promise<void> {
    const state = this.#state
    const { segments } = state
    if (offset >= state.logEndOffset) return
    const last = segments.floor(offset)
    if (last === undefined) return this.truncateFullyAndStartAt(offset)
    await last.prepare()
    if (last.locate(offset) === 'suspect') await this.#parts.rebuildIndexes(last)
    const place = last.locate(offset)
    assert(place !== 'suspect', 'an index that was just rebuilt is not suspect')
    this.#parts.sync.truncatedTo(offset)
    this.#remove(segments.all.filter((segment) => segment.baseOffset > offset))
    last.activate()
    last.truncateTo({ offset, position: place?.position ?? last.size, nowMs: state.nowMs })
    state.dropPendingAbortsFrom(offset)
    state.logEndOffset = offset
    state.logStartOffset = Math.min(state.logStartOffset, offset)
    state.setHighWatermark(Math.min(state.highWatermark, offset))
    const { logStartOffset, derived, nowMs } = state
    const from = derived.restart({ segments: segments.all, logStartOffset, soundUpTo: offset, nowMs, isTorn: false })
    if (from < offset) await derived.visitFrom(segments.all, from)
    derived.finish({ logStartOffset, logEndOffset: offset })
    await this.#parts.sync.sync()
  }

  /** @throws DiskError */
  async truncateFullyAndStartAt(offset: number): Promise<void> {
    const state = this.#state
    this.#parts.sync.truncatedTo(offset)
    const old = state.segments.all
    for (const segment of old) segment.renameTo(deletedSuffix)
    const place = { directory: state.directory, baseOffset: offset, nowMs: state.nowMs }
    state.segments.replace(old, [Segment.create(state.surroundings, place)])
    this.#state.isDirectoryDirty = true
    state.dropPendingAbortsFrom(-1)
    for (const segment of old) this.#removeFilesLater(segment)
    state.logEndOffset = offset
    state.logStartOffset = offset
    state.highWatermark = offset
    state.derived.startAnew(offset)
    await this.#parts.sync.sync()
  }

  // ------------------------------------------------------------------------------------------------------ in the midst

  /** @throws DiskError */
  createCleaned(baseOffset: number): Segment {
    const { surroundings, directory, nowMs } = this.#state
    return Segment.create(surroundings, { directory, baseOffset, suffix: cleanedSuffix, nowMs })
  }

  /** @throws DiskError */
  async replaceSegments(old: readonly Segment[], made: Segment): Promise<boolean> {
    const state = this.#state
    assert(!old.some((segment) => segment.isActive), 'the active segment is not replaced')
    const place: SwapPlace = {
      disk: state.environment.disk,
      directory: () => state.directory,
      holds: (segments) => state.isWritable && segments.every((segment) => state.segments.all.includes(segment)),
      replace: () => this.#swapIn(old, made),
    }
    try {
      return await swapSegments(place, old, made)
    } catch (error) {
      if (error instanceof DiskError) state.fail(error)
      throw error
    }
  }

  #swapIn(old: readonly Segment[], made: Segment): void {
    for (const segment of old) segment.renameTo(deletedSuffix)
    this.#state.segments.replace(old, [made])
    for (const segment of old) {
      if (segment.baseOffset !== made.baseOffset) this.#state.producers.removeSnapshot(segment.baseOffset)
      this.#removeFilesLater(segment)
    }
  }

  #remove(removed: readonly Segment[]): void {
    if (removed.length === 0) return
    this.#state.segments.replace(removed, [])
    for (const segment of removed) {
      segment.renameTo(deletedSuffix)
      this.#state.producers.removeSnapshot(segment.baseOffset)
      this.#removeFilesLater(segment)
    }
    this.#state.isDirectoryDirty = true
  }

  #removeFilesLater(segment: Segment): void {
    segment.close()
    this.#parts.removal.removeLater(segment.paths, this.#state.config.fileDeleteDelayMs)
  }
}
