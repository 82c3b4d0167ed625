/** What kafka-producer-perf-test counts and prints: each window of time, and in the end all of it. */
import { fixed } from '../java-format.ts'

const SAMPLES_MAX = 500_000
const MIB = 1_048_576

export class LatencyStats {
  readonly #print: (line: string) => void
  readonly #startMs: number
  readonly #reportingIntervalMs: number
  readonly #isSteadyState: boolean
  readonly #sampling: number
  readonly #latencies: Int32Array
  #sampleCount = 0
  #count = 0
  #bytes = 0
  #latencyMax = 0
  #latencyTotal = 0
  #isSilent = false
  #windowStartMs: number
  #windowCount = 0
  #windowBytes = 0
  #windowLatencyMax = 0
  #windowLatencyTotal = 0

  constructor(given: {
    readonly recordCount: number
    readonly reportingIntervalMs: number
    /** Of the records behind the warm-up. */
    readonly isSteadyState: boolean
    readonly nowMs: number
    readonly print: (line: string) => void
  }) {
    this.#print = given.print
    this.#startMs = given.nowMs
    this.#windowStartMs = given.nowMs
    this.#reportingIntervalMs = given.reportingIntervalMs
    this.#isSteadyState = given.isSteadyState
    this.#sampling = Math.floor(given.recordCount / Math.min(given.recordCount, SAMPLES_MAX))
    this.#latencies = new Int32Array(Math.floor(given.recordCount / this.#sampling) + 1)
  }

  /** Records that were acknowledged. */
  get count(): number {
    return this.#count
  }

  /** A record was acknowledged. */
  record(latencyMs: number, bytes: number, nowMs: number): void {
    if (this.#count % this.#sampling === 0) this.#latencies[this.#sampleCount++] = latencyMs
    this.#count++
    this.#bytes += bytes
    this.#latencyTotal += latencyMs
    this.#latencyMax = Math.max(this.#latencyMax, latencyMs)
    this.#windowCount++
    this.#windowBytes += bytes
    this.#windowLatencyTotal += latencyMs
    this.#windowLatencyMax = Math.max(this.#windowLatencyMax, latencyMs)
    if (nowMs - this.#windowStartMs >= this.#reportingIntervalMs) this.#report(nowMs)
  }

  /** Windows are not printed any more: others are. */
  silence(): void {
    this.#isSilent = true
  }

  printTotal(nowMs: number): void {
    const elapsedMs = nowMs - this.#startMs
    const [p50, p95, p99, p999] = this.percentiles([0.5, 0.95, 0.99, 0.999])
    this.#print(
      [
        `${this.#count}${this.#isSteadyState ? ' steady state' : ''} records sent`,
        `${fixed((1_000 * this.#count) / elapsedMs, 6)} records/sec (${megabytes(this.#bytes, elapsedMs)} MB/sec)`,
        `${fixed(this.#latencyTotal / this.#count, 2)} ms avg latency`,
        `${fixed(this.#latencyMax, 2)} ms max latency`,
        `${p50} ms 50th, ${p95} ms 95th, ${p99} ms 99th, ${p999} ms 99.9th.`,
      ].join(', '),
    )
  }

  #report(nowMs: number): void {
    if (this.#isSteadyState && this.#count === this.#windowCount) this.#print('In steady state.')
    if (!this.#isSilent) this.#printWindow(nowMs)
    this.#windowStartMs = nowMs
    this.#windowCount = 0
    this.#windowBytes = 0
    this.#windowLatencyMax = 0
    this.#windowLatencyTotal = 0
  }

  #printWindow(nowMs: number): void {
    const elapsedMs = nowMs - this.#windowStartMs
    this.#print(
      [
        `${this.#windowCount} records sent`,
        `${fixed((1_000 * this.#windowCount) / elapsedMs, 1)} records/sec (${megabytes(this.#windowBytes, elapsedMs)} MB/sec)`,
        `${fixed(this.#windowLatencyTotal / this.#windowCount, 1)} ms avg latency`,
        `${fixed(this.#windowLatencyMax, 1)} ms max latency.`,
      ].join(', '),
    )
  }

  /** Of the latencies so far, in milliseconds: 0.5 is the median. */
  percentiles(parts: readonly number[]): readonly number[] {
    const sorted = this.#latencies.subarray(0, this.#sampleCount).toSorted()
    return parts.map((part) => sorted[Math.trunc(part * sorted.length)] ?? 0)
  }
}

function megabytes(bytes: number, elapsedMs: number): string {
  return fixed((1_000 * bytes) / elapsedMs / MIB, 2)
}
