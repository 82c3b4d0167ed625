/**
 * One segment: a log file of whole batches with its offset, time and transaction index. It knows positions, not
 * meaning: who may append, what is visible and what is durable is decided by `PartitionLog`.
 *
 * Only the last segment of a log is appended to (`isActive`); its indexes are in memory. A closed segment’s are loaded
 * when asked for (`prepare`), checked, and rebuilt from the log where they are missing or wrong.
 */
import { assert } from '@gregor/base'
import type { DiskFile, Logger } from '@gregor/platform'
import { offsetIndexSuffix, timeIndexSuffix, transactionIndexSuffix } from './file-names.ts'
import type { OpenFiles } from './open-files.ts'
import { ReadMemory } from './read-memory.ts'
import { SegmentFiles } from './segment-files.ts'
import { type IndexProblem, SegmentIndexes, checkIndexFiles } from './segment-indexes.ts'
import {
  type IndexedLog,
  type SegmentRecovery,
  loadIndexes,
  readMaxTimestamp,
  rebuildIndexes,
  recoverBatches,
} from './segment-recovery.ts'
import {
  type BatchPlace,
  type SearchedSegment,
  findSegmentEnd,
  locateBatch,
  noteAgain,
  readFirstTimestamp,
} from './segment-search.ts'
import { StoredHeader, type StoredProblem } from './stored-batch.ts'
import type { TimestampOffset } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'
import { writeTogether } from './write-together.ts'

/** What every segment of a log is given. */
export interface SegmentSurroundings {
  readonly files: OpenFiles
  readonly logger: Logger
  /** Asked when needed, so that a changed config takes effect. */
  readonly config: () => { readonly indexIntervalBytes: number; readonly segmentIndexBytes: number }
}

export interface SegmentPlace {
  readonly directory: string
  readonly baseOffset: number
  /** Behind the file names: none, or that of a segment that compaction is writing. */
  readonly suffix?: string
  readonly nowMs: number
}

/** Of an active segment’s offset index: what a crash takes is found again by reading that much of the log. */
const persistIndexBytes = 4096

const header = new StoredHeader()

export class Segment {
  readonly baseOffset: number
  readonly transactionIndex: TransactionIndex
  readonly #surroundings: SegmentSurroundings
  readonly #files: SegmentFiles
  #size: number
  #createdAtMs: number
  #isActive: boolean
  #indexes: SegmentIndexes | undefined
  #preparing: Promise<void> | undefined
  /** False while the indexes are what a file said. */
  #isIndexProven = false
  #maxTimestamp: TimestampOffset | undefined
  #firstTimestamp: number | undefined
  #needsSync: boolean
  #isDistrusted = false
  readonly #reads = new ReadMemory()
  /** Where what was appended since opening begins, and the count of bytes through the page cache then. */
  readonly #appendedFrom: { readonly position: number; readonly countBefore: number }

  private constructor(
    surroundings: SegmentSurroundings,
    place: SegmentPlace,
    state: { size: number; isActive: boolean },
  ) {
    this.#surroundings = surroundings
    this.baseOffset = place.baseOffset
    this.#createdAtMs = place.nowMs
    this.#size = state.size
    this.#isActive = state.isActive
    this.#needsSync = state.isActive
    const { appendedBytes, checkedBytes } = surroundings.files
    this.#appendedFrom = { position: state.size, countBefore: appendedBytes + checkedBytes }
    this.#files = new SegmentFiles(surroundings.files, place)
    this.transactionIndex = TransactionIndex.open({
      disk: surroundings.files.disk,
      path: this.pathOf(transactionIndexSuffix),
      baseOffset: place.baseOffset,
    })
  }

  /** An empty segment to append to, over whatever files of its name were there. @throws DiskError */
  static create(surroundings: SegmentSurroundings, place: SegmentPlace): Segment {
    const segment = new Segment(surroundings, place, { size: 0, isActive: true })
    // The log last: without it what a full disk left of the others is no segment, and removed at opening.
    segment.#indexes = SegmentIndexes.create(segment.#indexedLog.place)
    segment.#isIndexProven = true
    segment.transactionIndex.reset()
    segment.#files.createLog()
    return segment
  }

  /** A segment whose log file has `size` bytes. It is closed; see `activate`. @throws DiskError */
  static open(surroundings: SegmentSurroundings, place: SegmentPlace & { size: number }): Segment {
    return new Segment(surroundings, place, { size: place.size, isActive: false })
  }

  // ---------------------------------------------------------------------------------------------------- what it is

  /** Of the log file. */
  get path(): string {
    return this.#files.log.path
  }

