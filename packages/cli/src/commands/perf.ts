/** `gregor perf …`: how fast a topic can be written and read, for people. What scripts call are the tools of Kafka’s names. */
import { defineCommand, integer, text, texts } from '../command.ts'
import type { Program } from '../program.ts'
import { sayRows } from '../table.ts'
import { exitCodeOfSignal } from '../tools/ending.ts'
import { fixed } from '../tools/java-format.ts'
import { randomPayloads } from '../tools/perf/payloads.ts'
import { sendRecords } from '../tools/perf/send-records.ts'
import { clusterOptions, withKafka } from './cluster-options.ts'

const MIB = 1_048_576
const POLL_MS = 200
const IDLE_MS_MAX = 10_000
const BUFFER_BYTES = 33_554_432
const columns = ['records', 'seconds', 'records/s', 'MiB/s']

export const perfProduce = defineCommand({
  name: 'perf produce',
  summary: 'Write many records to a topic, and tell how fast that went.',
  arguments: { topic: text({ summary: 'The topic.' }) },
  options: {
    records: integer({ summary: 'How many. Default: 100000.', min: 1 }),
    size: integer({ summary: 'Bytes of each. Default: 100.', min: 1 }),
    rate: integer({ summary: 'About so many a second. Default: as many as possible.', min: 1 }),
    config: texts({ summary: 'A config of the producer. May be given more than once.', placeholder: 'key=value' }),
    ...clusterOptions,
  },
  examples: ['perf produce orders --records 1000000 --size 1024 --config compression.type=lz4'],
  run: ({ topic, records = 100_000, size = 100, rate, config, json, bootstrap, properties }, program) =>
    withKafka({ bootstrap, properties, configs: config }, { command: 'perf produce', program }, async (kafka) => {
      const { clock, random } = program.environment
      await using producer = kafka.producer()
      const startMs = clock.monotonicMs()
      const { all } = await sendRecords(
        {
          topic,
          recordCount: records,
          warmupCount: 0,
          payloads: randomPayloads(size, random),
          throughput: rate ?? -1,
          reportingIntervalMs: Infinity,
          transactionDurationMs: undefined,
          bufferBytes: BUFFER_BYTES,
        },
        producer,
        program,
      )
      await producer.flush()
      const row = speed({ records: all.count, bytes: all.count * size, ms: clock.monotonicMs() - startMs })
      const [p50, p99, p999] = all.percentiles([0.5, 0.99, 0.999])
      const latencies = { 'p50 ms': p50 ?? 0, 'p99 ms': p99 ?? 0, 'p99.9 ms': p999 ?? 0 }
      sayRows({ columns: [...columns, ...Object.keys(latencies)], rows: [{ ...row, ...latencies }], json }, program)
      return ended(program)
    }),
})

export const perfConsume = defineCommand({
  name: 'perf consume',
  summary: 'Read a topic from its beginning, and tell how fast that went.',
  arguments: { topic: text({ summary: 'The topic.' }) },
  options: {
    records: integer({ summary: 'How many. Default: what is there by now.', min: 1 }),
    config: texts({ summary: 'A config of the consumer. May be given more than once.', placeholder: 'key=value' }),
    ...clusterOptions,
  },
  examples: ['perf consume orders --records 1000000'],
  run: ({ topic, records = Infinity, config, json, bootstrap, properties }, program) =>
    withKafka({ bootstrap, properties, configs: config }, { command: 'perf consume', program }, async (kafka) => {
      const { clock } = program.environment
      const ending = program.ending()
      await using consumer = kafka.consumer()
      await using admin = kafka.admin()
      const described = (await admin.describeTopics([topic])).value(topic)
      const partitions = described.partitions.map(({ partition }) => ({ topic, partition }))
      const [starts, ends] = await Promise.all([consumer.beginningOffsets(partitions), consumer.endOffsets(partitions)])
      const there = ends.reduce((sum, { offset }, index) => sum + offset - (starts[index]?.offset ?? 0), 0)
      consumer.assign(partitions)
      consumer.seekToBeginning(partitions)
      const startMs = clock.monotonicMs()
      let lastMs = startMs
      const counts = { records: 0, bytes: 0 }
      while (
        counts.records < Math.min(records, there) &&
        clock.monotonicMs() - lastMs < IDLE_MS_MAX &&
        !ending.aborted
      ) {
        for (const batch of await consumer.poll({ timeoutMs: POLL_MS })) {
          lastMs = clock.monotonicMs()
          counts.records += batch.records.length
          for (const record of batch.records)
            counts.bytes += Math.max(record.keyBytes, 0) + Math.max(record.valueBytes, 0)
        }
      }
      sayRows({ columns, rows: [speed({ ...counts, ms: lastMs - startMs })], json }, program)
      return ended(program)
    }),
})

function speed({ records, bytes, ms }: { records: number; bytes: number; ms: number }): Record<string, number> {
  const seconds = Math.max(ms, 1) / 1_000
  return {
    records,
    seconds: Number(fixed(seconds, 3)),
    'records/s': Math.round(records / seconds),
    'MiB/s': Number(fixed(bytes / MIB / seconds, 2)),
  }
}

function ended(program: Program): number {
  const ending = program.ending()
  return ending.aborted ? exitCodeOfSignal(ending) : 0
}
