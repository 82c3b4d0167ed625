/** kafka-get-offsets: the offsets of partitions at their end, their beginning or a time. */
import type { Admin, OffsetSpec, TopicPartition } from '@gregor/client'
import type { Program } from '../program.ts'
import { bootstrapServer, commandConfig, withAdmin } from './admin-options.ts'
import { checkBootstrapServer } from './client-properties.ts'
import { javaErrorText } from './java-errors.ts'
import { flag, text, type GivenOptions } from './joptsimple.ts'
import { defineTool } from './tool.ts'
import { ToolExit } from './tool-exit.ts'
import { isInternalTopic, topicFilter } from './topic-filter.ts'

const options = {
  'bootstrap-server': bootstrapServer,
  'topic-partitions': text({
    summary:
      'Which partitions: patterns TOPIC:PARTITION with commas between them. The topic is a regular expression, and may be left out; the partition is a number or a range FROM-BEFORE, either end of which may be left out.',
    placeholder: 'topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3',
  }),
  topic: text({ summary: 'Which topics: a regular expression. Not with --topic-partitions.', placeholder: 'topic' }),
  partitions: text({
    summary: 'Which partitions: numbers with commas. Not with --topic-partitions.',
    placeholder: 'partition ids',
  }),
  time: text({
    summary:
      'Which offset: -1 or latest, -2 or earliest, -3 or max-timestamp, -4 or earliest-local, -5 or latest-tiered, -6 or earliest-pending-upload, or of the first record at this time (milliseconds) or later.',
    placeholder: 'time',
    absent: 'latest',
  }),
  'command-config': commandConfig,
  'exclude-internal-topics': flag('Without the topics that Kafka keeps for itself.'),
}

type Given = GivenOptions<typeof options>

const places = [
  'latest',
  'earliest',
  'max-timestamp',
  'earliest-local',
  'latest-tiered',
  'earliest-pending-upload',
] as const

export const kafkaGetOffsets = defineTool({
  name: 'kafka-get-offsets',
  dialect: 'joptsimple',
  summary: 'Tells the offsets of partitions.',
  options,
  mistakesBeginWith: 'Error occurred: ',
  examples: ['--bootstrap-server localhost:9092 --topic orders --time earliest'],
  async run(given, program) {
    given.require('bootstrap-server')
    const bootstrap = given.value('bootstrap-server') ?? ''
    checkBootstrapServer(bootstrap)
    if (given.has('topic-partitions') && given.hasAny('topic', 'partitions')) {
      throw new ToolExit('--topic-partitions cannot be used with --topic or --partitions')
    }
    const spec = offsetSpec(given.value('time'))
    const rules = given.has('topic-partitions') ? patternRules(given) : [topicAndPartitionsRule(given)]
    const connection = {
      bootstrapServer: bootstrap,
      commandConfig: given.value('command-config'),
      clientId: 'GetOffsetShell',
    }
    await withAdmin(connection, program, (admin) => tell({ spec, rules, given }, admin, program))
  },
})

interface Asked {
  readonly spec: OffsetSpec
  readonly rules: readonly Rule[]
  readonly given: Given
}

interface Rule {
  readonly topic: (topic: string) => boolean
  readonly partition: (partition: number) => boolean
}

async function tell({ spec, rules, given }: Asked, admin: Admin, { out }: Program): Promise<void> {
  const listed = await admin.listTopics({ listInternal: !given.has('exclude-internal-topics') })
  const names = listed
    .map(({ name }) => name)
    .filter((name) => rules.some(({ topic }) => topic(name)))
    .filter((name) => !(given.has('exclude-internal-topics') && isInternalTopic(name)))
  const described = names.length === 0 ? [] : (await admin.describeTopics(names)).all()
  const wanted = described.flatMap(({ name, partitions }) =>
    partitions
      .map(({ partition }) => ({ topic: name, partition }))
      .filter((one) => rules.some((rule) => rule.topic(one.topic) && rule.partition(one.partition))),
  )
  if (wanted.length === 0) throw new ToolExit('Could not match any topic-partitions with the specified filters')
  const offsets = await admin.listOffsets(wanted.map((one) => ({ ...one, spec })))
  const lines: { readonly key: string; readonly line: string }[] = []
  for (const { item, value, error } of offsets) {
    const key = partitionText(item)
    if (error !== undefined)
      out.error(`Skip getting offsets for topic-partition ${key} due to error: ${javaErrorText(error)}`)
    else if (value.offset !== -1) lines.push({ key, line: `${item.topic}:${item.partition}:${value.offset}` })
  }
  for (const { line } of lines.toSorted((a, b) => (a.key < b.key ? -1 : 1))) out.line(line)
}

function partitionText({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

function offsetSpec(time: string): OffsetSpec {
  const named = places.find((place) => place === time)
  if (named !== undefined) return named
  if (!/^[+-]?\d+$/.test(time)) {
    const known = places.map((place, index) => `${-1 - index} or ${place}`).join(' / ')
    throw new ToolExit(`Malformed time argument ${time}. Please use ${known}, or a specified long format timestamp`)
  }
  return places[-1 - Number(time)] ?? { timestampMs: Number(time) }
}

function topicAndPartitionsRule(given: Given): Rule {
  const written = given.value('partitions') ?? ''
  if (!/^(\d+(,\d+)*)?$/.test(written)) {
    throw new ToolExit(`--partitions expects a comma separated list of numeric partition ids, but received: ${written}`)
  }
  const partitions = new Set(
    written
      .split(',')
      .filter((one) => one !== '')
      .map(Number),
  )
  return {
    topic: topicFilter(given.value('topic') ?? '.*'),
    partition: (partition) => partitions.size === 0 || partitions.has(partition),
  }
}

function patternRules(given: Given): readonly Rule[] {
  return (given.value('topic-partitions') ?? '').split(',').map((written) => {
    const found = /^([^:,]*)(?::(?:(\d*)|(\d*)-(\d*)))?$/.exec(written)
    if (found === null) throw new ToolExit(`Invalid rule specification: ${written}`)
    const [, topic = '', only = '', from = '', before = ''] = found
    const [first, end] =
      only === '' ? [Number(from), before === '' ? Infinity : Number(before)] : [Number(only), Number(only) + 1]
    return {
      topic: topicFilter(topic === '' ? '.*' : topic),
      partition: (partition: number) => partition >= first && partition < end,
    }
  })
}
