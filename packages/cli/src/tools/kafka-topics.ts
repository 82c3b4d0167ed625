/** kafka-topics: creates, lists, describes, enlarges and deletes topics. */
import type { Admin } from '@gregor/client'
import type { Program } from '../program.ts'
import { bootstrapServer, commandConfig, withAdmin } from './admin-options.ts'
import { flag, integer, text, usageError, type GivenOptions } from './joptsimple.ts'
import { failsAs } from './failed-command.ts'
import { defineTool } from './tool.ts'
import { ToolExit } from './tool-exit.ts'
import { describeTopics } from './topics/describe-topics.ts'
import { isInternalTopic, topicFilter } from './topic-filter.ts'

const options = {
  'bootstrap-server': bootstrapServer,
  'command-config': commandConfig,
  list: flag('List topics.'),
  create: flag('Create a topic.'),
  delete: flag('Delete topics.'),
  alter: flag('Give topics more partitions. Their configs are changed with kafka-configs.'),
  describe: flag('Tell of topics: partitions, leaders, replicas, configs.'),
  topic: text({
    summary: 'The topic; but for --create it may be a regular expression of the whole name, or several with commas.',
    placeholder: 'topic',
  }),
  'topic-id': text({ summary: 'The id of the topic to describe.', placeholder: 'topic-id' }),
  config: text({
    summary: 'With --create: a config of the topic. May be given more than once.',
    placeholder: 'name=value',
  }),
  'delete-config': text({ summary: 'Does nothing any more: see kafka-configs.', placeholder: 'name' }),
  partitions: integer({
    summary:
      'How many partitions the topic gets, or is to have after --alter. Keys of old records keep their partition, those of new ones may not.',
    placeholder: 'count',
  }),
  'replication-factor': integer({
    summary: 'How many replicas each partition of the new topic gets.',
    placeholder: 'count',
  }),
  'replica-assignment': text({
    summary:
      'The brokers of each partition, the preferred leader first: 1:2,2:3 gives two partitions to two brokers each.',
    placeholder: 'broker:broker,…',
  }),
  'under-replicated-partitions': flag('With --describe: only partitions with a replica that is not in sync.'),
  'unavailable-partitions': flag('With --describe: only partitions whose leader is not available.'),
  'under-min-isr-partitions': flag(
    'With --describe: only partitions with fewer replicas in sync than min.insync.replicas.',
  ),
  'at-min-isr-partitions': flag(
    'With --describe: only partitions with just as many replicas in sync as min.insync.replicas.',
  ),
  'topics-with-overrides': flag('With --describe: only topics that have configs of their own.'),
  'if-exists': flag('With --alter, --delete or --describe: a topic that does not exist is no error.'),
  'if-not-exists': flag('With --create: a topic that exists is no error.'),
  'exclude-internal': flag('With --list or --describe: without the topics that Kafka keeps for itself.'),
  'partition-size-limit-per-response': integer({
    summary: 'With --describe: how many partitions one answer of the broker has at most.',
    placeholder: 'count',
  }),
}

const actions = ['create', 'list', 'alter', 'describe', 'delete'] as const
const reports = [
  'under-replicated-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
  'unavailable-partitions',
] as const
const useConfigsTool = ' (To alter topic configurations, the kafka-configs tool can be used.)'
const replicationFactorMax = 32_767

export type TopicsGiven = GivenOptions<typeof options>

export const kafkaTopics = defineTool({
  name: 'kafka-topics',
  dialect: 'joptsimple',
  summary: 'Creates, lists, describes, enlarges and deletes topics.',
  options,
  examples: [
    '--bootstrap-server localhost:9092 --create --topic orders --partitions 12 --config cleanup.policy=compact',
    '--bootstrap-server localhost:9092 --describe --topic orders',
  ],
  async run(given, program) {
    check(given, program)
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      commandConfig: given.value('command-config'),
    }
    return failsAs('topic', program, () => withAdmin(connection, program, (admin) => act(given, admin, program)))
  },
})