  /** Of the log file. */
  get size(): number {
    return this.#size
  }

  get isActive(): boolean {
    return this.#isActive
  }

  /** Its indexes are in memory. */
  get isPrepared(): boolean {
    return this.#indexes !== undefined
  }

  /** Something was written since the last sync. */
  get needsSync(): boolean {
    return this.#needsSync
  }

  /** Since when it has been empty or, with records, when it was opened: rolling by time where no record has one. */
  get createdAtMs(): number {
    return this.#createdAtMs
  }

  get isIndexFull(): boolean {
    return this.#indexes?.isFull === true
  }

  /**
   * The largest timestamp and the last offset of the batch that has it; timestamp -1 where none has one. Of a closed
   * segment the end of the time index says it, so that retention need not load whole indexes. @throws DiskError
   */
  async readMaxTimestamp(): Promise<TimestampOffset> {
    if (this.#indexes !== undefined) return this.#indexes.maxTimestamp
    this.#maxTimestamp ??= readMaxTimestamp(this.#indexedLog)
    if (this.#maxTimestamp !== undefined) return this.#maxTimestamp
    await this.prepare()
    return this.readMaxTimestamp()
  }

  /** The largest timestamp of the first batch: what rolling by time counts from. `undefined` in an empty segment. */
  get firstTimestamp(): number | undefined {
    if (this.#size > 0) this.#firstTimestamp ??= readFirstTimestamp(this.#files.log.file(), this.#size)
    return this.#firstTimestamp
  }

  /** Of the log file: what retention goes by where no record has a timestamp. */
  get modifiedAtMs(): number {
    return this.#surroundings.files.disk.stat(this.path)?.modifiedAtMs ?? this.#createdAtMs
  }

  /**
   * How far, from `position` on and up to `end`, what stands there was appended, or read and checked, so lately that it
   * is in the page cache.
   */
  hotTo(position: number, end: number): number {
    if (this.#isDistrusted) return position
    const { position: from, countBefore } = this.#appendedFrom
    const { appendedBytes, checkedBytes, disk } = this.#surroundings.files
    const { cacheBytes } = disk
    // A lower bound: others wrote in between.
    const throughBytes = appendedBytes + checkedBytes
    const isCached = (at: number): boolean => at >= from && throughBytes - (countBefore + at - from) <= cacheBytes
    if (isCached(position)) return end
    const checkedTo = this.#reads.checkedTo(position, { throughBytes, cacheBytes })
    return checkedTo > position && isCached(checkedTo) ? end : Math.min(end, checkedTo)
  }

  /** Bytes [from, to) came from the disk, perhaps, and agree with their checksums. */
  checked(from: number, to: number): void {
    const { files } = this.#surroundings
    files.checkedBytes += to - from
    this.#reads.checked(from, to, files.appendedBytes + files.checkedBytes)
  }

  /** A reader has whole batches up to `position` and will ask for `offset` next. */
  readTo(offset: number, position: number): void {
    this.#reads.readTo(offset, position)
  }

  /** Damage was found in it: every read is checked from now on. */
  distrust(): void {
    this.#reads.forget()
    this.#isDistrusted = true
  }

  /** A batch that ends at `offset` can be indexed here: offsets in indexes are int32, relative to the base. */
  canHold(offset: number): boolean {
    return offset - this.baseOffset <= 0x7fff_ffff
  }

  pathOf(suffix: string): string {
    return this.#files.pathOf(suffix)
  }

  /** The open log file, good until the next `await`. @throws DiskError */
  file(): DiskFile {
    return this.#files.log.file()
  }

  /** Keeps the log file open until what `use` returns has settled. */
  pinned<T>(use: (file: DiskFile) => Promise<T>): Promise<T> {
    return this.#files.log.pinned(use)
  }

  // ------------------------------------------------------------------------------------------------------ appending

  /**
   * Writes whole batches at the end, in one call. Where the disk refuses, what was written is taken back and the
   * error thrown: the segment is as it was. @throws DiskError
   */
  append(batches: readonly Buffer[]): void {
    assert(this.#isActive && this.#indexes !== undefined, 'only the active segment is appended to')
    const file = this.#files.log.file()
    this.#needsSync = true
    try {
      file.write(writeTogether(batches), this.#size)
    } catch (error) {
      file.truncate(this.#size)
      throw error
    }
    const intervalBytes = this.#surroundings.config().indexIntervalBytes
    for (const buffer of batches) {
      for (let at = 0; at < buffer.length; at += header.size) {
        assert(header.read(buffer, at, buffer.length - at) === undefined, 'only whole batches are appended')
        if (this.#size === 0) this.#firstTimestamp = header.maxTimestamp
        this.#indexes.note(header, this.#size, intervalBytes)
        this.#size += header.size
      }
      this.#surroundings.files.appendedBytes += buffer.length
    }
  }

  /** No more appends: the indexes are completed and written. @throws DiskError */
  seal(): void {
    if (!this.#isActive) return
    assert(this.#indexes !== undefined, 'an active segment has its indexes')
    this.#isActive = false
    this.#needsSync = true
    this.#indexes.complete()
    this.#surroundings.files.indexes.used(this, this.#indexes.byteCount)
  }

  /** A prepared segment becomes the one that is appended to. */
  activate(): void {
    assert(this.#indexes !== undefined, 'a segment is prepared before it is appended to')
    this.#isActive = true
    this.#surroundings.files.indexes.forget(this)
  }

  /** Makes the log and the aborted transactions durable. After a failure the content is unknown. @throws DiskError */
  async syncLog(): Promise<void> {
    this.#needsSync = false
    await Promise.all([this.#files.log.pinned((file) => file.sync()), this.transactionIndex.sync()])
  }

  /** Makes the indexes of a closed segment durable; they would be rebuilt where they are lost. @throws DiskError */
  async syncIndexes(): Promise<void> {
    if (!this.#isActive) await this.#indexes?.sync()
  }

  // -------------------------------------------------------------------------------------------------------- finding

  /**
   * The batch that holds `offset` or is the first behind it; `undefined` at the end of the segment. `suspect`: the
   * index does not lead to a batch, so it must be rebuilt to know more. Offsets from `endOffset` on do not belong here.
   * Prepared only. @throws DiskError
   */
  locate(offset: number, endOffset?: number): BatchPlace | 'suspect' | undefined {
    return locateBatch(this.#searched, offset, endOffset)
  }

  /**
   * As `locate`, for who read up to there before: without a look at the file, and so without the size of the batch.
   * `undefined`: nothing is known. What does not help is forgotten.
   */
  locateKnown(offset: number): number | undefined {
    const position = this.#reads.positionOf(offset)
    return position === undefined || position >= this.#size || this.#isDistrusted ? undefined : position
  }

  forgetKnown(offset: number): void {
    this.#reads.forgetPosition(offset)
  }

  /** The offset behind the last batch, and what is wrong with the bytes behind that. Prepared only. @throws DiskError */
  findEnd(): { readonly nextOffset: number; readonly problem: StoredProblem | undefined } {
    return findSegmentEnd(this.#searched)
  }

  /** A position from which batches lead to the one that holds `offset`. Prepared only. */
  positionFor(offset: number): number {
    assert(this.#indexes !== undefined, 'a segment is prepared before it is searched')
    return this.#indexes.offsets.positionBelow(offset)
  }

  /** The position from which to look for the first batch with a timestamp of at least `timestamp`. Prepared only. */
  positionForTimestamp(timestamp: number): number {
    assert(this.#indexes !== undefined, 'a segment is prepared before it is searched')
    return this.#indexes.offsets.positionBelow(this.#indexes.times.entryBelow(timestamp).offset)
  }

  // -------------------------------------------------------------------------------------------------------- cutting

  /** Takes off what is behind `position`, where the first batch begins that holds `offset` or comes after it. */
  truncateTo(given: { offset: number; position: number; nowMs: number }): void {
    assert(this.#isActive && this.#indexes !== undefined, 'only the active segment is cut')
    this.cutTo(given.position)
    this.transactionIndex.truncateTo(given.offset)
    const intervalBytes = this.#surroundings.config().indexIntervalBytes
    noteAgain(this.#searched, { from: this.#indexes.truncateTo(given), intervalBytes })
    if (given.position > 0) return
    this.#firstTimestamp = undefined
    this.#createdAtMs = given.nowMs
  }

  /** Takes off what is behind `position`, of which the indexes say nothing. @throws DiskError */
  cutTo(position: number): void {
    this.#needsSync = true
    this.#files.log.file().truncate(position)
    this.#size = position
    this.#reads.forget()
  }

  // ---------------------------------------------------------------------------------------------------------- files

  /** Gives its files another suffix (`.deleted`, `.swap`, none). @throws DiskError */
  renameTo(suffix: string): void {
    this.#files.renameTo(suffix)
    this.#followFiles()
  }

  /** The log file alone, before `renameTo` gives the rest the same suffix. @throws DiskError */
  renameLogTo(suffix: string): void {
    this.#files.renameLogTo(suffix)
  }

  /** The directory was renamed. */
  moveTo(directory: string): void {
    this.#files.moveTo(directory)
    this.#followFiles()
  }

  /** Closes it and unlinks its files. @throws DiskError */
  async remove(): Promise<void> {
    this.close()
    await this.#files.remove()
  }

  get paths(): readonly string[] {
    return this.#files.paths
  }

  /** Writes what the index files lack, once that is some (`sync` has made the log behind it durable). @throws DiskError */
  persistIndexes(): void {
    if (this.#indexes !== undefined && this.#indexes.offsets.unpersistedBytes >= persistIndexBytes)
      this.#indexes.persist()
  }

  /** Lets go of memory and handles. Of the active segment the indexes are completed before (`seal`). */
  close(): void {
    this.#surroundings.files.indexes.forget(this)
    this.#files.log.close()
  }

  #followFiles(): void {
    this.#indexes?.moveTo(this.#indexedLog.place)
    this.transactionIndex.moveTo(this.pathOf(transactionIndexSuffix))
  }

  // -------------------------------------------------------------------------------------------------------- indexes

  /** Makes the indexes ready; `undefined` where they are. @throws DiskError */
  prepare(): Promise<void> | undefined {
    if (this.#indexes !== undefined) {
      if (!this.#isActive) this.#surroundings.files.indexes.used(this, this.#indexes.byteCount)
      return undefined
    }
    return this.#prepareWith(() => this.#loadOrRebuild())
  }

  /** @internal for `IndexCache`. */
  unload(): void {
    if (this.#isActive) return
    this.#maxTimestamp = this.#indexes?.maxTimestamp
    this.#indexes = undefined
  }

  /** Reads the index files; returns what is wrong with them, and then they are not used. @throws DiskError */
  loadIndexes(): IndexProblem | undefined {
    const loaded = loadIndexes(this.#indexedLog)
    if ('reason' in loaded) return loaded
    this.#useIndexes(loaded, { isProven: false })
    return undefined
  }

  /** A cheap look at the index files, at opening: are they there, and of whole entries? @throws DiskError */
  findIndexProblem(): IndexProblem | undefined {
    return checkIndexFiles(this.#indexedLog.place)
  }

  /** Builds the indexes anew from the batches. One log line names the file. @throws DiskError */
  rebuildIndexes(problem: IndexProblem): Promise<void> {
    assert(!this.#isActive, 'the indexes of the active segment are not rebuilt')
    return this.#prepareWith(() => this.#rebuild(problem))
  }

  /** See `recoverBatches`. @throws DiskError */
  async recover(given: Parameters<typeof recoverBatches>[1]): Promise<SegmentRecovery> {
    assert(!this.#isActive, 'a segment is recovered before it is appended to')
    this.#needsSync = true
    const { indexes, recovery } = await recoverBatches(this.#indexedLog, given)
    this.#useIndexes(indexes, { isProven: false })
    return recovery
  }

  /** One at a time: whoever comes meanwhile waits for it. */
  #prepareWith(work: () => Promise<void>): Promise<void> {
    this.#preparing ??= work().finally(() => {
      this.#preparing = undefined
    })
    return this.#preparing
  }

  async #loadOrRebuild(): Promise<void> {
    const problem = this.loadIndexes()
    if (problem !== undefined) await this.#rebuild(problem)
  }

  async #rebuild(problem: IndexProblem): Promise<void> {
    const rebuilt = await rebuildIndexes(this.#indexedLog, problem)
    this.#needsSync = true
    this.#useIndexes(rebuilt, { isProven: true })
  }

  #useIndexes(indexes: SegmentIndexes, { isProven }: { isProven: boolean }): void {
    this.#indexes = indexes
    this.#isIndexProven = isProven
    if (!this.#isActive) this.#surroundings.files.indexes.used(this, indexes.byteCount)
  }

  get #searched(): SearchedSegment {
    assert(this.#indexes !== undefined, 'a segment is prepared before it is searched')
    return {
      file: this.#files.log.file(),
      size: this.#size,
      baseOffset: this.baseOffset,
      indexes: this.#indexes,
      isIndexProven: this.#isIndexProven,
    }
  }

  get #indexedLog(): IndexedLog {
    const { files, logger, config } = this.#surroundings
    const { indexIntervalBytes, segmentIndexBytes } = config()
    const place = {
      disk: files.disk,
      baseOffset: this.baseOffset,
      offsetIndexPath: this.pathOf(offsetIndexSuffix),
      timeIndexPath: this.pathOf(timeIndexSuffix),
      maxBytes: segmentIndexBytes,
    }
    return { log: this.#files.log, size: this.#size, place, intervalBytes: indexIntervalBytes, logger }
  }
}
