/**
 * Runs one machine over one log, by five rules (SPEC.md):
 * 1. one event at a time, to the end, without an `await` inside;
 * 2. a decision's records are appended in one batch and applied at once;
 * 3. a reply and its effects leave only when all they were computed from is committed, reads included, in order;
 * 4. when an append fails, the machine is dropped, or goes back by its marks to what is committed;
 * 5. a timer is an effect, and comes back as an event with its generation.
 *
 * It neither retries nor answers for the machine: whoever waits when something fails is told so by a `HostError`.
 */
import { assert, BoundedQueue } from '@gregor/base'
import type { Clock, Random } from '@gregor/platform'
import { BatchRefusedError, BatchTooLargeError, HostError } from './errors.ts'
import { EarlyOrLate, type Answer } from './early-or-late.ts'
import type { HostLog } from './host-log.ts'
import type { BatchProducer, Decision, Given, Machine, RevertibleMachine } from './machine.ts'
import { isTimerEffect, Timers } from './timers.ts'
import type { TimerEffect, TimerFired } from './timers.ts'

export interface HostOptions<Event, LogRecord, Effect extends { readonly type: string }> {
  readonly log: HostLog<LogRecord>
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs' | 'schedule'>
  readonly random: Random
  /** Does what the machine wants done. Must not throw; may call `submit`, which is then handled in its turn. */
  readonly perform: (effect: Effect) => void
  /**
   * Told of each failure once: the host is in standby then, or closed where the machine could not apply its own record.
   * A revertible machine has gone back to what is committed; any other must be rebuilt from the log before `start`.
   */
  readonly onFailure: (cause: unknown) => void
  /** Handled first after each `start`: where a machine sets its timers. */
  readonly firstEvent?: Event
  /** Bound on events and answers that wait. Over it an event is refused with reason `overloaded`. Default 10,000. */
  readonly waitingMax?: number
  /** Larger decisions are split where they allow it, else refused. Default 10,000. */
  readonly recordsPerBatchMax?: number
}

export type HostedMachine<Event, LogRecord, Reply, Effect> =
  | Machine<Event | TimerFired, LogRecord, Reply, Effect | TimerEffect>
  | RevertibleMachine<Event | TimerFired, LogRecord, Reply, Effect | TimerEffect>

/** In standby nothing is decided; whoever owns the machine may let it apply what others have committed. */
export type HostState = 'standby' | 'running' | 'closed'

interface Waiting<Event, Reply> {
  readonly event: Event | TimerFired
  readonly answer: Answer<Reply> | undefined
}

interface Held<Reply, Effect> {
  /** Leaves when the log is committed up to here. */
  readonly untilOffset: number
  readonly reply: Reply
  readonly effects: readonly (Effect | TimerEffect)[]
  readonly answer: Answer<Reply> | undefined
}

export class Host<Event, LogRecord, Reply, Effect extends { readonly type: string }> {
  readonly #options: HostOptions<Event, LogRecord, Effect>
  readonly #log: HostLog<LogRecord>
  readonly #inbox: BoundedQueue<Waiting<Event, Reply>>
  readonly #held: BoundedQueue<Held<Reply, Effect>>
  readonly #timers: Timers
  readonly #recordsPerBatchMax: number
  #machine: HostedMachine<Event, LogRecord, Reply, Effect> | undefined
  #state: HostState = 'standby'
  #isBusy = false

  constructor(options: HostOptions<Event, LogRecord, Effect>) {
    const waitingMax = options.waitingMax ?? 10_000
    this.#options = options
    this.#log = options.log
    this.#inbox = new BoundedQueue(waitingMax)
    this.#held = new BoundedQueue(waitingMax)
    this.#recordsPerBatchMax = options.recordsPerBatchMax ?? 10_000
    this.#timers = new Timers(options.clock, (event) => this.#enqueueTimer(event))
  }

  get state(): HostState {
    return this.#state
  }

  /** Events that have been decided and wait for their commit. */
  get heldCount(): number {
    return this.#held.size
  }

