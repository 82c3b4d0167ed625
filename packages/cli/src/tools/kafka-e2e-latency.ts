/** `kafka-e2e-latency`: how long a record takes from a producer to a consumer, one at a time. */
import type { Consumer, ConsumerRecord, Kafka, Producer } from '@gregor/client'
import type { Random } from '@gregor/platform'
import { javaDoubleText } from '@gregor/protocol'
import type { Program } from '../program.ts'
import { propertiesOf } from './client-properties.ts'
import { fixed } from './java-format.ts'
import { type GivenOptions, integer, optionalInteger, optionalText, text, usageError } from './joptsimple.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const required = ['bootstrap-server', 'topic', 'num-records', 'producer-acks', 'record-size'] as const

const options = {
  'bootstrap-server': text({
    summary: 'Brokers to ask at first, as host:port with commas between them.',
    placeholder: 'host:port,…',
  }),
  topic: text({ summary: 'The topic; made where it is missing.', placeholder: 'topic' }),
  'num-records': integer({ summary: 'How many records to send.', placeholder: 'count' }),
  'producer-acks': text({ summary: '1 or all.', placeholder: 'acks' }),
  'record-size': integer({ summary: 'Size of each value.', placeholder: 'bytes' }),
  'record-key-size': optionalInteger({ summary: 'Size of each key.', placeholder: 'bytes', absent: 0 }),
  'record-header-key-size': optionalInteger({
    summary: 'Size of each header’s name.',
    placeholder: 'bytes',
    absent: 0,
  }),
  'record-header-size': optionalInteger({
    summary: 'Size of each header’s value; -1: null.',
    placeholder: 'bytes',
    absent: 0,
  }),
  'num-headers': optionalInteger({ summary: 'Headers of each record.', placeholder: 'count', absent: 0 }),
  'command-config': optionalText({ summary: 'A file with configs of the clients.', placeholder: 'file' }),
} as const

type Given = GivenOptions<typeof options>

const POLL_MS = 60_000
const PROGRESS_EVERY = 1_000

const tool = defineTool({
  name: 'kafka-e2e-latency',
  summary: 'Sends records one at a time, reads each, and tells how long that took.',
  examples: ['--bootstrap-server localhost:9092 --topic t --num-records 10000 --producer-acks 1 --record-size 100'],
  dialect: 'joptsimple',
  helpsOnMistakes: true,
  options,
  async run(given, program) {
    given.require(...required)
    check(given)
    const properties = new Map(propertiesOf(given.value('command-config'), program))
    properties.set('bootstrap.servers', given.value('bootstrap-server') ?? '')
    await using kafka = await program.connect({ properties })
    await measure(kafka, { given, properties }, program)
  },
})

/** Until Kafka 5 the values alone will do, in the order of `required`, and a file behind them. */
export const kafkaE2eLatency = {
  ...tool,
  run(words: readonly string[], program: Program): Promise<number> {
    const isNamed = words.some((word) => required.some((name) => word === `--${name}`))
    if (words.length === 0 || isNamed || words.some((word) => word === '--help' || word === '--version')) {
      return tool.run(words, program)
    }
    if (words.length !== 5 && words.length !== 6) {
      const usage = 'Usage: bootstrap-server topic num-records producer-acks record-size [optional] command-config'
      const found = `Expected 5 or 6 positional arguments, but got ${words.length}.`
      program.out.error(`Invalid number of arguments. ${found} ${usage}`)
      return Promise.resolve(1)
    }
    const names = [...required, 'command-config'].slice(0, words.length)
    program.out.line(
      'WARNING: Positional argument usage is deprecated and will be removed in Apache Kafka 5.0. Please use named ' +
        'arguments instead: --bootstrap-server, --topic, --num-records, --producer-acks, --record-size, --command-config',
    )
    return tool.run(
      names.flatMap((name, index) => [`--${name}`, words[index] ?? '']),
      program,
    )
  },
}

function check(given: Given): void {
  const acks = given.value('producer-acks')
  const problems: readonly (readonly [boolean, string])[] = [
    [
      acks !== '1' && acks !== 'all',
      "Invalid value for --producer-acks. Latency testing requires synchronous acknowledgement. Please use '1' or 'all'.",
    ],
    [(given.value('num-records') ?? 0) <= 0, 'Value for --num-records must be a positive integer.'],
    [(given.value('record-size') ?? 0) < 0, 'Value for --record-size must be a non-negative integer.'],
    [given.value('record-key-size') < 0, 'Value for --record-key-size must be a non-negative integer.'],
    [given.value('record-header-key-size') < 0, 'Value for --record-header-key-size must be a non-negative integer.'],
    [
      given.value('record-header-size') < -1,
      'Value for --record-header-size must be a non-negative integer or -1 for null header value.',
    ],
    [given.value('num-headers') < 0, 'Value for --num-headers must be a non-negative integer.'],
  ]
  const found = problems.find(([isWrong]) => isWrong)
  if (found !== undefined) throw usageError(found[1])
}

interface Measuring {
  readonly given: Given
  readonly properties: ReadonlyMap<string, string>
}

