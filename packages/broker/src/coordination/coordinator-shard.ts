/**
 * A coordinator on one partition of its topic, for as long as this node leads the partition in one leader epoch: loads
 * the machine from the log, runs it in a host, and is gone when the leadership is. Generic in the machine.
 *
 * Invariants: nothing is decided before all of the log was applied; nothing is answered before it is committed; after
 * an append that failed the machine is dropped and loaded again.
 */
import { asError, background } from '@gregor/base'
import { Host, HostError, type Answer, type Machine, type TimerEffect, type TimerFired } from '@gregor/machine'
import type { Clock, Logger, Random } from '@gregor/platform'
import type { ProtocolError } from '@gregor/protocol'
import type { AppendQueue } from '../replication/append-queue.ts'
import type { Partition } from '../replication/partition.ts'
import { LogRefusal, PartitionHostLog, type LogKind } from './partition-host-log.ts'

export type ShardState = 'loading' | 'active' | 'closed'

/** What a shard must know of the machine it runs. */
export interface ShardKind<
  Event,
  LogRecord,
  Reply,
  Effect extends { readonly type: string },
> extends LogKind<LogRecord> {
  newMachine(): Machine<Event | TimerFired, LogRecord, Reply, Effect | TimerEffect>
  /** Handled first once everything is applied. */
  readonly firstEvent: Event
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
  readonly appends: AppendQueue
  /** How much of the log is read at a time while the machine is loaded. */
  readonly loadBytes: number
}

const reloadDelayMs = 1_000

export class CoordinatorShard<Event, LogRecord, Reply, Effect extends { readonly type: string }> {
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly #options: ShardOptions<Event, LogRecord, Reply, Effect>
  #host: Host<Event, LogRecord, Reply, Effect> | undefined
  #log: PartitionHostLog<LogRecord> | undefined
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
    const reply = this.#running().host.ask(event)
    return reply instanceof Promise ? late(reply) : reply
  }

  /**
   * As `submit`, without a promise, for a request whose handler gathers: what is decided is written with what else the
   * turn brings. `answer` is told once; an error is to be seen through `coordinatorFailure`.
   * @throws CoordinatorError at once.
   */
  hand(event: Event, answer: Answer<Reply>): void {
    const { host, log } = this.#running()
    log.gathering(() => host.hand(event, answer))
  }

  #running(): { host: Host<Event, LogRecord, Reply, Effect>; log: PartitionHostLog<LogRecord> } {
    if (this.#host === undefined || this.#log === undefined)
      throw new CoordinatorError(this.availability === 'NONE' ? 'NOT_COORDINATOR' : this.availability)
    return { host: this.#host, log: this.#log }
  }

  /** This node does not lead the partition any more. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#drop()
  }

  #drop(): void {
    if (this.partition.onAdvanced === this.#committed) this.partition.onAdvanced = undefined
    this.#log?.discard()
    this.#host?.close()
    this.#host = undefined
    this.#log = undefined
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
    const { kind, clock, random, logger, appends } = this.#options
    const startedMs = clock.monotonicMs()
    const machine = kind.newMachine()
    const recordCount = await this.#applyLog(machine)
    // The leadership may have moved on while the log was read.
    if (this.#state !== 'loading') return
    const log = new PartitionHostLog({
      partition: this.partition,
      kind,
      clock,
      appends,
      onFailed: (cause) => host.failed(cause),
    })
    const host = new Host<Event, LogRecord, Reply, Effect>({
      log,
      clock,
      random,
      perform: (effect) => kind.perform(effect),
      firstEvent: kind.firstEvent,
      onFailure: (cause) => this.#failed(cause),
    })
    this.#host = host
    this.#log = log
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

async function late<Reply>(reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply
  } catch (error) {
    throw coordinatorFailure(error)
  }
}

/** What a client is to be told of what an answer was rejected with; any other error as it is. */
export function coordinatorFailure(error: unknown): unknown {
  if (error instanceof LogRefusal) return new CoordinatorError(error.error, error)
  if (!(error instanceof HostError)) return error
  return new CoordinatorError(error.reason === 'overloaded' ? 'COORDINATOR_NOT_AVAILABLE' : 'NOT_COORDINATOR', error)
}
