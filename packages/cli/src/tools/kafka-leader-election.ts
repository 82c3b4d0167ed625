/** kafka-leader-election: elects leaders: the preferred replica, or any live one (KIP-460). */
import { ConfigError, type ElectionType, type TopicPartition } from '@gregor/client'
import type { Program } from '../program.ts'
import { bootstrapServer, commandConfig } from './admin-options.ts'
import { fileContent, propertiesOf } from './client-properties.ts'
import { errorCodeOf, javaErrorText } from './java-errors.ts'
import { javaHashOrder, topicPartitionHash } from './java-map-order.ts'
import { type GivenOptions, flag, integer, text } from './joptsimple.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const electionTypes = ['preferred', 'unclean'] as const

const options = {
  'bootstrap-server': bootstrapServer,
  'admin.config': text({ summary: 'Formerly: --command-config.', placeholder: 'file' }),
  'command-config': commandConfig,
  'path-to-json-file': text({
    summary: 'A file of JSON that says which partitions: {"partitions": [{"topic": "orders", "partition": 1}]}',
    placeholder: 'file',
  }),
  topic: text({ summary: 'The topic, with --partition.', placeholder: 'topic' }),
  partition: integer({ summary: 'The partition of --topic.', placeholder: 'partition' }),
  'all-topic-partitions': flag('All partitions that need one.'),
  'election-type': {
    ...text({
      summary:
        'preferred: the first of the replicas. unclean: any live one where no replica in sync is; records may be lost.',
      placeholder: 'type',
    }),
    convert: (given: string): ElectionType | undefined => electionTypes.find((type) => type === given.toLowerCase()),
  },
}
type Given = GivenOptions<typeof options>

const timeoutMs = 30_000

export const kafkaLeaderElection = defineTool({
  name: 'kafka-leader-election',
  dialect: 'joptsimple',
  summary: 'Elects leaders of partitions.',
  options,
  examples: ['--bootstrap-server localhost:9092 --election-type preferred --all-topic-partitions'],
  async run(given, program) {
    check(given)
    const type = given.value('election-type') ?? 'preferred'
    const partitions = wantedPartitions(given, program)
    await elect(given, { type, partitions }, program)
  },
})

function check(given: Given): void {
  const missing = (['bootstrap-server', 'election-type'] as const).filter((name) => !given.has(name))
  if (missing.length > 0) throw new ToolExit(`Missing required option(s): ${missing.join(', ')}`)
  given.exclude('admin.config', ['command-config'])
  const ways = ['topic', 'all-topic-partitions', 'path-to-json-file'] as const
  if (ways.filter((name) => given.has(name)).length !== 1) {
    throw new ToolExit(`One and only one of the following options is required: ${ways.join(', ')}`)
  }
  if (given.has('topic') && !given.has('partition')) throw new ToolExit('Missing required option(s): partition')
  if (!given.has('topic') && given.has('partition')) {
    throw new ToolExit('Option partition is only allowed if topic is used')
  }
}

function wantedPartitions(given: Given, program: Program): readonly TopicPartition[] | 'all' {
  const file = given.value('path-to-json-file')
  if (file !== undefined) return partitionsFromJson(fileContent(file, program).toString())
  const topic = given.value('topic')
  return topic === undefined ? 'all' : [{ topic, partition: given.value('partition') ?? 0 }]
}

function partitionsFromJson(json: string): readonly TopicPartition[] {
  const parsed = parsedObject(json)
  if (parsed === undefined) throw new ToolExit('Replica election data is empty')
  const { partitions } = parsed
  if (partitions === undefined) throw new ToolExit('Replica election data is missing "partitions" field')
  if (!Array.isArray(partitions)) throw new ToolExit('partitions: expected an array')
  const wanted = partitions.map((each: unknown): TopicPartition => {
    const { topic, partition } = Object(each) as { readonly topic?: unknown; readonly partition?: unknown }
    if (typeof topic !== 'string') throw new ToolExit('topic: expected a string')
    if (typeof partition !== 'number' || !Number.isInteger(partition)) {
      throw new ToolExit('partition: expected a whole number')
    }
    return { topic, partition }
  })
  const names = wanted.map(({ topic, partition }) => `${topic}-${partition}`)
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
  if (twice.length > 0) {
    throw new ToolExit(`Replica election data contains duplicate partitions: [${twice.join(', ')}]`)
  }
  return wanted
}

function parsedObject(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(json)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {}
  } catch {
    return undefined
  }
}

async function elect(
  given: Given,
  { type, partitions }: { readonly type: ElectionType; readonly partitions: readonly TopicPartition[] | 'all' },
  program: Program,
): Promise<void> {
  const { out } = program
  if (given.has('admin.config')) {
    out.line(
      'Option --admin.config has been deprecated and will be removed in a future version. Use --command-config instead.',
    )
  }
  const properties = new Map([
    ['default.api.timeout.ms', String(timeoutMs)],
    ['request.timeout.ms', String(timeoutMs / 2)],
    ...propertiesOf(given.value('admin.config') ?? given.value('command-config'), program),
    ['bootstrap.servers', given.value('bootstrap-server') ?? ''],
  ])
  await using kafka = await program.connect({ properties })
  await using admin = kafka.admin()
  try {
    const results = await admin.electLeaders(type, partitions)
    tell(type, [...results], program)
  } catch (error) {
    if (error instanceof ToolExit || error instanceof ConfigError || !(error instanceof Error)) throw error
    const known =
      error.name === 'TimeoutError'
        ? 'Timeout waiting for election results'
        : errorCodeOf(error) === 'CLUSTER_AUTHORIZATION_FAILED'
          ? 'Not authorized to perform leader election'
          : undefined
    if (known !== undefined) out.line(known)
    throw new ToolExit(known ?? `java.util.concurrent.ExecutionException: ${javaErrorText(error)}`)
  }
}

interface Outcome {
  readonly item: TopicPartition
  readonly error: Error | undefined
}

function tell(type: ElectionType, results: readonly Outcome[], { out }: Program): void {
  const ordered = javaHashOrder(results, ({ item }) => topicPartitionHash(item))
  const isNoop = ({ error }: Outcome): boolean => errorCodeOf(error) === 'ELECTION_NOT_NEEDED'
  const names = (outcomes: readonly Outcome[]): string => outcomes.map(({ item }) => nameOf(item)).join(', ')
  const shown = type.toUpperCase()
  const succeeded = ordered.filter(({ error }) => error === undefined)
  if (succeeded.length > 0) {
    out.line(`Successfully completed leader election (${shown}) for partitions ${names(succeeded)}`)
  }
  const noop = ordered.filter(isNoop)
  if (noop.length > 0) out.line(`Valid replica already elected for partitions ${names(noop)}`)
  const failed = ordered.filter((outcome) => outcome.error !== undefined && !isNoop(outcome))
  for (const { item, error } of failed) {
    const said = error === undefined ? '' : javaErrorText(error)
    out.line(`Error completing leader election (${shown}) for partition: ${nameOf(item)}: ${said}`)
  }
  if (failed.length > 0) throw new ToolExit(`${failed.length} replica(s) could not be elected`)
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
