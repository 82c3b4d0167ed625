/** `gregor consume`: prints what is in topics, from wherever one likes, and goes on if asked to. */
import type { Consumer, ConsumerRecord, Kafka, RecordBatch, TopicPartition } from '@gregor/client'
import { defineCommand, flag, integer, keyValues, text, texts } from '../command.ts'
import type { Program } from '../program.ts'
import { exitCodeOfSignal } from '../tools/ending.ts'
import { ToolExit } from '../tools/tool-exit.ts'
import { UsageError } from '../usage-error.ts'
import { clusterOptions, withKafka } from './cluster-options.ts'
import { offsetsOf, parseRangeEnd } from './read-range.ts'
import { formatRecord, parseFormat } from './record-format.ts'
import { recordJson } from './record-json.ts'

const POLL_MS = 500
const DEFAULT_FORMAT = '%v\\n'

export const consume = defineCommand({
  name: 'consume',
  summary: 'Print the records of topics: those that are there, or with --follow also those that come.',
  arguments: { topics: text({ summary: 'A topic, or several with commas between them.' }) },
  options: {
    follow: flag({ summary: 'Go on until somebody ends it. Begins at the end, unless --from says otherwise.' }),
    from: text({
      summary:
        'Where to begin: start, end, an offset, -5 (the last five of each partition), 10m (ago), 2026-01-31T12:00.',
      placeholder: 'where',
    }),
    to: text({ summary: 'Where to end, in the same words. Default: the end as of now.', placeholder: 'where' }),
    count: integer({ summary: 'End after so many records.', min: 1 }),
    partition: texts({ summary: 'Only this partition. May be given more than once.', placeholder: 'number' }),
    group: text({
      summary: 'Read as a member of this group, from where it is, and commit. Goes on until it is ended.',
    }),
    key: text({ summary: 'Only records with this key.' }),
    grep: text({ summary: 'Only records whose value matches this regular expression.', placeholder: 'pattern' }),
    header: keyValues({ summary: 'Only records with this header. May be given more than once.' }),
    committed: flag({ summary: 'Leave out what is in transactions that are open or were aborted.' }),
    format: text({
      summary: `How a record is printed: %t topic, %p partition, %o offset, %k key, %v value, %h headers, %T timestamp, %d date, %K %S sizes; {hex} {base64} {json} behind %k and %v. Default: ${DEFAULT_FORMAT}`,
      placeholder: 'format',
    }),
    config: texts({ summary: 'A config of the consumer. May be given more than once.', placeholder: 'key=value' }),
    bootstrap: clusterOptions.bootstrap,
    properties: clusterOptions.properties,
    json: flag({ summary: 'Print a JSON object for each record.' }),
    'json-values': flag({ summary: 'The same, and values that are JSON stand in it as what they are.' }),
  },
  examples: [
    'consume orders',
    "consume orders --from 10m --follow --format '%d %p/%o %k: %v\\n'",
    'consume orders,returns --key o-1 --json',
    'consume orders --from -5 --partition 0',
  ],
  run(given, program) {
    const { bootstrap, properties, committed, group } = given
    const wanted = filterOf(given)
    const print = printerOf(given)
    const nowMs = program.environment.clock.wallMs()
    const from = parseRangeEnd(given.from ?? (given.follow ? 'end' : 'start'), { name: '--from', nowMs })
    const to = given.to === undefined ? undefined : parseRangeEnd(given.to, { name: '--to', nowMs })
    if (group !== undefined && (given.from !== undefined || to !== undefined || given.partition.length > 0)) {
      throw new UsageError('--group goes on where the group is: --from, --to and --partition contradict it')
    }
    const isolation = `isolation.level=${committed ? 'read_committed' : 'read_uncommitted'}`
    const configs = [isolation, 'auto.offset.reset=earliest', ...groupConfigs(group), ...given.config]
    const reading = { from, to, wanted, print, countMax: given.count ?? Infinity, follows: given.follow }
    return withKafka({ bootstrap, properties, configs }, { command: 'consume', program }, async (kafka) => {
      const topics = given.topics.split(',').filter((topic) => topic !== '')
      if (group !== undefined) return await readAsMember(kafka, { ...reading, topics }, program)
      const partitions = given.partition.map(partitionFrom)
      return await readPartitions(kafka, { ...reading, topics, partitions }, program)
    })
  },
})

function groupConfigs(group: string | undefined): readonly string[] {
  return group === undefined ? [] : [`group.id=${group}`]
}

function partitionFrom(text_: string): number {
  if (/^\d+$/.test(text_)) return Number(text_)
  throw new UsageError(`--partition ${text_}: give a whole number from 0 on`)
}

type Filter = (record: ConsumerRecord) => boolean
type Print = (record: ConsumerRecord, count: number) => string | Buffer

function filterOf(given: {
  readonly key: string | undefined
  readonly grep: string | undefined
  readonly header: ReadonlyMap<string, string>
}): Filter {
  const { key, header } = given
  const pattern = given.grep === undefined ? undefined : patternFrom(given.grep)
  return (record) =>
    (key === undefined || record.key?.toString('utf8') === key) &&
    (pattern === undefined || (record.value !== null && pattern.test(record.value.toString('utf8')))) &&
    [...header].every(([name, value]) =>
      record.headers.some(([each, bytes]) => each === name && (bytes ?? Buffer.alloc(0)).toString('utf8') === value),
    )
}

function patternFrom(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new UsageError(`--grep ${source}: ${error.message}`)
  }
}

