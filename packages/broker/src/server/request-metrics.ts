/**
 * What each API costs: requests, errors, bytes and time, in plain numbers that a scrape reads
 * (kafka.network:type=RequestMetrics). Times go into powers-of-two buckets of microseconds: one addition a request.
 */
import type { ErrorCounts } from './response-errors.ts'

const bucketCount = 28

export class ApiCounts {
  requests = 0
  /** Of these, by the version that was asked in. */
  readonly requestsByVersion: number[] = []
  requestBytes = 0
  responseBytes = 0
  totalTimeMs = 0
  /** Bucket i counts requests that took less than 2^i microseconds, and not less than the half of it. */
  readonly timeBuckets = new Float64Array(bucketCount)
  /** By code, of all partitions, topics or resources. */
  readonly errors: ErrorCounts = new Map()
}

export class RequestMetrics {
  readonly #byApi = new Map<string, ApiCounts>()
  /** Frames that were closed upon: unknown API or version, or bytes that are no message. */
  rejected = 0

  of(apiName: string): ApiCounts {
    const known = this.#byApi.get(apiName)
    if (known !== undefined) return known
    const counts = new ApiCounts()
    this.#byApi.set(apiName, counts)
    return counts
  }

  get byApi(): ReadonlyMap<string, ApiCounts> {
    return this.#byApi
  }

  count(
    counts: ApiCounts,
    {
      version,
      requestBytes,
      responseBytes,
      tookMs,
    }: { version: number; requestBytes: number; responseBytes: number; tookMs: number },
  ): void {
    counts.requests++
    counts.requestsByVersion[version] = (counts.requestsByVersion[version] ?? 0) + 1
    counts.requestBytes += requestBytes
    counts.responseBytes += responseBytes
    counts.totalTimeMs += tookMs
    const bucket = Math.min(bucketCount - 1, 32 - Math.clz32(tookMs * 1000))
    counts.timeBuckets[bucket] = (counts.timeBuckets[bucket] ?? 0) + 1
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
