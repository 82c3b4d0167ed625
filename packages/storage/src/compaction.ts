/**
 * One run of compaction over one log: learns the latest offset of each key in the dirty part (`LatestOffsets`), then
 * copies what is still wanted, group by group of segments, into `.cleaned` ones that take the old ones’ place.
 *
 * Works in the background of the thread that serves the log, in slices, and may be cut off at any point, by a crash or
 * by its signal: a group is either replaced or as it was. Offsets never change. Source: broker.md §4.6.
 *
 * A new segment ends where its sources ended, with an empty batch if nothing else is left. So a swap that a crash
 * interrupts is known to stand for all of its sources, and none of their files is left over.
 */

import { MalformedMessageError } from '@gregor/base'
import type { LogConfig } from '@gregor/config'
import type { Environment, Logger } from '@gregor/platform'
import { CompressionError } from '@gregor/protocol'
import { BatchCompaction, type CompactedBatch, type CompactedSegment } from './batch-compaction.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { type CompactionRange, groupSegments } from './compaction-range.ts'
import { LatestOffsets } from './latest-offsets.ts'
import { type BackgroundReading, type SegmentReader, WorkStopped, visitSegment } from './segment-reader.ts'
import type { Segment } from './segment.ts'
import type { TopicPartition } from './topic-partition.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** What a run needs of a `PartitionLog`. */
export interface CompactableLog {
  readonly topicPartition: TopicPartition
  readonly config: LogConfig
  /** Ascending; the last is the active one. */
  readonly segments: { readonly all: readonly Segment[] }
  readonly producers: { isLastBatchOfProducer(batch: Buffer, position: number): boolean }
  abortedTransactions(fromOffset: number, toOffset: number): readonly AbortedTransaction[]
  /** An empty segment whose files end in `.cleaned`. @throws DiskError */
  createCleaned(baseOffset: number): Segment
  /** Puts `made` (complete, synced) in the place of `old`. False: these are not all in the log any more. @throws DiskError */
  replaceSegments(old: readonly Segment[], made: Segment): Promise<boolean>
}

export interface CompactionResources extends BackgroundReading {
  readonly environment: Pick<Environment, 'clock' | 'random'>
  readonly logger: Logger
  /** `log.cleaner.dedupe.buffer.size`: bounds the offset map. */
  readonly dedupeBufferBytes: number
  /** `log.cleaner.io.buffer.load.factor` */
  readonly dedupeLoadFactor: number
}

export interface CompactionStats {
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly recordsRead: number
  readonly recordsKept: number
  readonly keylessRecords: number
  /** Of the offset map: 0 to 1. */
  readonly mapUtilization: number
}

export type CompactionOutcome =
  /** All below `endOffset` is clean. It is the first dirty offset still where not even one batch’s keys fit the map. */
  | { readonly outcome: 'done'; readonly endOffset: number; readonly stats: CompactionStats }
  | { readonly outcome: 'stopped' }

/** @throws SegmentDamage where a segment is not what was written; DiskError */
export async function compact(
  log: CompactableLog,
  range: CompactionRange,
  resources: CompactionResources,
): Promise<CompactionOutcome> {
  try {
    return await new CompactionRun(log, range, resources).run()
  } catch (error) {
    if (error instanceof WorkStopped) return { outcome: 'stopped' }
    throw error
  }
}

class CompactionRun {
  readonly #log: CompactableLog
  readonly #range: CompactionRange
  readonly #resources: CompactionResources
  readonly #latest: LatestOffsets
  readonly #transactions = new CleanedTransactions()
  #bytesRead = 0
  #bytesWritten = 0

  constructor(log: CompactableLog, range: CompactionRange, resources: CompactionResources) {
    this.#log = log
    this.#range = range
    this.#resources = resources
    const aborted = log.abortedTransactions(range.firstDirtyOffset, range.firstUncleanableOffset)
    const { random } = resources.environment
    this.#latest = new LatestOffsets({ ...range, aborted }, { ...resources, random })
  }

