/**
 * A coordinator on one partition of its topic, for as long as this node leads the partition in one leader epoch: loads
 * the machine from the log, runs it in a host, and is gone when the leadership is. Generic in the machine.
 *
 * Invariants: nothing is decided before all of the log was applied; nothing is answered before it is committed; after
 * an append that failed the machine is dropped and loaded again.
 */
import { asError, background } from '@gregor/base'
import {
  BatchRefusedError,
  BatchTooLargeError,
  Host,
  HostError,
  type HostBatch,
  type HostLog,
  type Machine,
  type TimerEffect,
  type TimerFired,
} from '@gregor/machine'
import type { Clock, Logger, Random } from '@gregor/platform'
import type { ProtocolError } from '@gregor/protocol'
import type { CoordinatorAppend, Partition } from '../replication/partition.ts'

export type ShardState = 'loading' | 'active' | 'closed'

/** What a shard must know of the machine it runs. */
export interface ShardKind<Event, LogRecord, Reply, Effect extends { readonly type: string }> {
  newMachine(): Machine<Event | TimerFired, LogRecord, Reply, Effect | TimerEffect>
  /** Handled first once everything is applied. */
  readonly firstEvent: Event
  encode(batch: HostBatch<LogRecord>, nowMs: number): Buffer
  /** What the log asks to know of a batch besides its bytes. */
  givenWith?(batch: HostBatch<LogRecord>): CoordinatorAppend
  /** Records of whole batches, in order. */
  decode(batches: Buffer): Iterable<{ readonly offset: number; readonly record: LogRecord }>
  perform(effect: Effect): void
  /** Called when the machine is there, before anything else is submitted; and with whatever waits when it is dropped. */
  onActive?(): void
  onDropped?(): void
}

export interface ShardOptions<Event, LogRecord, Reply, Effect extends { readonly type: string }> {
  readonly partition: Partition
  readonly kind: ShardKind<Event, LogRecord, Reply, Effect>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** How much of the log is read at a time while the machine is loaded. */
  readonly loadBytes: number
}

const reloadDelayMs = 1_000

export class CoordinatorShard<Event, LogRecord, Reply, Effect extends { readonly type: string }> {
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly #options: ShardOptions<Event, LogRecord, Reply, Effect>
  #host: Host<Event, LogRecord, Reply, Effect> | undefined
  #state: ShardState = 'loading'

  /** Begins to load at once. */
  constructor(options: ShardOptions<Event, LogRecord, Reply, Effect>) {
    this.#options = options
    this.partition = options.partition
    this.leaderEpoch = options.partition.leadership.leaderEpoch
    this.#loadInBackground()
  }

  get state(): ShardState {
    return this.#state
  }

