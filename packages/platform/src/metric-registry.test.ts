import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MetricRegistry } from './metric-registry.ts'

describe('MetricRegistry', () => {
  it('writes metrics as Prometheus reads them, sorted by name', async () => {
    const metrics = new MetricRegistry()
    metrics.register({ name: 'requests_total', help: 'Requests.', kind: 'counter', labels: ['api', 'version'] }, () => [
      { value: 3, labels: ['Produce', '11'] },
      { value: 1, labels: ['Fetch', '17'] },
    ])
    metrics.register({ name: 'partitions', help: 'Partitions led.', kind: 'gauge' }, () => [{ value: 0.5 }])
    assert.equal(
      await metrics.exposition(),
      [
        '# HELP partitions Partitions led.',
        '# TYPE partitions gauge',
        'partitions 0.5',
        '# HELP requests_total Requests.',
        '# TYPE requests_total counter',
        'requests_total{api="Produce",version="11"} 3',
        'requests_total{api="Fetch",version="17"} 1',
        '',
      ].join('\n'),
    )
  })

  it('reads values when it is asked, not before', async () => {
    const metrics = new MetricRegistry()
    let value = 1
    metrics.register({ name: 'x', help: '', kind: 'gauge' }, () => [{ value }])
    value = 2
    assert.match(await metrics.exposition(), /^x 2$/m)
  })

  it('escapes help and labels', async () => {
    const metrics = new MetricRegistry()
    const definition = { name: 'x', help: 'a\\b\nc "d"', kind: 'gauge', labels: ['l'] } as const
    metrics.register(definition, () => [{ value: 1, labels: ['a\\b\n"c"'] }])
    assert.equal(await metrics.exposition(), '# HELP x a\\\\b\\nc "d"\n# TYPE x gauge\nx{l="a\\\\b\\n\\"c\\""} 1\n')
  })

  it('writes what is not finite as the format has it', async () => {
    const metrics = new MetricRegistry()
    const values = [Infinity, -Infinity, NaN]
    metrics.register({ name: 'x', help: '', kind: 'gauge', labels: ['n'] }, () =>
      values.map((value, index) => ({ value, labels: [String(index)] })),
    )
    const lines = (await metrics.exposition()).split('\n').slice(2, 5)
    assert.deepEqual(lines, ['x{n="0"} +Inf', 'x{n="1"} -Inf', 'x{n="2"} NaN'])
  })

  it('adds the samples of several owners of one metric', async () => {
    const metrics = new MetricRegistry()
    const definition = { name: 'x', help: '', kind: 'counter', labels: ['topic'] } as const
    const collect = (): { value: number; labels: string[] }[] => [{ value: 2, labels: ['a'] }]
    metrics.register(definition, collect)
    metrics.register(definition, collect)
    assert.match(await metrics.exposition(), /^x\{topic="a"\} 4$/m)
  })

  it('forgets a metric when its last owner leaves', async () => {
    const metrics = new MetricRegistry()
    const leave = metrics.register({ name: 'x', help: '', kind: 'gauge' }, () => [{ value: 1 }])
    const leaveToo = metrics.register({ name: 'x', help: '', kind: 'gauge' }, () => [{ value: 1 }])
    leave()
    leave()
    assert.match(await metrics.exposition(), /^x 1$/m)
    leaveToo()
    assert.equal(await metrics.exposition(), '')
    metrics.register({ name: 'x', help: '', kind: 'counter' }, () => [])
  })

  it('refuses a second registration that differs', () => {
    const metrics = new MetricRegistry()
    metrics.register({ name: 'x', help: '', kind: 'gauge' }, () => [])
    assert.throws(() => metrics.register({ name: 'x', help: '', kind: 'counter' }, () => []), TypeError)
    assert.throws(() => metrics.register({ name: 'x', help: '', kind: 'gauge', labels: ['l'] }, () => []), TypeError)
  })

  it('refuses names that are none', () => {
    const metrics = new MetricRegistry()
    assert.throws(
      () => metrics.register({ name: 'a-b', help: '', kind: 'gauge' }, () => []),
      /"a-b" is not a metric name/,
    )
    assert.throws(() => metrics.register({ name: 'a', help: '', kind: 'gauge', labels: ['l:'] }, () => []), TypeError)
  })
})
