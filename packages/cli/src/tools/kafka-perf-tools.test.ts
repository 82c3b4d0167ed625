import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dateText, DateFormatError, fixed } from './java-format.ts'
import { withNode } from '../running-node-fixture.ts'
import { LatencyStats } from './perf/latency-stats.ts'
import { splitPayloads } from './perf/payloads.ts'

const bootstrap = ['--bootstrap-server', '127.0.0.1:9092']

function words(text: string): readonly string[] {
  return text.split(' ')
}

const sentLine =
  /^(\d+)( steady state)? records sent, [\d.]+ records\/sec \([\d.]+ MB\/sec\), [\d.]+ ms avg latency, [\d.]+ ms max latency, \d+ ms 50th, \d+ ms 95th, \d+ ms 99th, \d+ ms 99\.9th\.$/

describe('kafka-producer-perf-test', () => {
  const perf = ['tool', 'kafka-producer-perf-test', ...bootstrap, '--topic', 't']

  it('sends what it is told to, and tells how fast that went', async () => {
    await withNode(async (node) => {
      const sized = await node.run([
        ...perf,
        ...words('--num-records 1200 --record-size 10 --throughput 1000 --print-metrics'),
      ])
      assert.deepEqual([sized.exitCode, sized.errors], [0, []])
      assert.match(sized.lines[0] ?? '', sentLine)
      assert.match(sized.lines[0] ?? '', /^1200 records sent, (9\d\d|100\d)\.\d{6} records\/sec/)
      assert.match(sized.lines[1] ?? '', /^\nMetric Name +Value$/)
      assert.ok(
        sized.lines.some((line) =>
          /^producer-metrics:record-send-total:\{client-id=perf-producer-client\} *: 1200\.000$/.test(line),
        ),
      )
      const counted = await node.run([...perf, ...words('--num-records 3 --payload-monotonic --throughput -1')])
      assert.equal(counted.exitCode, 0)
      const read = await node.run([
        'tool',
        'kafka-console-consumer',
        ...bootstrap,
        ...words('--topic t --from-beginning --max-messages 1203'),
      ])
      const values = read.written.split('\n')
      assert.ok(values.slice(0, 1200).every((value) => /^[A-Z]{10}$/.test(value)))
      assert.deepEqual(values.slice(1200), ['0', '1', '2', ''])
    })
  })

  it('tells of the records behind the warm-up in a line of their own, and of each interval', async () => {
    await withNode(async (node) => {
      const given =
        '--num-records 3000 --record-size 10 --throughput 1000 --warmup-records 1500 --reporting-interval 500'
      const { exitCode, lines } = await node.run([...perf, ...words(given)])
      assert.equal(exitCode, 0)
      assert.equal(
        lines[0],
        'Warmup first 1500 records. Steady state results will print after the complete test summary.',
      )
      assert.match(
        lines[1] ?? '',
        /^\d+ records sent, [\d.]+ records\/sec \([\d.]+ MB\/sec\), \d+\.\d ms avg latency, \d+\.\d ms max latency\.$/,
      )
      assert.ok(lines.includes('In steady state.'))
      assert.match(lines.at(-2) ?? '', sentLine)
      assert.match(lines.at(-1) ?? '', /^1500 steady state records sent, /)
    })
  })

  it('writes in transactions, and from a file', async () => {
    await withNode(async (node) => {
      const program = node.program()
      program.writeFile('/srv/node/payloads', 'same\nsame\n')
      const given = '--num-records 40 --payload-file payloads --throughput 100 --transaction-duration-ms 100'
      assert.equal(await node.begin(program, [...perf, ...words(given)]), 0)
      assert.deepEqual(program.lines.slice(0, 2), [
        'Reading payloads from: /srv/node/payloads',
        'Number of records read: 2',
      ])
      const read = await node.run([
        'tool',
        'kafka-console-consumer',
        ...bootstrap,
        ...words('--topic t --from-beginning --isolation-level read_committed --timeout-ms 3000'),
      ])
      assert.equal(read.written, 'same\n'.repeat(40))
    })
  })

  it('refuses what makes no sense, behind its usage', async () => {
    await withNode(async (node) => {
      const fine = '--num-records 10 --throughput -1 --record-size 1'
      const cases: readonly (readonly [string, string])[] = [
        [`${fine} --num-records 0`, '--num-records should be greater than zero.'],
        [`${fine} --record-size 0`, '--record-size should be greater than zero.'],
        [
          `${fine} --warmup-records 10`,
          'The value for --warmup-records must be strictly fewer than the number of records in the test, --num-records.',
        ],
        [
          `${fine} --command-property a=b --producer-props a=b`,
          '--command-property and --producer-props cannot be specified together.',
        ],
        [
          `${fine} --command-config a --producer.config b`,
          '--command-config and --producer.config cannot be specified together.',
        ],
        [`${fine} --transaction-duration-ms 0`, '--transaction-duration-ms should be greater than zero.'],
        [`${fine} --reporting-interval 0`, '--reporting-interval should be greater than zero.'],
      ]
      for (const [given, message] of cases) {
        const { exitCode, errors } = await node.run([...perf, ...words(given)])
        assert.deepEqual([exitCode, errors.at(-1)], [1, `kafka-producer-perf-test: error: ${message}`])
      }
      const property = await node.run([...perf, ...words(`${fine} --command-property a=b=c`)])
      assert.deepEqual([property.exitCode, property.errors], [1, ['Invalid property: a=b=c']])
      const empty = await node.run([...perf, ...words('--num-records 10 --throughput -1 --payload-file none')])
      assert.deepEqual([empty.exitCode, empty.errors], [1, ['File does not exist or empty file provided.']])
      const help = await node.run(['tool', 'kafka-producer-perf-test'])
      assert.equal(help.exitCode, 0)
      assert.match(help.lines[0] ?? '', /^usage: kafka-producer-perf-test\n/)
    })
  })
})

