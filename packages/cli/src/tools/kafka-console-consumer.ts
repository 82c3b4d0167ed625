/** `kafka-console-consumer`: prints the records of topics. */
import type { Consumer } from '@gregor/client'
import type { Program } from '../program.ts'
import { parseKeyValues, propertiesOf } from './client-properties.ts'
import { consumeRecords } from './console/consume-records.ts'
import { DEFAULT_FORMATTER, type MessageFormatter, formatterNamed } from './console/message-formatters.ts'
import { logError } from './java-log.ts'
import { javaMapOrder } from './java-map-order.ts'
import { type GivenOptions, flag, integer, long, text, usageError } from './joptsimple.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const options = {
  topic: text({ summary: 'The topic to read.', placeholder: 'topic' }),
  include: text({ summary: 'Topics to read: those whose whole name matches.', placeholder: 'pattern' }),
  partition: integer({ summary: 'Read this partition only: from its end, unless --offset says otherwise.' }),
  offset: text({ summary: 'Where to begin: earliest, latest, or an offset.', absent: 'latest' }),
  'consumer-property': text({ summary: 'Deprecated: --command-property.', placeholder: 'key=value' }),
  'command-property': text({
    summary: 'A config of the consumer. May be given more than once.',
    placeholder: 'key=value',
  }),
  'consumer.config': text({ summary: 'Deprecated: --command-config.', placeholder: 'file' }),
  'command-config': text({ summary: 'A file with configs of the consumer.', placeholder: 'file' }),
  formatter: text({
    summary: 'Java class of Kafka that prints records.',
    placeholder: 'class',
    absent: DEFAULT_FORMATTER,
  }),
  property: text({ summary: 'Deprecated: --formatter-property.', placeholder: 'key=value' }),
  'formatter-property': text({
    summary:
      'What is printed: print.timestamp, print.partition, print.offset, print.epoch, print.headers, print.key, ' +
      'print.value (true or false), key.separator, line.separator, headers.separator, null.literal, key.deserializer, ' +
      'value.deserializer, headers.deserializer. May be given more than once.',
    placeholder: 'key=value',
  }),
  'formatter-config': text({ summary: 'A file of such properties.', placeholder: 'file' }),
  'from-beginning': flag('Begin at the first record that is there, where the group has no offset yet.'),
  'max-messages': integer({ summary: 'End after so many records.', placeholder: 'count' }),
  'timeout-ms': long({ summary: 'End when nothing came for so long.', placeholder: 'ms' }),
  'skip-message-on-error': flag('Go on behind a record that cannot be printed.'),
  'bootstrap-server': text({
    summary: 'Brokers to ask at first, as host:port with commas between them.',
    placeholder: 'host:port,…',
  }),
  'key-deserializer': text({ summary: 'Java class of Kafka that reads keys.', placeholder: 'class' }),
  'value-deserializer': text({ summary: 'Java class of Kafka that reads values.', placeholder: 'class' }),
  'enable-systest-events': flag('Say when it has ended, too.'),
  'isolation-level': text({ summary: 'read_committed or read_uncommitted.', absent: 'read_uncommitted' }),
  group: text({ summary: 'The consumer group. Default: one for this run only.', placeholder: 'group' }),
  'new-consumer': flag('Does nothing any more.', { isHidden: true }),
} as const

type Given = GivenOptions<typeof options>

const CONSOLE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'

export const kafkaConsoleConsumer = defineTool({
  name: 'kafka-console-consumer',
  summary: 'Prints the records of a topic, or of several.',
  examples: ['--bootstrap-server localhost:9092 --topic orders --from-beginning'],
  dialect: 'joptsimple',
  helpsOnMistakes: true,
  options,
  async run(given, program) {
    checkChoices(given)
    const properties = consumerProperties(given, program)
    const offset = startOffset(given)
    const maxMessages = given.value('max-messages')
    const timeoutMs = given.value('timeout-ms') ?? -1
    const formatter = buildFormatter(given, program)
    const exitCode = await run({ given, properties, offset, formatter, maxMessages, timeoutMs }, program)
    if (given.has('enable-systest-events')) program.out.line('shutdown_complete')
    return exitCode
  },
})

function checkChoices(given: Given): void {
  given.requireOneOf('topic', 'include')
  if (given.has('partition')) {
    if (!given.has('topic')) throw usageError('The topic is required when partition is specified.')
    if (given.has('from-beginning', 'offset')) {
      throw usageError('Options from-beginning and offset cannot be specified together.')
    }
  } else if (given.has('offset')) throw usageError('The partition is required when offset is specified.')
  given.require('bootstrap-server')
  for (const [formerly, name] of [
    ['consumer-property', 'command-property'],
    ['consumer.config', 'command-config'],
  ] as const) {
    if (given.has(formerly, name)) throw usageError(`Options --${formerly} and --${name} cannot be specified together.`)
  }
}