async function act(given: TopicsGiven, admin: Admin, program: Program): Promise<void> {
  if (given.has('create')) await create(given, admin, program)
  else if (given.has('alter')) await alter(given, admin)
  else if (given.has('list')) program.out.line((await wantedTopics(given, admin)).join('\n'))
  else if (given.has('describe')) await describe(given, admin, program)
  else await remove(given, admin)
}

function check(given: TopicsGiven, program: Program): void {
  if (actions.filter((action) => given.has(action)).length !== 1) {
    throw usageError('Command must include exactly one action: --list, --describe, --create, --alter or --delete')
  }
  if (given.has('delete-config')) {
    program.out.error('delete-config does nothing since Kafka 4.0: configs of topics are deleted with kafka-configs.')
  }
  if (!given.has('bootstrap-server')) throw new ToolExit('--bootstrap-server must be specified')
  if (given.has('describe', 'if-exists')) {
    if (!given.hasAny('topic', 'topic-id')) throw usageError('--topic or --topic-id is required to describe a topic')
    if (given.has('topic', 'topic-id')) {
      program.out.line(
        'Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID',
      )
    }
  }
  if (!given.hasAny('list', 'describe')) given.require('topic')
  if (given.has('alter')) {
    if (given.has('config')) {
      const combination = `[${given.bracketed('bootstrap-server')}, ${given.bracketed('config')}]`
      throw usageError(
        `Option combination "${combination}" can't be used with option "${given.bracketed('alter')}"${useConfigsTool}`,
      )
    }
    given.require('partitions')
  }
  checkCombinations(given)
}

function checkCombinations(given: TopicsGiven): void {
  const butFor = (...allowed: readonly (typeof actions)[number][]): (typeof actions)[number][] =>
    actions.filter((action) => !allowed.includes(action))
  given.exclude('config', butFor('alter', 'create'))
  given.exclude('partitions', butFor('alter', 'create'))
  given.exclude('replication-factor', butFor('create'))
  given.exclude('replica-assignment', butFor('alter', 'create'))
  if (given.has('create')) given.exclude('replica-assignment', ['partitions', 'replication-factor'])
  for (const report of reports) given.exclude(report, [...butFor('describe'), 'topics-with-overrides'])
  given.exclude('topics-with-overrides', [...butFor('describe'), ...reports])
  given.exclude('if-exists', butFor('alter', 'delete', 'describe'))
  given.exclude('if-not-exists', butFor('create'))
  given.exclude('exclude-internal', butFor('list', 'describe'))
}

async function create(given: TopicsGiven, admin: Admin, { out }: Program): Promise<void> {
  const name = given.value('topic') ?? ''
  const partitions = given.value('partitions')
  const replicationFactor = given.value('replication-factor')
  const assignments = replicaAssignment(given)
  const configs = topicConfigs(given)
  if (/[._]/.test(name)) {
    out.line(
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.",
    )
  }
  if (replicationFactor !== undefined && (replicationFactor > replicationFactorMax || replicationFactor < 1)) {
    throw new Error(`The replication factor must be between 1 and ${replicationFactorMax} inclusive`)
  }
  if (partitions !== undefined && partitions < 1) throw new Error('The partitions must be greater than 0')
  const placed =
    assignments === undefined
      ? {
          ...(partitions !== undefined && { numPartitions: partitions }),
          ...(replicationFactor !== undefined && { replicationFactor }),
        }
      : { assignments }
  const results = await admin.createTopics([{ name, configs, ...placed }], { retryOnQuotaViolation: false })
  const { error } = results.get(name) ?? {}
  if (error === undefined) out.line(`Created topic ${name}.`)
  else if (!(given.has('if-not-exists') && isCode(error, 'TOPIC_ALREADY_EXISTS'))) throw error
}