async function measure(kafka: Kafka, { given, properties }: Measuring, program: Program): Promise<void> {
  const { clock, random } = program.environment
  const own = { 'enable.auto.commit': 'false', 'auto.offset.reset': 'latest', 'fetch.max.wait.ms': '0' }
  const group = { 'group.id': `test-group-${clock.wallMs()}` }
  await using consumer = kafka.consumer({ properties: withAll(properties, { ...group, ...own }) })
  const acks = given.value('producer-acks') ?? ''
  await using producer = kafka.producer({ properties: withAll(properties, { 'linger.ms': '0', acks }) })
  const topic = given.value('topic') ?? ''
  const count = given.value('num-records') ?? 0
  await prepare(kafka, { consumer, topic }, program)
  const ending = program.ending()
  const latencies: number[] = []
  let totalMs = 0
  for (let index = 0; index < count && !ending.aborted; index++) {
    const record = randomRecord(given, random)
    const beginMs = clock.monotonicMs()
    const elapsedMs = await roundTrip(
      { producer, consumer, topic, record, signal: ending },
      () => clock.monotonicMs() - beginMs,
    )
    if (index % PROGRESS_EVERY === 0) program.out.line(`${index}\t${javaDoubleText(elapsedMs)}`)
    totalMs += elapsedMs
    latencies.push(Math.trunc(elapsedMs))
  }
  latencies.sort((one, other) => one - other)
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((part) => latencies[Math.trunc(latencies.length * part)] ?? 0)
  program.out.line(`Avg latency: ${fixed(totalMs / latencies.length, 4)} ms`)
  program.out.line(`Percentiles: 50th = ${p50}, 99th = ${p99}, 99.9th = ${p999}`)
  await consumer.commit()
}

function withAll(
  properties: ReadonlyMap<string, string>,
  more: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  return new Map([...properties, ...Object.entries(more)])
}

async function prepare(
  kafka: Kafka,
  { consumer, topic }: { readonly consumer: Consumer; readonly topic: string },
  { out }: Program,
): Promise<void> {
  const known = await consumer.listTopics()
  if (!known.some(({ name }) => name === topic)) {
    const how = 'Will create topic with 1 partition(s) and replication factor = 1'
    out.line(`Topic "${topic}" does not exist. ${how}`)
    await createTopic(kafka, topic, out)
  }
  const partitions = (await consumer.partitionsFor(topic)).map(({ partition }) => ({ topic, partition }))
  consumer.assign(partitions)
  consumer.seekToEnd(partitions)
  for (const partition of partitions) await consumer.position(partition)
}

async function createTopic(kafka: Kafka, topic: string, out: Program['out']): Promise<void> {
  await using admin = kafka.admin()
  try {
    const created = await admin.createTopics([{ name: topic, numPartitions: 1, replicationFactor: 1 }])
    created.all()
  } catch (error) {
    out.line(`Creation of topic ${topic} failed`)
    throw error
  }
}

interface SentRecord {
  readonly key: Buffer
  readonly value: Buffer
  readonly headers: readonly (readonly [string, Buffer | null])[]
}

/** Each part is one letter, over and over. */
function randomRecord(given: Given, random: Random): SentRecord {
  const bytes = (length: number): Buffer => Buffer.alloc(length, 65 + random.below(26))
  const valueSize = given.value('record-header-size')
  return {
    key: bytes(given.value('record-key-size')),
    value: bytes(given.value('record-size') ?? 0),
    headers: Array.from({ length: given.value('num-headers') }, () => [
      bytes(given.value('record-header-key-size')).toString(),
      valueSize === -1 ? null : bytes(valueSize),
    ]),
  }
}

interface RoundTrip {
  readonly producer: Producer
  readonly consumer: Consumer
  readonly topic: string
  readonly record: SentRecord
  readonly signal: AbortSignal
}

/** @returns what `elapsed` says once the record is here. @throws ToolExit where another one is. */
async function roundTrip(
  { producer, consumer, topic, record, signal }: RoundTrip,
  elapsed: () => number,
): Promise<number> {
  await producer.send(topic, record)
  const batches = await consumer.poll({ timeoutMs: POLL_MS, signal })
  const elapsedMs = elapsed()
  const records = batches.flatMap((batch) => batch.records)
  const problem = problemOf(record, records)
  if (problem === undefined) return elapsedMs
  await consumer.commit()
  throw new ToolExit(problem)
}

function problemOf(sent: SentRecord, [read, ...more]: readonly ConsumerRecord[]): string | undefined {
  if (read === undefined) return `poll() timed out before finding a result (timeout:[${POLL_MS}ms])`
  const value = read.value?.toString() ?? ''
  if (value !== sent.value.toString()) {
    return `The message value read [${value}] did not match the message value sent [${sent.value.toString()}]`
  }
  if (read.key === null) return 'Expected message key but received null'
  const key = read.key.toString()
  if (key !== sent.key.toString()) {
    return `The message key read [${key}] did not match the message key sent [${sent.key.toString()}]`
  }
  if (sent.headers.length > 0 && read.headers.length === 0) return 'Expected message headers but received none'
  if (sent.headers.length !== read.headers.length) return 'Header count mismatch between sent and received messages'
  for (const [index, [name, bytes]] of sent.headers.entries()) {
    const [readName, readBytes] = read.headers[index] ?? ['', null]
    if (name === readName && (bytes?.equals(readBytes ?? Buffer.alloc(0)) ?? readBytes === null)) continue
    const [readText, sentText] = [arrayText(readBytes), arrayText(bytes)]
    return `The message header read [${readName}:${readText}] did not match the message header sent [${name}:${sentText}]`
  }
  if (more.length === 0) return undefined
  return `Only one result was expected during this test. We found [${more.length + 1}]`
}

function arrayText(bytes: Buffer | null): string {
  return bytes === null ? 'null' : `[${[...new Int8Array(bytes)].join(', ')}]`
}
