/** `gregor produce`: lines of standard input, as they are, taken apart, or as JSON, become records. */
import { asError, background } from '@gregor/base'
import type { Producer, ProducerRecord } from '@gregor/client'
import { defineCommand, flag, integer, keyValues, text, texts } from '../command.ts'
import type { Program } from '../program.ts'
import { inputByteLines } from '../tools/console/input-lines.ts'
import { exitCodeOfSignal, untilEnding } from '../tools/ending.ts'
import { ToolExit } from '../tools/tool-exit.ts'
import { UsageError } from '../usage-error.ts'
import { clusterOptions, withKafka } from './cluster-options.ts'
import { lineFormat } from './record-format.ts'
import { recordFromJson } from './record-json.ts'

/** So many records may be on their way. */
const UNDER_WAY_MAX = 10_000

export const produce = defineCommand({
  name: 'produce',
  summary: 'Write the lines of standard input to a topic, each as one record, or the one record that is given.',
  arguments: { topic: text({ summary: 'The topic.' }) },
  options: {
    value: text({ summary: 'Write one record with this value, and read no input.' }),
    key: text({ summary: 'The key of every record that brings none.' }),
    tombstone: flag({ summary: 'Write one record without a value: it deletes its key from a compacted topic.' }),
    header: keyValues({ summary: 'A header for every record. May be given more than once.' }),
    partition: integer({ summary: 'The partition of every record that brings none. Default: by key, or any.', min: 0 }),
    format: text({
      summary:
        'How a line is taken apart: %k key, %v value, %h headers, %p partition, %T timestamp, \\t tab. Default: %v',
      placeholder: 'format',
    }),
    null: text({ summary: 'A value that is just this becomes none: a tombstone.' }),
    compression: text({ summary: 'none, gzip, snappy, lz4 or zstd.', placeholder: 'codec' }),
    config: texts({ summary: 'A config of the producer. May be given more than once.', placeholder: 'key=value' }),
    bootstrap: clusterOptions.bootstrap,
    properties: clusterOptions.properties,
    json: flag({
      summary: 'Each line is an object: {"key": …, "value": …, "headers": {…}, "partition": …, "timestamp": …}.',
    }),
  },
  examples: [
    'produce orders < orders.txt',
    "produce orders --format '%k\\t%v' < orders.tsv",
    'produce orders --key o-1 --value \'{"amount": 3}\'',
    'produce orders --json < orders.jsonl',
  ],
  run(given, program) {
    const { topic, bootstrap, properties, config, compression } = given
    const toRecord = readerOf(given)
    const configs = [...config, ...(compression === undefined ? [] : [`compression.type=${compression}`])]
    return withKafka({ bootstrap, properties, configs }, { command: 'produce', program }, async (kafka) => {
      await using producer = kafka.producer()
      const single = singleRecord(given)
      if (single !== undefined) {
        const { partition, offset } = await producer.send(topic, single)
        program.out.error(`1 record in ${topic}: partition ${partition}, offset ${offset}`)
        return 0
      }
      return await sendLines({ producer, topic, toRecord }, program)
    })
  },
})

interface Given {
  readonly value: string | undefined
  readonly key: string | undefined
  readonly tombstone: boolean
  readonly header: ReadonlyMap<string, string>
  readonly partition: number | undefined
  readonly format: string | undefined
  readonly null: string | undefined
  readonly json: boolean
}

function singleRecord({ value, key, tombstone, header, partition }: Given): ProducerRecord | undefined {
  if (value === undefined && !tombstone) return undefined
  if (tombstone && value !== undefined) throw new UsageError('--tombstone and --value contradict each other')
  if (tombstone && key === undefined) throw new UsageError('--tombstone needs --key: it says what is deleted')
  return { key: key ?? null, value: value ?? null, partition, headers: [...header] }
}

/** Lines that nobody takes apart are sent as the bytes that they are. */
function readerOf(given: Given): (line: Buffer) => ProducerRecord {
  if (given.json && given.format !== undefined) throw new UsageError('--json and --format contradict each other')
  const parse = given.format === undefined ? undefined : lineFormat(given.format)
  const common = [...given.header]
  const recordFrom = (line: Buffer): ProducerRecord => {
    if (given.json) return recordFromJson(line.toString())
    return parse === undefined ? { value: line } : { value: null, ...parse(line.toString()) }
  }
  return (line) => {
    const record = recordFrom(line)
    const isNull = given.null !== undefined && String(record.value) === given.null
    return {
      ...record,
      key: record.key ?? given.key ?? null,
      value: isNull ? null : record.value,
      partition: record.partition ?? given.partition,
      headers: [...common, ...(record.headers ?? [])],
    }
  }
}

interface Sending {
  readonly producer: Producer
  readonly topic: string
  readonly toRecord: (line: Buffer) => ProducerRecord
}

/** @returns the exit code. @throws ToolExit with the number of the line that is wrong; what came before it is sent. */
async function sendLines({ producer, topic, toRecord }: Sending, program: Program): Promise<number> {
  const { input, out } = program
  const ending = program.ending()
  const underWay = new Set<Promise<void>>()
  let failure: unknown
  let lineNumber = 0
  let count = 0
  for await (const line of untilEnding(inputByteLines(input.chunks()), ending)) {
    lineNumber++
    const record = recordOf(line, { toRecord, lineNumber })
    const sent = producer.send(topic, record).then(
      () => void count++,
      (error: unknown) => void (failure ??= error),
    )
    underWay.add(sent)
    background(
      'a record is sent',
      sent.finally(() => underWay.delete(sent)),
      () => undefined,
    )
    if (underWay.size >= UNDER_WAY_MAX) await Promise.race(underWay)
    if (failure !== undefined) break
  }
  await Promise.all([producer.flush(), ...underWay])
  out.error(`${count} record${count === 1 ? '' : 's'} in ${topic}`)
  if (failure !== undefined) throw asError(failure)
  return ending.aborted ? exitCodeOfSignal(ending) : 0
}

function recordOf(
  line: Buffer,
  { toRecord, lineNumber }: { readonly toRecord: (line: Buffer) => ProducerRecord; readonly lineNumber: number },
): ProducerRecord {
  try {
    return toRecord(line)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new ToolExit(`line ${lineNumber}: ${error.message}`)
  }
}