/** Partition by partition, each with as many brokers as the first. */
function replicaAssignment(given: TopicsGiven): readonly (readonly number[])[] | undefined {
  const written = given.value('replica-assignment')
  if (written === undefined || written === '') return undefined
  const lists = written.split(',').map((list) => list.split(':').map((broker) => brokerId(broker.trim())))
  for (const [index, brokers] of lists.entries()) {
    const twice = [...new Set(brokers.filter((broker, at) => brokers.indexOf(broker) !== at))]
    if (twice.length > 0) {
      throw new Error(`Partition replica lists may not contain duplicate entries: ${twice.join(',')}`)
    }
    if (brokers.length !== lists[0]?.length) {
      throw new Error(`Partition ${index} has different replication factor: [${brokers.join(', ')}]`)
    }
  }
  return lists
}

function brokerId(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`For input string: "${text}"`)
  return Number(text)
}

function topicConfigs(given: TopicsGiven): Readonly<Record<string, string>> {
  const pairs = given.values('config').map((each) => each.split(/\s*=\s*/))
  const configs = pairs.map((pair) => {
    const [name, value, more] = pair
    // An empty value is no value, as Java's split drops it.
    if (name === undefined || value === undefined || value === '' || more !== undefined) {
      throw new Error(
        'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
      )
    }
    return [name.trim(), value.trim()] as const
  })
  return Object.fromEntries(configs)
}

async function alter(given: TopicsGiven, admin: Admin): Promise<void> {
  const assignments = replicaAssignment(given)
  const topics = await existingTopics(given, admin)
  if (topics.length === 0) return
  const totalCount = given.value('partitions') ?? 0
  const described = assignments === undefined ? undefined : await admin.describeTopics(topics)
  const wanted = topics.map((topic) => {
    if (assignments === undefined || described === undefined) return { topic, totalCount }
    return { topic, totalCount, assignments: assignments.slice(described.value(topic).partitions.length) }
  })
  const results = await admin.createPartitions(wanted, { retryOnQuotaViolation: false })
  results.all()
}

async function remove(given: TopicsGiven, admin: Admin): Promise<void> {
  const topics = await existingTopics(given, admin)
  const results = await admin.deleteTopics(topics, { retryOnQuotaViolation: false })
  results.all()
}

async function describe(given: TopicsGiven, admin: Admin, program: Program): Promise<void> {
  const topicId = given.value('topic-id')
  if (topicId === undefined || topicId === zeroUuid) {
    const topics = await existingTopics(given, admin)
    return describeTopics(topics, { given, admin, program })
  }
  const all = await admin.listTopics({ listInternal: !given.has('exclude-internal') })
  const isThere = all.some((topic) => topic.topicId === topicId)
  if (!isThere && !given.has('if-exists')) throw new Error(`TopicId '${topicId}' does not exist as expected`)
  return describeTopics(isThere ? { ids: [topicId] } : [], { given, admin, program })
}

const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

async function existingTopics(given: TopicsGiven, admin: Admin): Promise<readonly string[]> {
  const topics = await wantedTopics(given, admin)
  const wanted = given.value('topic')
  if (topics.length === 0 && wanted !== undefined && wanted !== '' && !given.has('if-exists')) {
    throw new Error(`Topic '${wanted}' does not exist as expected`)
  }
  return topics
}

/** Sorted. */
async function wantedTopics(given: TopicsGiven, admin: Admin): Promise<readonly string[]> {
  const pattern = given.value('topic')
  const isWanted = pattern === undefined ? () => true : topicFilter(pattern)
  const excludesInternal = given.has('exclude-internal')
  const topics = await admin.listTopics({ listInternal: !excludesInternal })
  return topics
    .map(({ name }) => name)
    .filter((name) => isWanted(name) && !(excludesInternal && isInternalTopic(name)))
    .toSorted((a, b) => (a < b ? -1 : 1))
}

function isCode(error: Error, code: string): boolean {
  return 'code' in error && error.code === code
}
