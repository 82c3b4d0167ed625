/** `kafka-consumer-perf-test`: how fast topics can be read. */
import type { Consumer, TopicPartition } from '@gregor/client'
import type { Clock } from '@gregor/platform'
import type { Program } from '../program.ts'
import { parseKeyValues, propertiesOf } from './client-properties.ts'
import { dateText, fixed } from './java-format.ts'
import { type GivenOptions, flag, integer, long, optionalLong, text } from './joptsimple.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const options = {
  'bootstrap-server': text({
    summary: 'Brokers to ask at first, as host:port with commas between them.',
    placeholder: 'host:port,…',
    formerly: ['broker-list'],
  }),
  topic: text({ summary: 'The topic to read.', placeholder: 'topic' }),
  include: text({ summary: 'Topics to read: those whose whole name matches.', placeholder: 'pattern' }),
  group: text({ summary: 'The consumer group. Default: one for this run only.', placeholder: 'group' }),
  'fetch-size': integer({ summary: 'max.partition.fetch.bytes.', placeholder: 'bytes', absent: 1_048_576 }),
  'command-property': text({
    summary: 'A config of the consumer. May be given more than once.',
    placeholder: 'key=value',
  }),
  'from-latest': flag('Begin at the end, where the group has no offset yet.'),
  'socket-buffer-size': integer({ summary: 'receive.buffer.bytes.', placeholder: 'bytes', absent: 2_097_152 }),
  'consumer.config': text({ summary: 'Deprecated: --command-config.', placeholder: 'file' }),
  'command-config': text({ summary: 'A file with configs of the consumer.', placeholder: 'file' }),
  'print-metrics': flag('Print what the consumer counted, too.'),
  'show-detailed-stats': flag('Tell how it goes in each interval, instead of once in the end.'),
  timeout: optionalLong({ summary: 'End when nothing came for so long.', placeholder: 'ms', absent: 10_000 }),
  messages: long({ summary: 'Deprecated: --num-records.', placeholder: 'count' }),
  'num-records': long({ summary: 'How many records to read.', placeholder: 'count' }),
  'reporting-interval': long({ summary: 'How long an interval is.', placeholder: 'ms', absent: 5_000 }),
  'date-format': text({
    summary: 'How times are written, in the letters of SimpleDateFormat.',
    placeholder: 'format',
    absent: 'yyyy-MM-dd HH:mm:ss:SSS',
  }),
  'hide-header': flag('Leave out the line with the names of the columns.'),
} as const

type Given = GivenOptions<typeof options>

const MIB = 1_048_576
const POLL_MS = 100

export const kafkaConsumerPerfTest = defineTool({
  name: 'kafka-consumer-perf-test',
  summary: 'Reads many records of topics, and tells how fast that went.',
  examples: ['--bootstrap-server localhost:9092 --topic t --num-records 1000000'],
  dialect: 'joptsimple',
  helpsOnMistakes: true,
  options,
  async run(given, program) {
    given.require('bootstrap-server')
    given.requireOneOf('topic', 'include')
    given.requireOneOf('messages', 'num-records')
    given.exclude('consumer.config', ['command-config'])
    const { out } = program
    if (given.has('messages')) out.line('Warning: --messages is deprecated. Use --num-records instead.')
    if (given.has('consumer.config'))
      out.line('Warning: --consumer.config is deprecated. Use --command-config instead.')
    if (!given.has('hide-header')) out.line(header(given.has('show-detailed-stats')))
    const properties = consumerProperties(given, program)
    if (given.value('reporting-interval') <= 0) throw new ToolExit('Reporting interval must be greater than 0.')
    await using kafka = await program.connect({ properties })
    await using consumer = kafka.consumer({ properties })
    await measure(consumer, given, program)
  },
})

function header(isDetailed: boolean): string {
  const first = isDetailed ? 'time, threadId' : 'start.time, end.time'
  const rest = 'rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec'
  return `${first}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, ${rest}`
}

function consumerProperties(given: Given, program: Program): ReadonlyMap<string, string> {
  const properties = new Map([
    ...propertiesOf(given.value(given.has('consumer.config') ? 'consumer.config' : 'command-config'), program),
    ...parseKeyValues(given.values('command-property')),
  ])
  const group = given.value('group') ?? `perf-consumer-${program.environment.random.below(100_000)}`
  properties.set('bootstrap.servers', given.value('bootstrap-server') ?? '')
  properties.set('group.id', group)
  properties.set('max.partition.fetch.bytes', String(given.value('fetch-size')))
  properties.set('auto.offset.reset', given.has('from-latest') ? 'latest' : 'earliest')
  properties.set('check.crcs', 'false')
  if (given.has('socket-buffer-size')) properties.set('receive.buffer.bytes', String(given.value('socket-buffer-size')))
  if (!properties.has('client.id')) properties.set('client.id', 'perf-consumer-client')
  return properties
}

interface Counts {
  records: number
  bytes: number
}