function consumerProperties(given: Given, program: Program): ReadonlyMap<string, string> {
  const gone = 'is deprecated and will be removed in a future version.'
  if (given.has('consumer-property'))
    program.out.line(`Option --consumer-property ${gone} Use --command-property instead.`)
  if (given.has('consumer.config')) program.out.line(`Option --consumer.config ${gone} Use --command-config instead.`)
  const file = propertiesOf(given.value(given.has('consumer.config') ? 'consumer.config' : 'command-config'), program)
  const single = parseKeyValues(given.values(given.has('consumer-property') ? 'consumer-property' : 'command-property'))
  const group = groupOf(given, [file, single])
  const properties = new Map([...file, ...single])
  setOffsetReset(properties, given.has('from-beginning'))
  properties.set('bootstrap.servers', given.value('bootstrap-server') ?? '')
  if (!properties.has('client.id')) properties.set('client.id', 'console-consumer')
  if (given.has('isolation-level') || !properties.has('isolation.level')) {
    properties.set('isolation.level', given.value('isolation-level'))
  }
  if (group !== undefined) properties.set('group.id', group)
  else {
    properties.set('group.id', `console-consumer-${program.environment.random.below(100_000)}`)
    // Nobody comes back for offsets of a group that has no name.
    if (!properties.has('enable.auto.commit')) properties.set('enable.auto.commit', 'false')
  }
  return properties
}

function groupOf(given: Given, sources: readonly ReadonlyMap<string, string>[]): string | undefined {
  const named = [given.value('group'), ...sources.map((source) => source.get('group.id'))]
  const groups = new Set(named.filter((group) => group !== undefined))
  if (groups.size > 1) {
    const places = "(directly using '--group', via '--consumer-property', or via '--consumer.config') do not match."
    const found = javaMapOrder([...groups])
      .map((group) => `'${group}'`)
      .join(', ')
    throw usageError(`The group ids provided in different places ${places} Detected group ids: ${found}`)
  }
  if (groups.size > 0 && given.has('partition')) {
    throw usageError('Options group and partition cannot be specified together.')
  }
  return [...groups][0]
}

function setOffsetReset(properties: Map<string, string>, fromBeginning: boolean): void {
  const reset = properties.get('auto.offset.reset')
  if (reset === undefined) properties.set('auto.offset.reset', fromBeginning ? 'earliest' : 'latest')
  else if (fromBeginning && reset !== 'earliest') {
    const both = `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${reset}'`
    throw new ToolExit(`${both}, please remove one option`)
  }
}

function startOffset(given: Given): 'earliest' | 'latest' | number {
  if (!given.has('offset')) return given.has('from-beginning') ? 'earliest' : 'latest'
  const written = given.value('offset')
  const lower = written.toLowerCase()
  if (lower === 'earliest' || lower === 'latest') return lower
  if (/^\+?\d+$/.test(written)) return Number(written)
  const valid = "Valid values are 'earliest', 'latest', or a non-negative long."
  throw usageError(`The provided offset value '${written}' is incorrect. ${valid}`)
}

function buildFormatter(given: Given, program: Program): MessageFormatter {
  const className = given.value('formatter')
  const make = formatterNamed(className)
  if (make === undefined) throw usageError(className)
  if (given.has('property', 'formatter-property')) {
    throw usageError('Options --property and --formatter-property cannot be specified together.')
  }
  const isFormer = given.has('property')
  if (isFormer) {
    program.out.line(
      'Option --property is deprecated and will be removed in a future version. Use --formatter-property instead.',
    )
  }
  const properties = new Map(propertiesOf(given.value('formatter-config'), program))
  for (const part of ['key', 'value'] as const) {
    const deserializer = given.value(`${part}-deserializer`)
    if (deserializer !== undefined && deserializer !== '') properties.set(`${part}.deserializer`, deserializer)
  }
  const own = parseKeyValues(given.values(isFormer ? 'property' : 'formatter-property'))
  return make(new Map([...properties, ...own]), (message) =>
    logError(program, 'org.apache.kafka.tools.consumer.DefaultMessageFormatter', message),
  )
}

interface Run {
  readonly given: Given
  readonly properties: ReadonlyMap<string, string>
  readonly offset: 'earliest' | 'latest' | number
  readonly formatter: MessageFormatter
  readonly maxMessages: number | undefined
  readonly timeoutMs: number
}

async function run(
  { given, properties, offset, formatter, maxMessages, timeoutMs }: Run,
  program: Program,
): Promise<number> {
  try {
    await using kafka = await program.connect({ properties })
    const consumer = kafka.consumer({ properties })
    if (!given.has('partition') && (properties.get('group.protocol') ?? 'classic').toLowerCase() === 'classic') {
      program.out.error(
        'The consumer rebalance protocol (KIP-848) is production-ready! Set group.protocol=consumer to try it out. ' +
          'See https://kafka.apache.org/documentation/#consumer_rebalance_protocol',
      )
    }
    begin(consumer, given, offset)
    return await consumeRecords(
      {
        consumer,
        formatter,
        maxMessages: maxMessages === undefined || maxMessages === -1 ? Infinity : maxMessages,
        timeoutMs: timeoutMs >= 0 ? timeoutMs : Infinity,
        skipsErrors: given.has('skip-message-on-error'),
      },
      program,
    )
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ToolExit) throw error
    logError(program, CONSOLE_CONSUMER, 'Unknown error when running consumer: ')
    throw error
  }
}

function begin(consumer: Consumer, given: Given, offset: 'earliest' | 'latest' | number): void {
  const topic = given.value('topic')
  const partition = given.value('partition')
  if (topic === undefined) return consumer.subscribe(new RegExp(`^(?:${given.value('include') ?? ''})$`, 'u'))
  if (partition === undefined) return consumer.subscribe(topic)
  const only = { topic, partition }
  consumer.assign([only])
  if (offset === 'earliest') consumer.seekToBeginning([only])
  else if (offset === 'latest') consumer.seekToEnd([only])
  else consumer.seek(only, offset)
}
