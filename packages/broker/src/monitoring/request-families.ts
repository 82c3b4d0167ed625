/** What clients ask for and how long it takes (`kafka.network:type=RequestMetrics`), connections, and fetches that wait. */
import type { MetricSample } from '@gregor/platform'
import { errorName } from '@gregor/protocol'
import { quantileMs, type ApiCounts } from '../server/request-metrics.ts'
import { single, type MetricFamily, type ObservedNode } from './metric-family.ts'

const quantiles = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999]

export const requestFamilies: readonly MetricFamily[] = [
  {
    definition: {
      name: 'kafka_network_requestmetrics_requests_total',
      help: 'Requests handled.',
      kind: 'counter',
      labels: ['request', 'version'],
    },
    collect: requestCounts,
  },
  perApi('kafka_network_requestmetrics_totaltimems_count', 'Requests that were timed.', (counts) => counts.requests),
  perApi(
    'kafka_network_requestmetrics_totaltimems_sum',
    'Milliseconds from the frame to its answer, waiting for data included.',
    (counts) => counts.totalTimeMs,
  ),
  {
    definition: {
      name: 'kafka_network_requestmetrics_totaltimems',
      help: 'Quantiles of that time since the start, rounded up to the next power of two of a microsecond.',
      kind: 'gauge',
      labels: ['request', 'quantile'],
    },
    collect: timeQuantiles,
  },
  {
    definition: {
      name: 'kafka_network_requestmetrics_errors_total',
      help: 'Error codes in answers, one for each partition, topic or resource that has one.',
      kind: 'counter',
      labels: ['request', 'error'],
    },
    collect: errorCounts,
  },
  perApi('gregor_request_bytes_total', 'Bytes of request frames.', (counts) => counts.requestBytes),
  perApi('gregor_response_bytes_total', 'Bytes of answers.', (counts) => counts.responseBytes),
  single(
    {
      name: 'gregor_rejected_frames_total',
      help: 'Frames that closed their connection: no message, or an API or version that is not served.',
      kind: 'counter',
    },
    ({ requestMetrics }) => requestMetrics.rejected,
  ),
  perListener(
    { name: 'kafka_server_socket_server_metrics_connection_count', help: 'Connections now.', kind: 'gauge' },
    ({ connectionCount }) => connectionCount,
  ),
  perListener(
    { name: 'gregor_refused_connections_total', help: 'Connections that a limit turned away.', kind: 'counter' },
    ({ refusedCount }) => refusedCount,
  ),
  single(
    {
      name: 'kafka_server_fetchsessioncache_numincrementalfetchsessions',
      help: 'Fetch sessions (KIP-227) now.',
      kind: 'gauge',
    },
    ({ services }) => services.fetchSessions.sessionCount,
  ),
  single(
    {
      name: 'kafka_server_fetchsessioncache_numincrementalfetchpartitionscached',
      help: 'Partitions in fetch sessions now.',
      kind: 'gauge',
    },
    ({ services }) => services.fetchSessions.partitionCount,
  ),
  single(
    {
      name: 'kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total',
      help: 'Fetch sessions that made room for others.',
      kind: 'counter',
    },
    ({ services }) => services.fetchSessions.evictions,
  ),
  {
    definition: {
      name: 'kafka_server_delayedoperationpurgatory_purgatorysize',
      help: 'Requests that wait for something to happen now.',
      kind: 'gauge',
      labels: ['delayedOperation'],
    },
    collect: ({ services }) => [{ value: services.fetchWaiters.waitingCount, labels: ['Fetch'] }],
  },
]

function perApi(name: string, help: string, pick: (counts: ApiCounts) => number): MetricFamily {
  return {
    definition: { name, help, kind: 'counter', labels: ['request'] },
    *collect({ requestMetrics }) {
      for (const [request, counts] of asked(requestMetrics)) yield { value: pick(counts), labels: [request] }
    },
  }
}

function* requestCounts({ requestMetrics }: ObservedNode): Generator<MetricSample> {
  for (const [request, { requestsByVersion }] of asked(requestMetrics)) {
    for (const [version, value] of requestsByVersion.entries()) {
      if (value !== undefined) yield { value, labels: [request, String(version)] }
    }
  }
}

/** APIs that nobody has asked for yet say nothing. */
function* asked(requestMetrics: ObservedNode['requestMetrics']): Generator<readonly [string, ApiCounts]> {
  for (const entry of requestMetrics.byApi) if (entry[1].requests > 0) yield entry
}

function* timeQuantiles({ requestMetrics }: ObservedNode): Generator<MetricSample> {
  for (const [request, counts] of asked(requestMetrics)) {
    for (const quantile of quantiles) yield { value: quantileMs(counts, quantile), labels: [request, String(quantile)] }
  }
}

function* errorCounts({ requestMetrics }: ObservedNode): Generator<MetricSample> {
  for (const [request, { errors }] of requestMetrics.byApi) {
    for (const [error, value] of errors) yield { value, labels: [request, errorName(error)] }
  }
}

function perListener(
  definition: { name: string; help: string; kind: 'counter' | 'gauge' },
  pick: (listener: ObservedNode['listeners'][number]) => number,
): MetricFamily {
  return {
    definition: { ...definition, labels: ['listener'] },
    collect: ({ listeners }) =>
      listeners.map((listener) => ({ value: pick(listener), labels: [listener.identity.name] })),
  }
}