async function measure(consumer: Consumer, given: Given, program: Program): Promise<void> {
  const { out, environment } = program
  const { clock } = environment
  const startMs = clock.wallMs()
  const joining = new JoinTimes(clock, startMs)
  const listener = {
    assigned: (partitions: readonly TopicPartition[]) => joining.assigned(partitions.length),
    revoking: (partitions: readonly TopicPartition[]) => joining.revoked(partitions.length),
    lost: (partitions: readonly TopicPartition[]) => joining.revoked(partitions.length),
  }
  const topic = given.value('topic')
  consumer.subscribe(topic ?? new RegExp(`^(?:${given.value('include') ?? ''})$`, 'u'), listener)
  const counts = await consume(consumer, { given, joining, startMs }, program)
  const endMs = clock.wallMs()
  if (!given.has('show-detailed-stats')) out.line(total({ startMs, endMs, joinMs: joining.totalMs, counts }, given))
}

interface Consuming {
  readonly given: Given
  readonly joining: JoinTimes
  readonly startMs: number
}

async function consume(consumer: Consumer, { given, joining, startMs }: Consuming, program: Program): Promise<Counts> {
  const { out, environment } = program
  const ending = program.ending()
  const wanted = given.value(given.has('messages') ? 'messages' : 'num-records') ?? 0
  const timeoutMs = given.value('timeout')
  const counts = { records: 0, bytes: 0 }
  const last = { records: 0, bytes: 0, ms: startMs }
  let nowMs = startMs
  let consumedMs = startMs
  while (counts.records < wanted && nowMs - consumedMs <= timeoutMs && !ending.aborted) {
    const batches = await consumer.poll({ timeoutMs: POLL_MS })
    nowMs = environment.clock.wallMs()
    if (batches.length > 0) consumedMs = nowMs
    for (const { records } of batches) {
      counts.records += records.length
      for (const record of records) counts.bytes += Math.max(record.keyBytes, 0) + Math.max(record.valueBytes, 0)
    }
    if (batches.length === 0 || nowMs - last.ms < given.value('reporting-interval')) continue
    if (given.has('show-detailed-stats')) out.line(progress({ nowMs, counts, last, joinMs: joining.roundMs }, given))
    joining.roundMs = 0
    Object.assign(last, counts, { ms: nowMs })
  }
  if (counts.records < wanted && !ending.aborted) {
    const exceeded = `timeout (${timeoutMs} ms) exceeded. You can use the --timeout option to increase the timeout.`
    out.line(`WARNING: Exiting before consuming the expected number of records: ${exceeded}`)
  }
  return counts
}

function total(
  { startMs, endMs, joinMs, counts }: { startMs: number; endMs: number; joinMs: number; counts: Counts },
  given: Given,
): string {
  const format = given.value('date-format')
  const elapsedSec = (endMs - startMs) / 1_000
  const fetchMs = endMs - startMs - joinMs
  const mib = counts.bytes / MIB
  return [
    dateText(format, startMs),
    dateText(format, endMs),
    fixed(mib, 4),
    fixed(mib / elapsedSec, 4),
    counts.records,
    fixed(counts.records / elapsedSec, 4),
    joinMs,
    fetchMs,
    fixed(mib / (fetchMs / 1_000), 4),
    fixed(counts.records / (fetchMs / 1_000), 4),
  ].join(', ')
}

function progress(
  given: {
    readonly nowMs: number
    readonly counts: Counts
    readonly last: Counts & { ms: number }
    readonly joinMs: number
  },
  options_: Given,
): string {
  const { nowMs, counts, last, joinMs } = given
  const elapsedMs = nowMs - last.ms
  const fetchMs = elapsedMs - joinMs
  const mib = (counts.bytes - last.bytes) / MIB
  const records = counts.records - last.records
  return [
    dateText(options_.value('date-format'), nowMs),
    0,
    fixed(counts.bytes / MIB, 4),
    fixed((1_000 * mib) / elapsedMs, 4),
    counts.records,
    fixed((records / elapsedMs) * 1_000, 4),
    joinMs,
    fetchMs,
    fixed(fetchMs <= 0 ? 0 : (1_000 * mib) / fetchMs, 4),
    fixed(fetchMs <= 0 ? 0 : (1_000 * records) / fetchMs, 4),
  ].join(', ')
}

/** How long the consumer had no partition. */
class JoinTimes {
  totalMs = 0
  /** Since it was told last. */
  roundMs = 0
  readonly #clock: Clock
  #startMs: number
  #assigned = 0

  constructor(clock: Clock, startMs: number) {
    this.#clock = clock
    this.#startMs = startMs
  }

  assigned(count: number): void {
    if (this.#assigned === 0) {
      const elapsedMs = this.#clock.wallMs() - this.#startMs
      this.totalMs += elapsedMs
      this.roundMs += elapsedMs
    }
    this.#assigned += count
  }

  revoked(count: number): void {
    this.#assigned -= count
    if (this.#assigned === 0) this.#startMs = this.#clock.wallMs()
  }
}
