import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MetricRegistry } from '../metric-registry.ts'
import { exposeProcess, processMetrics } from './process-metrics.ts'

describe('the metrics of the process', () => {
  it('are all there until they are taken back, and make sense', async () => {
    const metrics = new MetricRegistry()
    const forget = exposeProcess(metrics)
    const text = await metrics.exposition()
    forget()
    const values = new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]),
    )
    for (const { definition } of processMetrics) assert.ok(text.includes(`# TYPE ${definition.name} `), definition.name)
    assert.ok((values.get('process_resident_memory_bytes') ?? 0) > 10_000_000)
    assert.ok((values.get('process_cpu_seconds_total') ?? 0) > 0)
    assert.ok((values.get('nodejs_heap_size_used_bytes') ?? 0) < (values.get('nodejs_heap_size_total_bytes') ?? 0))
    assert.ok((values.get('process_start_time_seconds') ?? 0) > 1_700_000_000)
    assert.ok((values.get('gregor_event_loop_delay_seconds{quantile="1"}') ?? -1) >= 0)
    for (const name of [
      'kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent',
      'kafka_network_socketserver_networkprocessoravgidle_percent',
    ]) {
      const idle = values.get(name) ?? -1
      assert.ok(idle >= 0 && idle <= 1, `${name} ${idle}`)
    }
    assert.equal(await metrics.exposition(), '')
  })
})