  /** What to tell a client that asks for something in this partition now. */
  get availability(): ProtocolError {
    if (this.#state === 'active') return 'NONE'
    return this.#state === 'loading' ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NOT_COORDINATOR'
  }

  /** @throws CoordinatorError with what a client is to be told. */
  async submit(event: Event): Promise<Reply> {
    return await this.ask(event)
  }

  /**
   * As `submit`, but the reply itself where it need not wait for a commit.
   * @throws CoordinatorError at once, or in the promise.
   */
  ask(event: Event): Reply | Promise<Reply> {
    if (this.#host === undefined)
      throw new CoordinatorError(this.availability === 'NONE' ? 'NOT_COORDINATOR' : this.availability)
    const reply = this.#host.ask(event)
    return reply instanceof Promise ? this.#late(reply) : reply
  }

  async #late(reply: Promise<Reply>): Promise<Reply> {
    try {
      return await reply
    } catch (error) {
      if (error instanceof LogRefusal) throw new CoordinatorError(error.error, error)
      if (!(error instanceof HostError)) throw error
      throw new CoordinatorError(error.reason === 'overloaded' ? 'COORDINATOR_NOT_AVAILABLE' : 'NOT_COORDINATOR', error)
    }
  }

  /** This node does not lead the partition any more. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#drop()
  }

  #drop(): void {
    if (this.partition.onAdvanced === this.#committed) this.partition.onAdvanced = undefined
    this.#host?.close()
    this.#host = undefined
    this.#options.kind.onDropped?.()
  }

  readonly #committed = (): void => {
    this.#host?.committed()
  }

  #loadInBackground(): void {
    const { topic, index } = this.partition
    background(`loading the coordinator of ${topic}-${index}`, this.#load(), (name, error) => {
      this.#options.logger.error(name, { error: asError(error) })
      this.#reloadLater()
    })
  }

  async #load(): Promise<void> {
    const { kind, clock, random, logger } = this.#options
    const startedMs = clock.monotonicMs()
    const machine = kind.newMachine()
    const recordCount = await this.#applyLog(machine)
    // The leadership may have moved on while the log was read.
    if (this.#state !== 'loading') return
    const host = new Host<Event, LogRecord, Reply, Effect>({
      log: new PartitionHostLog(this.partition, { kind, clock }),
      clock,
      random,
      perform: (effect) => kind.perform(effect),
      firstEvent: kind.firstEvent,
      onFailure: (cause) => this.#failed(cause),
    })
    this.#host = host
    this.partition.onAdvanced = this.#committed
    this.#state = 'active'
    host.start(machine)
    kind.onActive?.()
    if (recordCount > 0) {
      const { topic, index } = this.partition
      logger.info('A coordinator is loaded', {
        partition: `${topic}-${index}`,
        recordCount,
        tookMs: Math.round(clock.monotonicMs() - startedMs),
      })
    }
  }

  async #applyLog(machine: Machine<Event | TimerFired, LogRecord, Reply, Effect | TimerEffect>): Promise<number> {
    const { log } = this.partition
    let recordCount = 0
    for (let offset = log.logStartOffset; offset < log.logEndOffset && this.#state === 'loading';) {
      const read = await log.read({
        fetchOffset: offset,
        maxBytes: this.#options.loadBytes,
        upTo: log.logEndOffset,
        minOneBatch: true,
      })
      if (read.error !== 'NONE' || read.byteCount === 0)
        throw new Error(`offset ${offset} cannot be read: ${read.error}`)
      for (const { offset: at, record } of this.#options.kind.decode(Buffer.concat(read.records))) {
        if (at < offset) continue
        machine.apply(record, at)
        recordCount++
      }
      offset = read.nextOffset
    }
    return recordCount
  }

  #failed(cause: unknown): void {
    this.#options.logger.error('A coordinator could not write its log: it is loaded again', {
      partition: `${this.partition.topic}-${this.partition.index}`,
      error: asError(cause),
    })
    this.#drop()
    this.#reloadLater()
  }

  #reloadLater(): void {
    if (this.#state === 'closed') return
    this.#state = 'loading'
    this.#options.clock.schedule(reloadDelayMs, () => {
      if (this.#state === 'loading') this.#loadInBackground()
    })
  }
}

/** There is no coordinator here for what was asked, or not now. */
export class CoordinatorError extends Error {
  override readonly name = 'CoordinatorError'
  readonly error: ProtocolError

  constructor(error: ProtocolError, cause?: unknown) {
    super(`the coordinator cannot answer: ${error}`, { cause })
    this.error = error
  }
}

/** What the log says of a batch that is not what it takes: of a producer that is fenced, mostly. */
class LogRefusal extends BatchRefusedError {
  override readonly name = 'LogRefusal'
  readonly error: ProtocolError

  constructor(error: ProtocolError, message: string | undefined) {
    super(`the log refused a batch: ${error} ${message ?? ''}`)
    this.error = error
  }
}

/** It is the batch, not the log: the next one may be taken. */
const refusalsOfBatches: ReadonlySet<ProtocolError> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'INVALID_RECORD',
  'INVALID_TXN_STATE',
  'TRANSACTION_COORDINATOR_FENCED',
])

/** A partition as the host of a machine wants it: records instead of bytes. */
class PartitionHostLog<LogRecord> implements HostLog<LogRecord> {
  readonly epoch: number
  readonly #partition: Partition
  readonly #kind: Pick<ShardKind<never, LogRecord, never, never>, 'encode' | 'givenWith'>
  readonly #clock: Pick<Clock, 'wallMs'>

  constructor(
    partition: Partition,
    given: {
      readonly kind: Pick<ShardKind<never, LogRecord, never, never>, 'encode' | 'givenWith'>
      readonly clock: Pick<Clock, 'wallMs'>
    },
  ) {
    this.#partition = partition
    this.epoch = partition.leadership.leaderEpoch
    this.#kind = given.kind
    this.#clock = given.clock
  }

  get endOffset(): number {
    return this.#partition.log.logEndOffset
  }

  get committedOffset(): number {
    return this.#partition.log.highWatermark
  }

  append(batch: HostBatch<LogRecord>): { readonly baseOffset: number; readonly lastOffset: number } {
    const nowMs = this.#clock.wallMs()
    const bytes = this.#kind.encode(batch, nowMs)
    const result = this.#partition.appendAsCoordinator(bytes, { nowMs, ...this.#kind.givenWith?.(batch) })
    if (result.error === 'NONE') return result
    const { error, message } = result
    if (refusalsOfBatches.has(error)) throw new LogRefusal(error, message)
    if (error === 'MESSAGE_TOO_LARGE' || error === 'RECORD_LIST_TOO_LARGE') {
      const { maxMessageBytes, segmentBytes } = this.#partition.config
      const sizeMax = Math.min(maxMessageBytes, segmentBytes)
      throw new BatchTooLargeError({ size: bytes.length, sizeMax, unit: 'bytes' })
    }
    throw new Error(`the log refused a batch: ${error} ${message ?? ''}`)
  }
}
