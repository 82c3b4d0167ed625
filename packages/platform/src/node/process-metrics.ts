/**
 * What the process itself uses: memory, processor time, and how long the event loop keeps others waiting. Names are those
 * that exporters of Node.js and Prometheus’ own client libraries have, where there are any.
 */
import type { monitorEventLoopDelay } from 'node:perf_hooks'
import { existsSync, readdirSync } from 'node:fs'
import type { MetricDefinition, MetricSample, Metrics } from '../environment.ts'

type DelayHistogram = ReturnType<typeof monitorEventLoopDelay>

interface ProcessMetric {
  readonly definition: MetricDefinition
  readonly collect: (delay: DelayHistogram) => readonly MetricSample[]
}

/** How often the delay is measured: a longer one than that is seen for certain. */
const delayResolutionMs = 20
const openFilesDirectory = '/proc/self/fd'

export const processMetrics: readonly ProcessMetric[] = [
  counter(
    'process_cpu_seconds_total',
    'Processor time that the process has used, its own and the system’s for it.',
    () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    },
  ),
  gauge('process_resident_memory_bytes', 'Memory of the process, page cache left out.', () =>
    process.memoryUsage.rss(),
  ),
  gauge(
    'process_start_time_seconds',
    'When the process was started, in seconds since the epoch.',
    () => performance.timeOrigin / 1000,
  ),
  {
    definition: { name: 'process_open_fds', help: 'Open files and sockets. Linux only.', kind: 'gauge' },
    collect: () => (existsSync(openFilesDirectory) ? [{ value: readdirSync(openFilesDirectory).length }] : []),
  },
  gauge('nodejs_heap_size_used_bytes', 'JavaScript objects.', () => process.memoryUsage().heapUsed),
  gauge('nodejs_heap_size_total_bytes', 'Memory kept for JavaScript objects.', () => process.memoryUsage().heapTotal),
  gauge(
    'nodejs_external_memory_bytes',
    'Memory outside of the heap that objects hold, buffers among it.',
    () => process.memoryUsage().external,
  ),
  counter(
    'gregor_event_loop_active_seconds_total',
    'Time in which the event loop had something to do. Its rate is the share of its one processor.',
    () => performance.eventLoopUtilization().active / 1000,
  ),
  // One thread is both here: who watches Kafka by either of them sees how much is left of it.
  idlePart('kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent'),
  idlePart('kafka_network_socketserver_networkprocessoravgidle_percent'),
  {
    definition: {
      name: 'gregor_event_loop_delay_seconds',
      help: 'How much later than asked for a timer of the event loop ran, since the last scrape.',
      kind: 'gauge',
      labels: ['quantile'],
    },
    collect: delays,
  },
]

/** Registers these until the returned function is called. */
export function exposeProcess(metrics: Metrics): () => void {
  const delay = process.getBuiltinModule('node:perf_hooks').monitorEventLoopDelay({ resolution: delayResolutionMs })
  delay.enable()
  const forget = processMetrics.map(({ definition, collect }) => metrics.register(definition, () => collect(delay)))
  return () => {
    delay.disable()
    for (const each of forget) each()
  }
}

function delays(delay: DelayHistogram): readonly MetricSample[] {
  const samples = [0.5, 0.99, 1].map((quantile) => {
    // Of each measurement the time that was asked for is taken off. Before the first one there is nothing.
    const measuredMs = delay.count === 0 ? delayResolutionMs : delay.percentile(quantile * 100) / 1e6
    return { value: Math.max(0, measuredMs - delayResolutionMs) / 1000, labels: [String(quantile)] }
  })
  delay.reset()
  return samples
}

/** Of the time since the last scrape, or the start. */
function idlePart(name: string): ProcessMetric {
  const help = 'The part of the time since the last scrape in which the thread had nothing to do: from 0 to 1.'
  let last: ReturnType<typeof performance.eventLoopUtilization> | undefined
  return gauge(name, help, () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = last === undefined ? now : performance.eventLoopUtilization(now, last)
    last = now
    return 1 - utilization
  })
}

function gauge(name: string, help: string, read: () => number): ProcessMetric {
  return { definition: { name, help, kind: 'gauge' }, collect: () => [{ value: read() }] }
}

function counter(name: string, help: string, read: () => number): ProcessMetric {
  return { definition: { name, help, kind: 'counter' }, collect: () => [{ value: read() }] }
}
