/**
 * Runs a handler over records, many at once, and keeps the order that was asked for: of a partition, of a key, or none. Knows
 * which records are done, of which partition something is under way, and which handlers have taken too long.
 *
 * Invariant: of one strand (a partition, or a key of it) at most one record is with the handler.
 */
import { asError, background } from '@gregor/base'
import type { Clock } from '@gregor/platform'
import type { OffsetAndEpoch } from '../assigned-partition.ts'
import type { RecordBatch } from '../batch.ts'
import type { ConsumerRecord } from '../consumer-record.ts'
import { type TopicPartition, partitionKey } from '../partition-set.ts'
import { DoneOffsets, type TrackedRecord } from './done-offsets.ts'

/** `partition`: as in the log. `key`: records of one key one after the other, and those without a key at any time. */
export type ProcessingOrder = 'partition' | 'key' | 'none'

export interface HandlerContext {
  /** Aborts when the partition is another’s, or draining takes too long: what is done from then on may be done twice. */
  readonly signal: AbortSignal
}

export type RecordHandler<K, V> = (record: ConsumerRecord<K, V>, context: HandlerContext) => unknown

export interface RecordProcessorOptions<K, V> {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly handler: RecordHandler<K, V>
  readonly concurrency: number
  readonly order: ProcessingOrder
  /** What a handler threw: where this returns, the record counts as done. Without: processing ends. */
  readonly onError: ((error: unknown, record: ConsumerRecord<K, V>) => unknown) | undefined
  /** Some record is done. */
  readonly onProgress: () => void
  /** There is no going on. */
  readonly onFailure: (error: Error) => void
}

interface Owned<K, V> extends TopicPartition {
  readonly done: DoneOffsets
  readonly context: HandlerContext
  readonly abort: AbortController
  readonly strands: Map<string, Strand<K, V>>
  underWay: number
  /** Given up: what has not begun will not. */
  isGone: boolean
  idle: (() => void) | undefined
}

class Task<K, V> implements TrackedRecord {
  readonly record: ConsumerRecord<K, V>
  readonly owned: Owned<K, V>
  readonly strand: Strand<K, V> | undefined
  /** Of the last record of a batch. */
  readonly batchNext: OffsetAndEpoch | undefined
  startedAtMs = 0
  isReported = false
  isDone = false

  constructor(
    record: ConsumerRecord<K, V>,
    given: {
      readonly owned: Owned<K, V>
      readonly strand: Strand<K, V> | undefined
      readonly batchNext: OffsetAndEpoch | undefined
    },
  ) {
    this.record = record
    this.owned = given.owned
    this.strand = given.strand
    this.batchNext = given.batchNext
  }

  get next(): OffsetAndEpoch {
    return this.batchNext ?? { offset: this.record.offset + 1, leaderEpoch: this.record.leaderEpoch }
  }
}

interface Strand<K, V> {
  readonly name: string
  /** From `first` on; before it is what is over. */
  waiting: Task<K, V>[]
  first: number
}

/** Where the list of what is over is cut off. */
const compactAfter = 256

export class RecordProcessor<K, V> {
  readonly #options: RecordProcessorOptions<K, V>
  readonly #owned = new Map<string, Owned<K, V>>()
  /** The next of each strand that has something to do. */
  #ready: Task<K, V>[] = []
  #readyFirst = 0
  /** In the order they began. */
  readonly #underWay = new Set<Task<K, V>>()
  #backlog = 0
  #hasFailed = false

  constructor(options: RecordProcessorOptions<K, V>) {
    this.#options = options
  }

  /** Records that are not done. */
  get backlog(): number {
    return this.#backlog
  }

  add(batch: RecordBatch<K, V>): void {
    const owned = this.#ownedOf(batch)
    const last = batch.records.length - 1
    let index = 0
    for (const record of batch.records) {
      const strand = this.#strandOf(owned, record)
      const task = new Task(record, { owned, strand, batchNext: index++ === last ? batch.next : undefined })
      owned.done.begin(task)
      this.#backlog++
      const isFirst = strand === undefined || strand.waiting.push(task) - strand.first === 1
      if (isFirst) this.#ready.push(task)
    }
    this.#run()
  }

  /** By `partitionKey`: what may be committed. */
  committable(): ReadonlyMap<string, TopicPartition & { readonly offset: number; readonly leaderEpoch: number }> {
    const found = new Map<string, TopicPartition & { readonly offset: number; readonly leaderEpoch: number }>()
    for (const [key, { topic, partition, done }] of this.#owned) {
      if (done.committable !== undefined) found.set(key, { topic, partition, ...done.committable })
    }
    return found
  }

  /** Everything that was added of it is done. */
  isIdle(key: string): boolean {
    return this.#owned.get(key)?.done.isComplete === true
  }

  /** Begins nothing new of them, and resolves when what is under way is over. */
  async drain(partitions: readonly TopicPartition[]): Promise<void> {
    await Promise.all(
      partitions.flatMap((one) => {
        const owned = this.#owned.get(partitionKey(one))
        if (owned === undefined) return []
        this.#stop(owned)
        if (owned.underWay === 0) return []
        const { promise, resolve } = Promise.withResolvers<void>()
        owned.idle = resolve
        return [promise]
      }),
    )
  }

