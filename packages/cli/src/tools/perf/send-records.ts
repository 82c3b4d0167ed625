/** The run of kafka-producer-perf-test: sends as fast as it may, and tells the statistics of each acknowledgement. */
import { asError } from '@gregor/base'
import type { Producer } from '@gregor/client'
import type { Program } from '../../program.ts'
import { javaErrorText } from '../java-errors.ts'
import { LatencyStats } from './latency-stats.ts'
import type { Payloads } from './payloads.ts'
import { Throttle } from './throttle.ts'

export interface PerfRun {
  readonly topic: string
  readonly recordCount: number
  readonly warmupCount: number
  readonly payloads: Payloads
  /** Records a second; below 0: no limit. */
  readonly throughput: number
  readonly reportingIntervalMs: number
  /** `undefined`: without transactions. */
  readonly transactionDurationMs: number | undefined
  /** Of the producer: sending waits when half of it is used. */
  readonly bufferBytes: number
}

export interface PerfStats {
  readonly all: LatencyStats
  readonly steadyState: LatencyStats | undefined
}

/** The event loop gets its turn after so many records, at the latest. */
const RECORDS_AT_ONCE = 500
/** More on their way would only be memory to look through. */
const UNDER_WAY_MAX = 20_000

/** Returns when all is sent or a signal came; acknowledgements may be missing. */
export async function sendRecords(run: PerfRun, producer: Producer, program: Program): Promise<PerfStats> {
  const { out, environment } = program
  const { clock } = environment
  const ending = program.ending()
  const { recordCount, warmupCount, reportingIntervalMs, transactionDurationMs } = run
  const statsOf = (count: number, isSteadyState: boolean): LatencyStats =>
    new LatencyStats({
      recordCount: count,
      reportingIntervalMs,
      isSteadyState,
      nowMs: clock.wallMs(),
      print: (line) => out.line(line),
    })
  if (warmupCount > 0) {
    out.line(`Warmup first ${warmupCount} records. Steady state results will print after the complete test summary.`)
  }
  const all = statsOf(recordCount, false)
  let steadyState: LatencyStats | undefined
  const flow = new Flow(run.bufferBytes / 2)
  const throttle = new Throttle(clock, run.throughput)
  const transaction =
    transactionDurationMs === undefined ? undefined : new Batches(producer, clock, transactionDurationMs)
  for (let index = 0; index < recordCount && !ending.aborted; index++) {
    const payload = run.payloads(index)
    await transaction?.open()
    const sentMs = clock.wallMs()
    if (warmupCount > 0 && index === warmupCount) {
      steadyState = statsOf(recordCount - warmupCount, true)
      all.silence()
    }
    const steady = steadyState
    flow.started(payload.length)
    producer.send(run.topic, { value: payload }).then(
      () => {
        flow.ended(payload.length)
        const nowMs = clock.wallMs()
        all.record(nowMs - sentMs, payload.length, nowMs)
        steady?.record(nowMs - sentMs, payload.length, nowMs)
      },
      (error: unknown) => {
        flow.ended(payload.length)
        out.error(javaErrorText(asError(error)))
      },
    )
    await transaction?.closeWhenDue(sentMs)
    const pause = throttle.wait(index, ending)
    if (pause !== undefined) await pause
    if (flow.isFull) await flow.drained()
    else if (index % RECORDS_AT_ONCE === RECORDS_AT_ONCE - 1) await new Promise<void>((go) => clock.afterTurn(go))
  }
  await transaction?.close()
  return { all, steadyState }
}

/** Counts what is under way. */
class Flow {
  readonly #bytesMax: number
  #bytes = 0
  #records = 0
  #wake: (() => void) | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax || this.#records >= UNDER_WAY_MAX
  }

  started(bytes: number): void {
    this.#bytes += bytes
    this.#records++
  }

  ended(bytes: number): void {
    this.#bytes -= bytes
    this.#records--
    if (this.isFull || this.#wake === undefined) return
    this.#wake()
    this.#wake = undefined
  }

  /** One at a time. */
  drained(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}

/** Transactions one behind the other, each for so long. */
class Batches {
  readonly #producer: Producer
  readonly #clock: { wallMs(): number }
  readonly #durationMs: number
  #startMs = 0
  #isOpen = false

  constructor(producer: Producer, clock: { wallMs(): number }, durationMs: number) {
    this.#producer = producer
    this.#clock = clock
    this.#durationMs = durationMs
  }

  async open(): Promise<void> {
    if (this.#isOpen) return
    await this.#producer.beginTransaction()
    this.#isOpen = true
    this.#startMs = this.#clock.wallMs()
  }

  async closeWhenDue(sentMs: number): Promise<void> {
    if (this.#durationMs <= sentMs - this.#startMs) await this.close()
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    await this.#producer.commitTransaction()
    this.#isOpen = false
  }
}
