/**
 * What each API costs: requests, errors, bytes and time, in plain numbers that a scrape reads
 * (kafka.network:type=RequestMetrics). Times go into powers-of-two buckets of microseconds: one addition a request.
 */
import type { Metrics } from '@gregor/platform'

const bucketCount = 28

export class ApiCounts {
  requests = 0
  requestBytes = 0
  responseBytes = 0
  totalTimeMs = 0
  /** Bucket i counts requests that took less than 2^i microseconds, and not less than the half of it. */
  readonly timeBuckets = new Float64Array(bucketCount)
  readonly errors = new Map<string, number>()
}

export class RequestMetrics {
  readonly #byName = new Map<string, ApiCounts>()
  /** Frames that were closed upon: unknown API or version, or bytes that are no message. */
  rejected = 0

  of(apiName: string): ApiCounts {
    const known = this.#byName.get(apiName)
    if (known !== undefined) return known
    const counts = new ApiCounts()
    this.#byName.set(apiName, counts)
    return counts
  }

  count(
    counts: ApiCounts,
    { requestBytes, responseBytes, tookMs }: { requestBytes: number; responseBytes: number; tookMs: number },
  ): void {
    counts.requests++
    counts.requestBytes += requestBytes
    counts.responseBytes += responseBytes
    counts.totalTimeMs += tookMs
    const bucket = Math.min(bucketCount - 1, 32 - Math.clz32(tookMs * 1000))
    counts.timeBuckets[bucket] = (counts.timeBuckets[bucket] ?? 0) + 1
  }

  failed(counts: ApiCounts, error: string): void {
    counts.errors.set(error, (counts.errors.get(error) ?? 0) + 1)
  }

  /** Registers the metrics; the returned function takes them out again. */
  expose(metrics: Metrics): () => void {
    const all = (pick: (counts: ApiCounts) => number) => () =>
      [...this.#byName].map(([request, counts]) => ({ value: pick(counts), labels: [request] }))
    const labels = ['request'] as const
    const name = (last: string): string => `kafka_network_RequestMetrics_${last}`
    const stops = [
      metrics.register(
        { name: name('RequestsPerSec_total'), help: 'Requests handled.', kind: 'counter', labels },
        all((c) => c.requests),
      ),
      metrics.register(
        { name: name('RequestBytes_total'), help: 'Bytes of request frames.', kind: 'counter', labels },
        all((c) => c.requestBytes),
      ),
      metrics.register(
        { name: name('ResponseBytes_total'), help: 'Bytes of response frames.', kind: 'counter', labels },
        all((c) => c.responseBytes),
      ),
      metrics.register(
        { name: name('TotalTimeMs_sum'), help: 'Time from frame to answer.', kind: 'counter', labels },
        all((c) => c.totalTimeMs),
      ),
      metrics.register(
        {
          name: name('TotalTimeMs'),
          help: 'Quantiles of that time, ms.',
          kind: 'gauge',
          labels: ['request', 'quantile'],
        },
        () => this.#quantiles(),
      ),
      metrics.register(
        {
          name: name('ErrorsPerSec_total'),
          help: 'Answers that carry an error.',
          kind: 'counter',
          labels: ['request', 'error'],
        },
        () =>
          [...this.#byName].flatMap(([request, { errors }]) =>
            [...errors].map(([error, value]) => ({ value, labels: [request, error] })),
          ),
      ),
      metrics.register(
        { name: 'gregor_rejected_frames_total', help: 'Frames that closed their connection.', kind: 'counter' },
        () => [{ value: this.rejected }],
      ),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }

  *#quantiles(): Generator<{ value: number; labels: string[] }> {
    for (const [request, counts] of this.#byName) {
      for (const quantile of [0.5, 0.95, 0.99, 0.999]) {
        yield { value: quantileMs(counts, quantile), labels: [request, String(quantile)] }
      }
    }
  }
}

/** The upper end of the bucket in which the quantile lies. */
export function quantileMs({ timeBuckets, requests }: ApiCounts, quantile: number): number {
  const rank = Math.ceil(requests * quantile)
  let seen = 0
  for (let bucket = 0; bucket < timeBuckets.length; bucket++) {
    seen += timeBuckets[bucket] ?? 0
    if (seen >= rank && seen > 0) return 2 ** bucket / 1000
  }
  return 0
}