describe('kafka-consumer-perf-test', () => {
  const perf = ['tool', 'kafka-consumer-perf-test', ...bootstrap]

  it('reads what it is told to, and tells how fast that went', async () => {
    await withNode(async (node) => {
      await node.run([
        'tool',
        'kafka-producer-perf-test',
        ...bootstrap,
        ...words('--topic t --num-records 500 --record-size 1000 --throughput -1'),
      ])
      const { exitCode, lines, errors } = await node.run([...perf, ...words('--topic t --num-records 500')])
      assert.deepEqual([exitCode, errors], [0, []])
      assert.equal(
        lines[0],
        'start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec',
      )
      assert.match(
        lines[1] ?? '',
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}, \d{4}-[^,]*, 0\.4768, [\d.]+, 500, [\d.]+, \d+, \d+, [\d.]+, [\d.]+$/,
      )
      const more = await node.run([
        ...perf,
        ...words('--include t --messages 501 --timeout 500 --hide-header --show-detailed-stats --reporting-interval 1'),
      ])
      assert.deepEqual(more.lines.at(0), 'Warning: --messages is deprecated. Use --num-records instead.')
      assert.match(more.lines[1] ?? '', /^\d{4}-[^,]*, 0, 0\.4768, [\d.]+, 500, [\d.]+, -?\d+, -?\d+, [\d.]+, [\d.]+$/)
      assert.equal(
        more.lines[2],
        'WARNING: Exiting before consuming the expected number of records: timeout (500 ms) exceeded. You can use the --timeout option to increase the timeout.',
      )
    })
  })
})