  /** Tells what is under way that nobody wants it any more. */
  abort(partitions: readonly TopicPartition[], reason: Error): void {
    for (const one of partitions) {
      const owned = this.#owned.get(partitionKey(one))
      if (owned === undefined) continue
      this.#stop(owned)
      owned.abort.abort(reason)
    }
  }

  forget(partitions: readonly TopicPartition[]): void {
    for (const one of partitions) this.#owned.delete(partitionKey(one))
  }

  get partitions(): readonly TopicPartition[] {
    return [...this.#owned.values()].map(({ topic, partition }) => ({ topic, partition }))
  }

  /** The longest under way, and for how long. */
  slowest(): { readonly record: ConsumerRecord<K, V>; readonly sinceMs: number; reportOnce(): boolean } | undefined {
    const [task] = this.#underWay
    if (task === undefined) return undefined
    const reportOnce = (): boolean => {
      if (task.isReported) return false
      return (task.isReported = true)
    }
    return { record: task.record, sinceMs: this.#options.clock.monotonicMs() - task.startedAtMs, reportOnce }
  }

  #ownedOf({ topic, partition }: TopicPartition): Owned<K, V> {
    const key = partitionKey({ topic, partition })
    const known = this.#owned.get(key)
    if (known !== undefined) return known
    const abort = new AbortController()
    const owned: Owned<K, V> = {
      topic,
      partition,
      done: new DoneOffsets(),
      context: { signal: abort.signal },
      abort,
      strands: new Map(),
      underWay: 0,
      isGone: false,
      idle: undefined,
    }
    this.#owned.set(key, owned)
    return owned
  }

  #strandOf(owned: Owned<K, V>, record: ConsumerRecord<K, V>): Strand<K, V> | undefined {
    const { order } = this.#options
    if (order === 'none') return undefined
    const name = order === 'partition' ? '' : record.keyText
    if (name === undefined) return undefined
    let strand = owned.strands.get(name)
    if (strand === undefined) owned.strands.set(name, (strand = { name, waiting: [], first: 0 }))
    return strand
  }

  #stop(owned: Owned<K, V>): void {
    if (owned.isGone) return
    owned.isGone = true
    const waiting = this.#ready.slice(this.#readyFirst)
    const waitingOfStrands = [...owned.strands.values()].map((strand) => strand.waiting.length - strand.first)
    const inStrands = waitingOfStrands.reduce((sum, count) => sum + count, 0)
    const free = waiting.filter((task) => task.owned === owned && task.strand === undefined).length
    const ofStrandsUnderWay = [...this.#underWay].filter((task) => task.owned === owned && task.strand !== undefined)
    // What is under way stays in its strand, and in the backlog, until it is over.
    this.#backlog -= inStrands - ofStrandsUnderWay.length + free
    this.#ready = waiting.filter((task) => task.owned !== owned)
    this.#readyFirst = 0
    owned.strands.clear()
  }

  #run(): void {
    while (this.#underWay.size < this.#options.concurrency && !this.#hasFailed) {
      const task = this.#ready[this.#readyFirst]
      if (task === undefined) break
      this.#readyFirst++
      this.#begin(task)
    }
    if (this.#readyFirst === this.#ready.length) {
      this.#ready.length = 0
      this.#readyFirst = 0
    }
  }

  #begin(task: Task<K, V>): void {
    const { clock, handler } = this.#options
    const { owned, record } = task
    task.startedAtMs = clock.monotonicMs()
    this.#underWay.add(task)
    owned.underWay++
    let outcome: unknown
    try {
      outcome = handler(record, owned.context)
    } catch (error) {
      background('onError', this.#failed(task, error), () => undefined)
      return
    }
    if (!isPromise(outcome)) return this.#over(task, true)
    outcome.then(
      () => {
        this.#over(task, true)
        this.#run()
      },
      (error: unknown) => background('onError', this.#failed(task, error), () => undefined),
    )
  }

  async #failed(task: Task<K, V>, error: unknown): Promise<void> {
    const { onError, onFailure } = this.#options
    const isForgivable = onError !== undefined && !task.owned.abort.signal.aborted
    try {
      if (isForgivable) await onError(error, task.record)
      this.#over(task, isForgivable)
      // Its partition is another’s: what becomes of the record is decided there.
      if (isForgivable || task.owned.isGone) return this.#run()
      this.#hasFailed = true
      onFailure(asError(error))
    } catch (worse) {
      this.#hasFailed = true
      this.#over(task, false)
      onFailure(asError(worse))
    }
  }

  #over(task: Task<K, V>, isDone: boolean): void {
    const { owned, strand } = task
    this.#underWay.delete(task)
    this.#backlog--
    owned.underWay--
    if (isDone) owned.done.done(task)
    if (strand !== undefined && !owned.isGone) this.#nextOf(owned, strand)
    if (owned.underWay === 0) owned.idle?.()
    this.#options.onProgress()
  }

  #nextOf(owned: Owned<K, V>, strand: Strand<K, V>): void {
    const next = strand.waiting[++strand.first]
    if (next === undefined) {
      owned.strands.delete(strand.name)
      return
    }
    this.#ready.push(next)
    if (strand.first < compactAfter) return
    strand.waiting = strand.waiting.slice(strand.first)
    strand.first = 0
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