  async run(): Promise<CompactionOutcome> {
    const { firstDirtyOffset, firstUncleanableOffset } = this.#range
    await this.#learnLatestOffsets()
    const { latestOffset } = this.#latest
    const endOffset = Math.max(firstDirtyOffset, latestOffset + 1)
    const batches = new BatchCompaction({
      latestOffsets: this.#latest.map,
      latestOffset,
      transactions: this.#transactions,
      isLastBatchOfProducer: (batch, position) => this.#log.producers.isLastBatchOfProducer(batch, position),
      nowMs: this.#resources.environment.clock.wallMs(),
      deleteRetentionMs: this.#log.config.deleteRetentionMs,
    })
    if (endOffset > firstDirtyOffset) {
      const sources = this.#log.segments.all.filter(({ baseOffset }) => baseOffset < endOffset)
      const legacyHorizonMs = this.#legacyHorizonMs(sources)
      const groups = groupSegments(sources, { ...this.#log.config, firstUncleanableOffset })
      for (const group of groups) await this.#compactGroup(group, batches, legacyHorizonMs)
    }
    return { outcome: 'done', endOffset, stats: this.#stats(batches) }
  }

  #stats({ recordsRead, recordsKept, keylessRecords }: BatchCompaction): CompactionStats {
    const mapUtilization = this.#latest.map.utilization
    const [bytesRead, bytesWritten] = [this.#bytesRead, this.#bytesWritten]
    return { bytesRead, bytesWritten, recordsRead, recordsKept, keylessRecords, mapUtilization }
  }

  async #learnLatestOffsets(): Promise<void> {
    const { firstDirtyOffset, firstUncleanableOffset } = this.#range
    const { all } = this.#log.segments
    for (const [index, segment] of all.entries()) {
      const nextBaseOffset = all[index + 1]?.baseOffset ?? Infinity
      if (nextBaseOffset <= firstDirtyOffset) continue
      if (segment.baseOffset >= firstUncleanableOffset) return
      let hasRoom = true
      await visitSegment({ segment, endOffset: nextBaseOffset }, this.#resources, {
        batch: ({ buffer, at, header }) => {
          hasRoom = this.#latest.add(buffer, at, header)
          return hasRoom
        },
      })
      if (!hasRoom) return
      this.#latest.reached(Math.min(nextBaseOffset, firstUncleanableOffset))
    }
  }

  /** Of messages from before delete horizons: tombstones in segments changed before this time may go. */
  #legacyHorizonMs(sources: readonly Segment[]): number {
    const lastClean = sources.findLast(({ baseOffset }) => baseOffset < this.#range.firstDirtyOffset)
    return lastClean === undefined ? 0 : lastClean.modifiedAtMs - this.#log.config.deleteRetentionMs
  }

  async #compactGroup(sources: readonly Segment[], batches: BatchCompaction, legacyHorizonMs: number): Promise<void> {
    const [first] = sources
    if (first === undefined) return
    const made = this.#log.createCleaned(first.baseOffset)
    try {
      const lastKeptOffset = await lastOffsetOf(sources)
      for (const source of sources) {
        const keepsLegacyTombstones = source.modifiedAtMs > legacyHorizonMs
        this.#transactions.add(this.#log.abortedTransactions(source.baseOffset, this.#endOf(source)))
        await this.#copy(source, made, (reader) =>
          this.#compactBatch(batches, reader, { lastKeptOffset, keepsLegacyTombstones }),
        )
      }
      made.seal()
      await made.syncLog()
      await made.syncIndexes()
    } catch (error) {
      await made.remove()
      throw error
    }
    if (await this.#log.replaceSegments(sources, made)) return
    await made.remove()
    // What would be compacted next rests on segments that are gone.
    throw new WorkStopped('the segments were deleted or cut meanwhile')
  }

  async #copy(
    source: Segment,
    target: Segment,
    compactBatch: (reader: SegmentReader) => CompactedBatch,
  ): Promise<void> {
    const kept = new KeptBatches()
    const place = { segment: source, endOffset: this.#endOf(source) }
    this.#bytesRead += await visitSegment(place, this.#resources, {
      batch: (reader) => {
        kept.add(reader, compactBatch(reader))
        return true
      },
      chunkEnded: () => {
        const { buffers, byteCount } = kept.take()
        if (byteCount > 0) target.append(buffers)
        for (const transaction of this.#transactions.takeRetained()) target.transactionIndex.append(transaction)
        this.#bytesWritten += byteCount
        return byteCount
      },
    })
  }

  #compactBatch(batches: BatchCompaction, { buffer, at }: SegmentReader, segment: CompactedSegment): CompactedBatch {
    try {
      return batches.compact(buffer, at, segment)
    } catch (error) {
      if (!(error instanceof MalformedMessageError || error instanceof CompressionError)) throw error
      return 'unchanged'
    }
  }

  #endOf(segment: Segment): number {
    const { all } = this.#log.segments
    return all[all.indexOf(segment) + 1]?.baseOffset ?? Infinity
  }
}

/** Of the last batch; -1: there is none. */
async function lastOffsetOf(sources: readonly Segment[]): Promise<number> {
  for (const source of sources.toReversed()) {
    if (source.size === 0) continue
    await source.prepare()
    return source.findEnd().nextOffset - 1
  }
  return -1
}

/** What is to be written of one chunk. Neighbours that stay as they are go together. */
class KeptBatches {
  #buffers: Buffer[] = []
  #byteCount = 0
  #source: Buffer | undefined
  #runStart = 0
  #runEnd = 0

  add({ buffer, at, size }: SegmentReader, batch: CompactedBatch): void {
    if (batch === 'gone') return
    if (batch === 'unchanged' && this.#source === buffer && this.#runEnd === at) {
      this.#runEnd += size
      return
    }
    this.#endRun()
    if (batch === 'unchanged') {
      this.#source = buffer
      this.#runStart = at
      this.#runEnd = at + size
    } else {
      this.#push(batch)
    }
  }

  take(): { readonly buffers: readonly Buffer[]; readonly byteCount: number } {
    this.#endRun()
    const taken = { buffers: this.#buffers, byteCount: this.#byteCount }
    this.#buffers = []
    this.#byteCount = 0
    return taken
  }

  #endRun(): void {
    if (this.#source !== undefined) this.#push(this.#source.subarray(this.#runStart, this.#runEnd))
    this.#source = undefined
  }

  #push(bytes: Buffer): void {
    this.#buffers.push(bytes)
    this.#byteCount += bytes.length
  }
}