function printerOf(given: {
  readonly format: string | undefined
  readonly json: boolean
  readonly 'json-values': boolean
}): Print {
  const parseValues = given['json-values']
  if (given.json || parseValues) {
    if (given.format !== undefined) throw new UsageError('--json and --format contradict each other')
    return (record) => `${recordJson(record, { parseValues })}\n`
  }
  const parts = parseFormat(given.format ?? DEFAULT_FORMAT)
  return (record, count) => formatRecord(parts, record, count)
}

interface Reading {
  readonly topics: readonly string[]
  readonly from: ReturnType<typeof parseRangeEnd>
  readonly to: ReturnType<typeof parseRangeEnd> | undefined
  readonly wanted: Filter
  readonly print: Print
  readonly countMax: number
  readonly follows: boolean
}

/** @returns the exit code */
async function readAsMember(kafka: Kafka, reading: Reading, program: Program): Promise<number> {
  await using consumer = kafka.consumer()
  consumer.subscribe(reading.topics)
  const printed = new Printed(consumer, reading, program)
  const batches = (): Promise<readonly RecordBatch[]> => consumer.poll({ timeoutMs: POLL_MS, signal: printed.stop })
  await printed.untilOver(batches, () => Promise.resolve(false))
  return printed.exitCode
}

/** @returns the exit code */
async function readPartitions(
  kafka: Kafka,
  reading: Reading & { readonly partitions: readonly number[] },
  program: Program,
): Promise<number> {
  await using consumer = kafka.consumer()
  const partitions = await partitionsOf(kafka, reading)
  const ends = await offsetsOf(consumer, partitions, reading.to ?? { kind: 'end' })
  const starts = await offsetsOf(consumer, partitions, reading.from)
  const isBounded = !reading.follows || reading.to !== undefined
  const left = new Map(partitions.map((partition, index) => [partition, isBounded ? (ends[index] ?? 0) : Infinity]))
  for (const [index, partition] of partitions.entries()) {
    if ((starts[index] ?? 0) >= (left.get(partition) ?? 0)) left.delete(partition)
  }
  if (left.size === 0) return 0
  consumer.assign([...left.keys()])
  for (const [index, partition] of partitions.entries()) {
    if (left.has(partition)) consumer.seek(partition, starts[index] ?? 0)
  }
  const printed = new Printed(consumer, reading, program, (record) => record.offset < endOf(left, record))
  const batches = (): Promise<readonly RecordBatch[]> => consumer.poll({ timeoutMs: POLL_MS, signal: printed.stop })
  await printed.untilOver(batches, () => isDone(consumer, left))
  return printed.exitCode
}

function endOf(left: ReadonlyMap<TopicPartition, number>, { topic, partition }: TopicPartition): number {
  for (const [one, end] of left) if (one.topic === topic && one.partition === partition) return end
  return -1
}

/** What was read to its end is not read any further. */
async function isDone(consumer: Consumer, left: Map<TopicPartition, number>): Promise<boolean> {
  for (const [partition, end] of left) {
    if (end === Infinity || (await consumer.position(partition)) < end) continue
    left.delete(partition)
    consumer.pause([partition])
  }
  return left.size === 0
}

/** Asks for the topics as an admin does: a consumer would have a topic made that is not there. */
async function partitionsOf(
  kafka: Kafka,
  { topics, partitions }: { readonly topics: readonly string[]; readonly partitions: readonly number[] },
): Promise<readonly TopicPartition[]> {
  const found: TopicPartition[] = []
  await using admin = kafka.admin()
  const described = await admin.describeTopics(topics)
  for (const topic of topics) {
    const { value, error } = described.get(topic) ?? {}
    if (value === undefined) throw new ToolExit(`topic ${topic}: ${error?.message ?? 'nothing is known of it'}`)
    const all = value.partitions.map(({ partition }) => partition)
    const missing = partitions.find((partition) => !all.includes(partition))
    if (missing !== undefined)
      throw new UsageError(`${topic} has no partition ${missing}: it has 0 to ${all.length - 1}`)
    const wanted = partitions.length === 0 ? all : partitions
    found.push(...wanted.toSorted((one, other) => one - other).map((partition) => ({ topic, partition })))
  }
  return found
}

/** Prints what is wanted until it is enough, and knows why it ended. */
class Printed {
  readonly stop: AbortSignal
  readonly #consumer: Consumer
  readonly #reading: Reading
  readonly #program: Program
  readonly #ending: AbortSignal
  readonly #isInRange: Filter
  #count = 0

  constructor(consumer: Consumer, reading: Reading, program: Program, isInRange: Filter = () => true) {
    this.#consumer = consumer
    this.#reading = reading
    this.#program = program
    this.#isInRange = isInRange
    this.#ending = program.ending()
    this.stop = AbortSignal.any([this.#ending, program.out.broken])
  }

  get exitCode(): number {
    return this.#ending.aborted ? exitCodeOfSignal(this.#ending) : 0
  }

  async untilOver(poll: () => Promise<readonly RecordBatch[]>, isDone: () => Promise<boolean>): Promise<void> {
    while (this.#count < this.#reading.countMax && !this.stop.aborted) {
      try {
        await this.#print(await poll())
      } catch (error) {
        if (this.stop.aborted) return
        throw error
      }
      if (await isDone()) return
    }
  }

  async #print(batches: readonly RecordBatch[]): Promise<void> {
    const { out } = this.#program
    for (const { topic, partition, records } of batches) {
      const parts: Uint8Array[] = []
      for (const record of records) {
        if (this.#count >= this.#reading.countMax) {
          // A group is to go on here.
          this.#consumer.seek({ topic, partition }, record.offset)
          break
        }
        if (!this.#isInRange(record) || !this.#reading.wanted(record)) continue
        parts.push(Buffer.from(this.#reading.print(record, this.#count++)))
      }
      if (parts.length > 0 && !out.write(Buffer.concat(parts))) await out.drained()
    }
  }
}
