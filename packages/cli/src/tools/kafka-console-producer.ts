/** `kafka-console-producer`: lines of standard input become records of a topic. */
import { background } from '@gregor/base'
import type { Producer } from '@gregor/client'
import type { Program } from '../program.ts'
import { checkBootstrapServer, parseKeyValues, propertiesOf } from './client-properties.ts'
import { inputLines } from './console/input-lines.ts'
import { LineReader, readerOptions } from './console/line-reader.ts'
import { exitCodeOfSignal, untilEnding } from './ending.ts'
import { javaErrorText } from './java-errors.ts'
import { logError } from './java-log.ts'
import { type GivenOptions, flag, integer, long, optionalText, text, usageError } from './joptsimple.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const LINE_READER = 'org.apache.kafka.tools.LineMessageReader'
const lineReaders = [LINE_READER, 'kafka.tools.ConsoleProducer$LineMessageReader']

const options = {
  topic: text({ summary: 'The topic to write to.', placeholder: 'topic' }),
  'bootstrap-server': text({
    summary: 'Brokers to ask at first, as host:port with commas between them.',
    placeholder: 'host:port,…',
    formerly: ['broker-list'],
  }),
  sync: flag('Wait for the acknowledgement of each record before the next is read.'),
  'compression-codec': optionalText({
    summary: 'none, gzip, snappy, lz4 or zstd; without a value gzip.',
    placeholder: 'codec',
  }),
  'batch-size': integer({ summary: 'batch.size, in bytes.', placeholder: 'bytes', absent: 16_384 }),
  'message-send-max-retries': integer({ summary: 'How often a record is sent again (retries).', absent: 3 }),
  'retry-backoff-ms': long({ summary: 'How long to wait before that (retry.backoff.ms).', absent: 100 }),
  timeout: long({ summary: 'How long a record waits for others (linger.ms).', placeholder: 'ms', absent: 1_000 }),
  'request-required-acks': text({ summary: 'acks: 0, 1, -1 or all.', absent: '-1' }),
  'request-timeout-ms': integer({ summary: 'request.timeout.ms.', placeholder: 'ms', absent: 1_500 }),
  'metadata-expiry-ms': long({ summary: 'metadata.max.age.ms.', placeholder: 'ms', absent: 300_000 }),
  'max-block-ms': long({
    summary: 'How long a record may wait for room or metadata.',
    placeholder: 'ms',
    absent: 60_000,
  }),
  'max-memory-bytes': long({ summary: 'buffer.memory.', placeholder: 'bytes', absent: 33_554_432 }),
  'max-partition-memory-bytes': integer({
    summary: 'Deprecated: --batch-size.',
    placeholder: 'bytes',
    absent: 16_384,
  }),
  'line-reader': text({ summary: 'Java class that takes lines apart.', placeholder: 'class', absent: LINE_READER }),
  'socket-buffer-size': integer({ summary: 'send.buffer.bytes.', placeholder: 'bytes', absent: 102_400 }),
  property: text({ summary: 'Deprecated: --reader-property.', placeholder: 'key=value' }),
  'reader-property': text({
    summary:
      'What the lines are: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, ' +
      'headers.key.separator, null.marker, ignore.error. May be given more than once.',
    placeholder: 'key=value',
  }),
  'reader-config': text({ summary: 'A file of such properties.', placeholder: 'file' }),
  'producer-property': text({ summary: 'Deprecated: --command-property.', placeholder: 'key=value' }),
  'command-property': text({
    summary: 'A config of the producer. May be given more than once.',
    placeholder: 'key=value',
  }),
  'producer.config': text({ summary: 'Deprecated: --command-config.', placeholder: 'file' }),
  'command-config': text({ summary: 'A file with configs of the producer.', placeholder: 'file' }),
} as const

type Given = GivenOptions<typeof options>

/** Options that stand for one config, whether a file has it or not. */
const standFor = [
  ['timeout', 'linger.ms'],
  ['request-required-acks', 'acks'],
  ['request-timeout-ms', 'request.timeout.ms'],
  ['message-send-max-retries', 'retries'],
  ['retry-backoff-ms', 'retry.backoff.ms'],
  ['max-memory-bytes', 'buffer.memory'],
  ['batch-size', 'batch.size'],
  ['max-partition-memory-bytes', 'batch.size'],
  ['metadata-expiry-ms', 'metadata.max.age.ms'],
  ['max-block-ms', 'max.block.ms'],
] as const