  /** Begins to decide with this machine, which must have applied all that the log holds for it. */
  start(machine: HostedMachine<Event, LogRecord, Reply, Effect>): void {
    assert(this.#state === 'standby', `a host starts from standby: ${this.#state}`)
    this.#machine = machine
    this.#state = 'running'
    // What is behind the committed offset is not the machine's: a log may begin an epoch with a record of its own.
    if (isRevertible(machine)) machine.mark(this.#log.committedOffset)
    const { firstEvent } = this.#options
    if (firstEvent === undefined) return
    this.#inbox.push({ event: firstEvent, answer: undefined })
    this.#turn()
  }

  /**
   * Hands the machine an event. Events are decided in the order of the calls, and answered in it.
   * @throws HostError when the event was refused, or when what it decided may be lost: see its `reason`.
   * @throws BatchTooLargeError when the decision does not fit a batch and says nothing of that case.
   * @throws BatchRefusedError as the log threw it: nothing was written, and the machine goes on.
   */
  async submit(event: Event): Promise<Reply> {
    return await this.ask(event)
  }

  /** As `submit`, but the reply itself where it left before this returns: what it needs was committed by then. */
  ask(event: Event): Reply | Promise<Reply> {
    const answer = new EarlyOrLate<Reply>()
    this.hand(event, answer)
    return answer.take()
  }

  /** As `submit`, without a promise: `answer` is told, before this returns or later. */
  hand(event: Event, answer: Answer<Reply>): void {
    if (this.#state !== 'running') answer.reject(new HostError(this.#state))
    else if (this.#isFull()) answer.reject(new HostError('overloaded'))
    else this.#enqueue({ event, answer })
  }

  /** The log's `committedOffset` has moved. */
  committed(): void {
    this.#turn()
  }

  /** What was appended and not committed is lost: leadership has moved on, or the disk has failed. */
  failed(cause: unknown): void {
    if (this.#state !== 'running') return
    this.#state = 'standby'
    this.#timers.clear()
    this.#refuseWaiting(new HostError('failed', cause))
    const machine = this.#machine
    this.#machine = undefined
    if (machine !== undefined && isRevertible(machine)) machine.rollbackTo(this.#log.committedOffset)
    this.#options.onFailure(cause)
  }

  /** Refuses everything from now on, what waits included. Idempotent. */
  close(cause?: unknown): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#timers.clear()
    this.#refuseWaiting(new HostError('closed', cause))
  }

  /** Answers that wait for a commit count too, so that each decision is sure of its place in the queue. */
  #isFull(): boolean {
    return this.#inbox.size + this.#held.size >= this.#inbox.capacity - 1
  }

  #enqueue(waiting: Waiting<Event, Reply>): void {
    this.#inbox.push(waiting)
    this.#turn()
  }

  #enqueueTimer(event: TimerFired): void {
    if (this.#isFull()) this.#timers.perform({ ...event, type: 'SetTimer', delayMs: timerRetryMs })
    else this.#enqueue({ event, answer: undefined })
  }

  /** Lets go what is committed and decides what has come in, until neither is left. */
  #turn(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      while (this.#releaseNext() || this.#handleNext());
    } finally {
      this.#isBusy = false
    }
  }

  #handleNext(): boolean {
    const machine = this.#machine
    const waiting = this.#state === 'running' ? this.#inbox.shift() : undefined
    if (machine === undefined || waiting === undefined) return false
    try {
      const { reply, effects } = this.#write(machine, machine.handle(waiting.event, this.#given()))
      this.#held.push({ untilOffset: this.#log.endOffset, reply, effects, answer: waiting.answer })
    } catch (error) {
      if (error instanceof BatchTooLargeError || error instanceof BatchRefusedError) {
        waiting.answer?.reject(error)
        this.#again(waiting.event)
      } else {
        waiting.answer?.reject(new HostError('failed', error))
        if (error instanceof ApplyError) this.#stop(error.cause)
        else this.failed(error)
      }
    }
    return true
  }