describe('kafka-e2e-latency', () => {
  const e2e = ['tool', 'kafka-e2e-latency']

  it('makes the topic where it is missing, and measures round trips', async () => {
    await withNode(async (node) => {
      const given =
        '--topic t --num-records 20 --producer-acks all --record-size 10 --record-key-size 3 --num-headers 2 --record-header-key-size 2 --record-header-size -1'
      const { exitCode, lines, errors } = await node.run([...e2e, ...bootstrap, ...words(given)])
      assert.deepEqual([exitCode, errors], [0, []])
      assert.equal(
        lines[0],
        'Topic "t" does not exist. Will create topic with 1 partition(s) and replication factor = 1',
      )
      assert.match(lines[1] ?? '', /^0\t\d+\.\d+$/)
      assert.match(lines[2] ?? '', /^Avg latency: \d+\.\d{4} ms$/)
      assert.match(lines[3] ?? '', /^Percentiles: 50th = \d+, 99th = \d+, 99\.9th = \d+$/)
      const old = await node.run([...e2e, ...words('127.0.0.1:9092 t 1 1 10')])
      assert.equal(old.exitCode, 0)
      assert.match(old.lines[0] ?? '', /^WARNING: Positional argument usage is deprecated/)
    })
  })

  it('refuses what makes no sense', async () => {
    await withNode(async (node) => {
      const fine = '--topic t --num-records 1 --producer-acks 1 --record-size 1'
      const cases: readonly (readonly [string, string])[] = [
        ['--topic t', 'Missing required argument "[num-records]"'],
        [
          fine.replace('acks 1', 'acks 0'),
          "Invalid value for --producer-acks. Latency testing requires synchronous acknowledgement. Please use '1' or 'all'.",
        ],
        [fine.replace('records 1', 'records 0'), 'Value for --num-records must be a positive integer.'],
        [fine.replace('size 1', 'size -1'), 'Value for --record-size must be a non-negative integer.'],
        [
          `${fine} --record-header-size=-2`,
          'Value for --record-header-size must be a non-negative integer or -1 for null header value.',
        ],
      ]
      for (const [given, message] of cases) {
        const { exitCode, errors } = await node.run([...e2e, ...bootstrap, ...words(given)])
        assert.deepEqual([exitCode, errors[0]], [1, message])
      }
      const few = await node.run([...e2e, 'a', 'b'])
      assert.match(
        few.errors[0] ?? '',
        /^Invalid number of arguments\. Expected 5 or 6 positional arguments, but got 2\./,
      )
    })
  })
})