export const kafkaConsoleProducer = defineTool({
  name: 'kafka-console-producer',
  summary: 'Writes the lines of standard input to a topic, each as one record.',
  examples: [
    '--bootstrap-server localhost:9092 --topic orders',
    '--bootstrap-server localhost:9092 --topic orders --reader-property parse.key=true --reader-property key.separator=:',
  ],
  dialect: 'joptsimple',
  helpsOnMistakes: true,
  options,
  async run(given, program) {
    given.require('topic')
    checkPairs(given, program)
    checkBootstrapServer(given.value('bootstrap-server'))
    const readerClass = given.value('line-reader')
    if (!lineReaders.includes(readerClass)) {
      throw new ToolExit(`java.lang.ClassNotFoundException: ${readerClass}: there is only ${LINE_READER}`)
    }
    const reader = new LineReader(
      readerOptions(
        new Map([
          ...propertiesOf(given.value('reader-config'), program),
          ...parseKeyValues(given.values(given.has('property') ? 'property' : 'reader-property')),
        ]),
      ),
    )
    const properties = producerProperties(given, program)
    await using kafka = await program.connect({ properties })
    await using producer = kafka.producer({ properties })
    return await produce({ producer, reader, topic: given.value('topic') ?? '', isSync: given.has('sync') }, program)
  },
})

/** @throws ToolExit where an option and its deprecated name are both given. */
function checkPairs(given: Given, { out }: Program): void {
  const pairs = [
    ['command-config', 'producer.config'],
    ['command-property', 'producer-property'],
    ['reader-property', 'property'],
  ] as const
  for (const [name, formerly] of pairs) {
    if (given.has(name, formerly)) throw usageError(`Options --${name} and --${formerly} cannot be specified together.`)
  }
  const gone = 'is deprecated and will be removed in a future version.'
  if (given.has('producer-property')) out.line(`Warning: --producer-property ${gone} Use --command-property instead.`)
  if (given.has('producer.config')) out.line(`Warning: --producer.config ${gone} Use --command-config instead.`)
  if (given.has('property')) out.line(`Warning: --property ${gone} Use --reader-property instead.`)
  if (given.has('max-partition-memory-bytes')) {
    const until = 'is deprecated and will be removed in Apache Kafka 5.0. Use --batch-size instead.'
    out.line(`Warning: --max-partition-memory-bytes ${until}`)
  }
}

function producerProperties(given: Given, program: Program): ReadonlyMap<string, string> {
  const properties = new Map([
    ...propertiesOf(given.value(given.has('producer.config') ? 'producer.config' : 'command-config'), program),
    ...parseKeyValues(given.values(given.has('producer-property') ? 'producer-property' : 'command-property')),
  ])
  properties.set('bootstrap.servers', given.value('bootstrap-server') ?? '')
  const codec = given.value('compression-codec') ?? ''
  properties.set('compression.type', given.has('compression-codec') ? codec || 'gzip' : 'none')
  if (!properties.has('client.id')) properties.set('client.id', 'console-producer')
  for (const [option, name] of standFor) {
    if (given.has(option) || !properties.has(name)) properties.set(name, String(given.value(option)))
  }
  // Its default is none that anybody asked for.
  if (given.has('socket-buffer-size')) properties.set('send.buffer.bytes', String(given.value('socket-buffer-size')))
  return properties
}

interface Producing {
  readonly producer: Producer
  readonly reader: LineReader
  readonly topic: string
  readonly isSync: boolean
}

/** So many records may be on their way: what they hold is bounded by buffer.memory, too. */
const UNDER_WAY_MAX = 10_000
const ERROR_CALLBACK = 'org.apache.kafka.clients.producer.internals.ErrorLoggingCallback'

async function produce({ producer, reader, topic, isSync }: Producing, program: Program): Promise<number> {
  const { input, out } = program
  const ending = program.ending()
  const prompts = input.isTerminal && out.isTerminal
  const underWay = new Set<Promise<unknown>>()
  if (prompts) out.write('>')
  for await (const line of untilEnding(inputLines(input.chunks()), ending)) {
    const record = reader.read(line)
    const sent = producer.send(topic, record)
    if (isSync) await sent.catch(failedSync)
    else {
      const told = sent.then(
        () => undefined,
        (error: unknown) => tellFailure({ error, topic, key: record.key, value: record.value }, program),
      )
      underWay.add(told)
      background(
        'a record is sent',
        told.finally(() => underWay.delete(told)),
        () => undefined,
      )
      if (underWay.size >= UNDER_WAY_MAX) await Promise.race(underWay)
    }
    if (prompts) out.write('>')
  }
  await Promise.all([producer.flush(), ...underWay])
  return ending.aborted ? exitCodeOfSignal(ending) : 0
}

function failedSync(error: unknown): never {
  if (!(error instanceof Error)) throw error
  throw new ToolExit(`java.util.concurrent.ExecutionException: ${javaErrorText(error)}`)
}

function tellFailure(
  failed: {
    readonly error: unknown
    readonly topic: string
    readonly key: string | null
    readonly value: string | null
  },
  program: Program,
): void {
  const { error, topic, key, value } = failed
  if (!(error instanceof Error)) throw error
  const what = `with key: ${byteCount(key)}, value: ${byteCount(value)} with error:`
  logError(program, ERROR_CALLBACK, `Error when sending message to topic ${topic} ${what}`)
  program.out.error(javaErrorText(error))
}

function byteCount(text: string | null): string {
  return text === null ? 'null' : `${Buffer.byteLength(text)} bytes`
}
