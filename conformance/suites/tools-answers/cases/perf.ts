/** The tools that measure: their lines but for the figures, and what they refuse. */

import { helpLine, linesOf, type ToolScript } from '../tool-line.ts'

const produce = linesOf('kafka-producer-perf-test')
const consume = linesOf('kafka-consumer-perf-test')
const latency = linesOf('kafka-e2e-latency')
const fine = '--topic perf-SIDE --num-records 500 --record-size 100 --throughput -1'
const sent =
  /^500 records sent, [\d.]+ records\/sec \([\d.]+ MB\/sec\), [\d.]+ ms avg latency, [\d.]+ ms max latency, \d+ ms 50th, \d+ ms 95th, \d+ ms 99th, \d+ ms 99\.9th\.$/m

export const perfScripts: readonly ToolScript[] = [
  {
    name: 'kafka-producer-perf-test and kafka-consumer-perf-test print what Apache Kafka’s do',
    lines: [
      produce(fine, { without: /records\/sec/, expected: sent }),
      produce(`${fine} --warmup-records 100`, {
        without: /records\/sec|steady state/,
        expected: /^400 steady state records sent, /m,
      }),
      produce('--topic perf-SIDE --num-records 20 --payload-monotonic --throughput 100 --transactional-id tx-SIDE', {
        without: /records\/sec/,
      }),
      produce('--topic perf-SIDE --num-records 20 --payload-file FOLDER/payloads --throughput -1', {
        files: { payloads: 'a\nb\n' },
        without: /records\/sec/,
        expected: /^Number of records read: 2$/m,
      }),
      consume('--topic perf-SIDE --num-records 1000', {
        without: /^\d{4}-/,
        expected: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}, [^,]+, 0\.\d{4}, [\d.]+, 10\d\d, /m,
      }),
      consume('--topic perf-SIDE --messages 100000 --timeout 2000 --hide-header', { without: /^\d{4}-/ }),
      latency('--topic latency-SIDE --num-records 3 --producer-acks 1 --record-size 10', {
        without: /^\d+\t|^Avg latency|^Percentiles/,
        expected: /^Percentiles: 50th = \d+, 99th = \d+, 99\.9th = \d+$/m,
      }),
    ],
  },
  {
    name: 'tools that measure refuse what makes no sense',
    lines: [
      ...['--num-records 0', '--warmup-records 500', '--reporting-interval 0', '--transaction-duration-ms 0'].map(
        (more) => produce(`${fine} ${more}`),
      ),
      produce(`${fine} --command-property a=b --producer-props a=b`),
      produce(`${fine} --command-property a=b=c`),
      produce('--topic t --num-records 1 --throughput -1'),
      produce('--topic t --num-records 1 --throughput -1 --payload-file FOLDER/missing'),
      consume(''),
      consume('--topic t'),
      consume('--topic t --num-records 1 --messages 1'),
      consume('--topic t --num-records 1 --nonsense'),
      latency('--topic t --num-records 1 --producer-acks 0 --record-size 1'),
      latency('--topic t --num-records 0 --producer-acks 1 --record-size 1'),
      latency('--topic t --num-records 1 --producer-acks 1 --record-size -1'),
      latency('a b', { isBare: true }),
      helpLine('kafka-consumer-perf-test'),
      helpLine('kafka-e2e-latency'),
    ],
  },
]