describe('kafka-verifiable-producer and -consumer', () => {
  const producer = ['tool', 'kafka-verifiable-producer', ...bootstrap]
  const consumer = ['tool', 'kafka-verifiable-consumer', ...bootstrap]
  const withoutTimes = (lines: readonly string[]): readonly string[] =>
    lines.map((line) =>
      line.replace(/^\{"timestamp":\d+,/, '{').replace(/"avg_throughput":[\d.]+/, '"avg_throughput":X'),
    )

  it('tell in JSON what was written, and what was read', async () => {
    await withNode(async (node) => {
      const sent = await node.run([
        ...producer,
        ...words('--topic t --max-messages 3 --repeating-keys 2 --value-prefix 7 --message-create-time 1000'),
      ])
      assert.equal(sent.exitCode, 0)
      assert.deepEqual(withoutTimes(sent.lines), [
        '{"name":"startup_complete"}',
        '{"name":"producer_send_success","key":"0","value":"7.0","offset":0,"topic":"t","partition":0}',
        '{"name":"producer_send_success","key":"1","value":"7.1","offset":1,"topic":"t","partition":0}',
        '{"name":"producer_send_success","key":"0","value":"7.2","offset":2,"topic":"t","partition":0}',
        '{"name":"shutdown_complete"}',
        '{"name":"tool_data","sent":3,"acked":3,"target_throughput":-1,"avg_throughput":X}',
      ])
      const read = await node.run([...consumer, ...words('--topic t --group-id g --max-messages 2 --verbose')])
      assert.equal(read.exitCode, 0)
      assert.deepEqual(withoutTimes(read.lines), [
        '{"name":"startup_complete"}',
        '{"name":"partitions_assigned","partitions":[{"topic":"t","partition":0}]}',
        '{"name":"record_data","key":"0","value":"7.0","topic":"t","partition":0,"offset":0}',
        '{"name":"record_data","key":"1","value":"7.1","topic":"t","partition":0,"offset":1}',
        '{"name":"records_consumed","count":3,"partitions":[{"topic":"t","partition":0,"count":2,"minOffset":0,"maxOffset":1}]}',
        '{"name":"offsets_committed","offsets":[{"topic":"t","partition":0,"offset":2}],"success":true}',
        '{"name":"partitions_revoked","partitions":[{"topic":"t","partition":0}]}',
        '{"name":"shutdown_complete"}',
        '{"name":"shutdown_requested"}',
      ])
    })
  })

  it('tell what could not be written', async () => {
    await withNode(async (node) => {
      const { lines } = await node.run([...producer, ...words('--topic a/b --max-messages 1')])
      assert.match(
        withoutTimes(lines)[1] ?? '',
        /^\{"name":"producer_send_error","key":null,"value":"0","topic":"a\/b","exception":"class org\.apache\.kafka\.common\.errors\.InvalidTopicException","message":"/,
      )
    })
  })

  it('end in order at a signal', async () => {
    await withNode(async (node) => {
      await node.run([...producer, ...words('--topic t --max-messages 3')])
      const program = node.program()
      const ended = node.begin(program, [...consumer, ...words('--topic t --group-id g --group-protocol consumer')])
      while (!program.lines.some((line) => line.includes('offsets_committed'))) await node.pause(10)
      program.end('SIGTERM')
      assert.equal(await ended, 143)
      assert.deepEqual(withoutTimes(program.lines).slice(-3), [
        '{"name":"shutdown_requested"}',
        '{"name":"partitions_revoked","partitions":[{"topic":"t","partition":0}]}',
        '{"name":"shutdown_complete"}',
      ])
    })
  })
})

it('writes numbers as Java’s printf does', () => {
  const cases: readonly (readonly [number, number, string])[] = [
    [0, 2, '0.00'],
    [1.005, 2, '1.01'],
    [0.125, 2, '0.13'],
    [2.5, 0, '3'],
    [-1.25, 1, '-1.3'],
    [0.0049, 2, '0.00'],
    [0.005, 2, '0.01'],
    [999.995, 2, '1000.00'],
    [1e21, 1, '1000000000000000000000.0'],
    [14_170.996693, 6, '14170.996693'],
    [Number.NaN, 2, 'NaN'],
    [Number.POSITIVE_INFINITY, 2, 'Infinity'],
    [Number.NEGATIVE_INFINITY, 2, '-Infinity'],
  ]
  for (const [value, digits, text] of cases) assert.equal(fixed(value, digits), text)
})

it('writes dates as Java’s SimpleDateFormat does', () => {
  const at = new Date(2026, 0, 5, 13, 4, 9, 7).getTime()
  assert.equal(dateText('yyyy-MM-dd HH:mm:ss:SSS', at), '2026-01-05 13:04:09:007')
  assert.equal(dateText("yy MMM d ''h 'o''clock' a EEE", at), "26 Jan 5 '1 o'clock PM Mon")
  assert.throws(() => dateText('jj', at), DateFormatError)
})

it('counts percentiles over what it sampled', () => {
  const lines: string[] = []
  const stats = new LatencyStats({
    recordCount: 4,
    reportingIntervalMs: 1e9,
    isSteadyState: false,
    nowMs: 0,
    print: (line) => lines.push(line),
  })
  for (const latency of [40, 10, 30, 20]) stats.record(latency, 1_048_576, 100)
  stats.printTotal(2_000)
  assert.deepEqual(lines, [
    '4 records sent, 2.000000 records/sec (2.00 MB/sec), 25.00 ms avg latency, 40.00 ms max latency, 30 ms 50th, 40 ms 95th, 40 ms 99th, 40 ms 99.9th.',
  ])
})

it('takes payloads apart as Java’s Scanner does', () => {
  const parts = (text: string, delimiter: string): readonly string[] => splitPayloads(text, delimiter).map(String)
  assert.deepEqual(parts('\na\n\nb\n', '\n'), ['a', '', 'b'])
  assert.deepEqual(parts('a1b22c', '[0-9]+'), ['a', 'b', 'c'])
})