  /** A timer whose decision was refused comes up again: nobody else would set it. */
  #again(event: Event | TimerFired): void {
    if (isTimerFired(event)) this.#timers.perform({ ...event, type: 'SetTimer', delayMs: refusedRetryMs })
  }

  #given(): Given {
    const { clock, random } = this.#options
    const { epoch, endOffset } = this.#log
    return { nowMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), random, epoch, nextOffset: endOffset }
  }

  /** Returns what leaves once this is committed: the decision's reply, or the one for what is too large. */
  #write(
    machine: HostedMachine<Event, LogRecord, Reply, Effect>,
    decision: Decision<LogRecord, Reply, Effect | TimerEffect>,
  ): Pick<Held<Reply, Effect>, 'reply' | 'effects'> {
    const { records, producer, tooLarge, afterwards } = decision
    try {
      this.#append(machine, records, { producer, isSplit: tooLarge?.action === 'split' })
    } catch (error) {
      if (error instanceof BatchTooLargeError && tooLarge?.action === 'refuse')
        return { reply: tooLarge.reply, effects: [] }
      throw error
    }
    afterwards?.(this.#log.endOffset - 1)
    return decision
  }

  #append(
    machine: HostedMachine<Event, LogRecord, Reply, Effect>,
    records: readonly LogRecord[],
    how: { producer: BatchProducer | undefined; isSplit: boolean },
  ): void {
    if (records.length === 0) return
    try {
      this.#appendBatch(machine, records, how.producer)
    } catch (error) {
      if (!(error instanceof BatchTooLargeError) || !how.isSplit || records.length === 1) throw error
      const firstCount = Math.min(this.#recordsPerBatchMax, Math.ceil(records.length / 2))
      this.#append(machine, records.slice(0, firstCount), how)
      this.#append(machine, records.slice(firstCount), how)
    }
  }

  #appendBatch(
    machine: HostedMachine<Event, LogRecord, Reply, Effect>,
    records: readonly LogRecord[],
    producer: BatchProducer | undefined,
  ): void {
    const sizeMax = this.#recordsPerBatchMax
    if (records.length > sizeMax) throw new BatchTooLargeError({ size: records.length, sizeMax, unit: 'records' })
    const { baseOffset } = this.#log.append({ records, ...(producer === undefined ? {} : { producer }) })
    try {
      records.forEach((record, index) => machine.apply(record, baseOffset + index))
    } catch (error) {
      throw new ApplyError({ cause: error })
    }
    if (isRevertible(machine)) machine.mark(baseOffset + records.length)
  }

  #releaseNext(): boolean {
    const { committedOffset } = this.#log
    const next = this.#held.peek()
    if (next === undefined || next.untilOffset > committedOffset) return false
    this.#held.shift()
    if (this.#machine !== undefined && isRevertible(this.#machine)) this.#machine.forgetMarksBelow(committedOffset)
    next.answer?.resolve(next.reply)
    for (const effect of next.effects) this.#perform(effect)
    return true
  }

  #perform(effect: Effect | TimerEffect): void {
    if (isTimerEffect(effect)) this.#timers.perform(effect)
    else this.#options.perform(effect)
  }

  /** The log holds a record that the machine does not: there is nothing right to go on with. */
  #stop(cause: unknown): void {
    this.close(cause)
    this.#options.onFailure(cause)
  }

  #refuseWaiting(error: HostError): void {
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) next.answer?.reject(error)
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) next.answer?.reject(error)
  }
}

/** When a timer comes up while the host is full, it comes up again after this long: it is never lost. */
const timerRetryMs = 100
const refusedRetryMs = 1_000

class ApplyError extends Error {
  constructor(options: { cause: unknown }) {
    super('a machine could not apply its own record', options)
  }
}

function isRevertible<Event, LogRecord, Reply, Effect>(
  machine: Machine<Event, LogRecord, Reply, Effect> | RevertibleMachine<Event, LogRecord, Reply, Effect>,
): machine is RevertibleMachine<Event, LogRecord, Reply, Effect> {
  return 'rollbackTo' in machine
}

function isTimerFired(event: unknown): event is TimerFired {
  return typeof event === 'object' && event !== null && 'type' in event && event.type === 'TimerFired'
}
