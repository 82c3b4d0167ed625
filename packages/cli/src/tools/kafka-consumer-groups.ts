/** kafka-consumer-groups: lists and describes groups, sets their offsets, deletes them and their offsets. */
import type { Admin, CallOptions, ConsumerGroupDescription, GroupType, ListGroupsOptions } from '@gregor/client'
import { errorMessage, protocolErrors, type ProtocolError } from '@gregor/protocol'
import type { Program } from '../program.ts'
import { withAdmin } from './admin-options.ts'
import {
  checkConsumerGroupOptions,
  consumerGroupOptions,
  type ConsumerGroupsGiven,
} from './consumer-groups/consumer-group-options.ts'
import { memberLines, offsetLines, saysState, stateLines } from './consumer-groups/group-lines.ts'
import { byTopicAndPartition, offsetRows, partitionText, wrapped } from './consumer-groups/group-offsets.ts'
import { csvFromPlans } from './consumer-groups/plan-csv.ts'
import { partitionsFromText, resetPlan, type PlannedOffset } from './consumer-groups/reset-plan.ts'
import { regexProblem } from './consumer-groups/subscription-regex.ts'
import { errorCodeOf, javaErrorText } from './java-errors.ts'
import { usageError } from './joptsimple.ts'
import { defineTool } from './tool.ts'
import { ToolExit } from './tool-exit.ts'

interface Asked {
  readonly given: ConsumerGroupsGiven
  readonly admin: Admin
  readonly options: CallOptions
  readonly program: Program
}

const states = ['PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead', 'Empty', 'Assigning', 'Reconciling']
const groupTypes: readonly GroupType[] = ['Consumer', 'Classic']

export const kafkaConsumerGroups = defineTool({
  name: 'kafka-consumer-groups',
  dialect: 'joptsimple',
  summary: 'Lists and describes groups of consumers, sets their offsets, deletes them and their offsets.',
  options: consumerGroupOptions,
  examples: [
    '--bootstrap-server localhost:9092 --describe --group orders-app',
    '--bootstrap-server localhost:9092 --group orders-app --reset-offsets --topic orders --to-earliest --dry-run',
  ],
  async run(given, program) {
    checkConsumerGroupOptions(given, program)
    const regex = given.value('validate-regex')
    if (regex !== undefined) {
      const problem = regexProblem(regex)
      const verdict = problem === undefined ? 'is valid' : `is invalid: ${problem}`
      program.out.line(`The regular expression \`${regex}\` ${verdict}.`)
      return
    }
    await sayingFailures(program, () => {
      // Read before anybody is asked.
      for (const name of ['to-offset', 'shift-by'] as const) given.values(name)
      const options = { timeoutMs: given.value('timeout') }
      const connection = {
        ...options,
        bootstrapServer: given.value('bootstrap-server'),
        commandConfig: given.value('command-config'),
      }
      return withAdmin(connection, program, (admin) => act({ given, admin, options, program }))
    })
  },
})

/** Apache Kafka’s tool says them on standard output, and ends with 0. */
async function sayingFailures(program: Program, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof Error) || (error instanceof ToolExit && error.withHelp)) throw error
    const code = errorCodeOf(error)
    const text = code === undefined ? error.message : javaErrorText(error)
    program.out.line(`\nError: Executing consumer group command failed due to ${text}`)
    if (!program.out.isTerminal) program.out.error(error.message)
  }
}

async function act(asked: Asked): Promise<void> {
  const { given } = asked
  if (given.has('list')) await list(asked)
  else if (given.has('describe')) await describe(asked)
  else if (given.has('delete')) await remove(asked)
  else if (given.has('reset-offsets')) await reset(asked)
  else await removeOffsets(asked)
}

// ------------------------------------------------------------------------------------------------------------- list

async function list({ given, admin, options, program: { out } }: Asked): Promise<void> {
  if (!given.hasAny('type', 'state')) {
    for (const groupId of await consumerGroupIds(admin, options)) out.line(groupId)
    return
  }
  const wanted = { types: typesFrom(given.value('type')), states: statesFrom(given.value('state')) }
  const groups = await consumerGroups(admin, { ...options, ...wanted })
  const width = Math.max(15, ...groups.map(({ groupId }) => groupId.length)) + 10
  const line = (id: string, type: string, state: string): string =>
    [
      id.padEnd(width),
      ...(given.has('type') ? [type.padEnd(20)] : []),
      ...(given.has('state') ? [state.padEnd(20)] : []),
    ].join(' ')
  out.line(line('GROUP', 'TYPE', 'STATE'))
  for (const { groupId, type, state } of groups) out.line(line(groupId, type ?? 'Unknown', state ?? 'Unknown'))
}

async function consumerGroupIds(admin: Admin, options: CallOptions): Promise<readonly string[]> {
  return (await consumerGroups(admin, { ...options, types: ['Classic', 'Consumer'] })).map(({ groupId }) => groupId)
}

async function consumerGroups(admin: Admin, options: ListGroupsOptions) {
  const { groups, failures } = await admin.listGroups({ ...options, protocolTypes: ['', 'consumer'] })
  for (const { error } of failures) throw wrapped(error)
  return groups
}

function statesFrom(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return []
  return text.split(',').map((each) => {
    const found = states.find((state) => state.toLowerCase() === each.trim().toLowerCase())
    if (found === undefined) throw usageError(`Invalid state list '${text}'. Valid states are: ${states.join(', ')}`)
    return found
  })
}

function typesFrom(text: string | undefined): readonly GroupType[] {
  if (text === undefined || text === '') return []
  return text.split(',').map((each) => {
    const found = groupTypes.find((type) => type.toLowerCase() === each.trim().toLowerCase())
    if (found === undefined) throw usageError(`Invalid types list '${text}'. Valid types are: ${groupTypes.join(', ')}`)
    return found
  })
}

// --------------------------------------------------------------------------------------------------------- describe

async function describe(asked: Asked): Promise<void> {
  const { given, admin, options, program } = asked
  const isVerbose = given.has('verbose')
  for (const group of await describedGroups(asked)) {
    if (given.has('members')) {
      saysState(group, group.members.length, program)
      for (const line of memberLines(group, isVerbose)) program.out.line(line)
    } else if (given.has('state')) {
      if (!saysState(group, 1, program)) continue
      for (const line of stateLines(group, isVerbose)) program.out.line(line)
    } else {
      const rows = await offsetRows(group, admin, options)
      if (!saysState(group, rows.length, program)) continue
      for (const line of offsetLines(group.groupId, rows, isVerbose)) program.out.line(line)
    }
  }
}

async function describedGroups({ given, admin, options }: Asked): Promise<readonly ConsumerGroupDescription[]> {
  const groupIds = await wantedGroups({ given, admin, options })
  const described = await admin.describeConsumerGroups(groupIds, options)
  return described.all().toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

async function wantedGroups({ given, admin, options }: Omit<Asked, 'program'>): Promise<readonly string[]> {
  return given.has('all-groups') ? consumerGroupIds(admin, options) : [...new Set(given.values('group'))]
}

// ------------------------------------------------------------------------------------------------------------ reset

async function reset(asked: Asked): Promise<void> {
  const { given, program } = asked
  const plans = await resetPlans(asked)
  if (given.has('export')) program.out.line(csvFromPlans(plans, given.values('group').length !== 1))
  else for (const line of planLines(plans)) program.out.line(line)
}

async function resetPlans(asked: Asked): Promise<ReadonlyMap<string, readonly PlannedOffset[]>> {
  const { given, admin, options, program } = asked
  const plans = new Map<string, readonly PlannedOffset[]>()
  for (const { item: groupId, value, error } of await admin.describeConsumerGroups(
    await wantedGroups(asked),
    options,
  )) {
    if (error !== undefined && errorCodeOf(error) !== 'GROUP_ID_NOT_FOUND') throw wrapped(error)
    const state = value?.state ?? 'Dead'
    if (state !== 'Empty' && state !== 'Dead') {
      program.out.line(
        `\nError: Assignments can only be reset if the group '${groupId}' is inactive, but the current state is ${state}.`,
      )
      plans.set(groupId, [])
      continue
    }
    const plan = await resetPlan(groupId, asked)
    if (given.has('execute')) {
      const [failure] = (await admin.alterConsumerGroupOffsets(groupId, plan, options)).failures
      if (failure !== undefined) throw new Error(failure.error.message, { cause: failure.error })
    }
    plans.set(groupId, plan)
  }
  return plans
}

function planLines(plans: ReadonlyMap<string, readonly PlannedOffset[]>): readonly string[] {
  const groupWidth = Math.max(15, ...Array.from(plans.keys(), (group) => group.length))
  const topicWidth = Math.max(15, ...[...plans.values()].flat().map(({ topic }) => topic.length))
  const line = (group: string, topic: string, partition: string, offset: string): string =>
    `${group.padEnd(groupWidth)} ${topic.padEnd(topicWidth)} ${partition.padEnd(10)} ${offset}`
  if (plans.size === 0) return ['']
  const rows = Array.from(plans, ([group, plan]) =>
    plan.map(({ topic, partition, offset }) => line(group, topic, String(partition), String(offset))),
  )
  return ['', line('GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET'), ...rows.flat()]
}

// ----------------------------------------------------------------------------------------------------------- delete

async function remove(asked: Asked): Promise<void> {
  const { admin, options, program } = asked
  const { out } = program
  const results = [...(await admin.deleteGroups(await wantedGroups(asked), options))]
  const deleted = results.filter(({ error }) => error === undefined).map(({ item }) => `'${item}'`)
  if (deleted.length === results.length) {
    out.line(`Deletion of requested consumer groups (${deleted.join(', ')}) was successful.`)
    return
  }
  out.line('\nError: Deletion of some consumer groups failed:')
  for (const { item, error } of results) {
    if (error !== undefined) out.line(`* Group '${item}' could not be deleted due to: ${javaErrorText(error)}`)
  }
  if (deleted.length > 0) out.line(`\nThese consumer groups were deleted successfully: ${deleted.join(', ')}`)
}

interface Outcome {
  readonly topic: string
  /** `undefined`: of a topic that is not there. */
  readonly partition: number | undefined
  readonly error: Error | undefined
}

async function removeOffsets({ given, admin, options, program: { out } }: Asked): Promise<void> {
  const groupId = given.value('group') ?? ''
  const texts = given.values('topic')
  const named = texts.filter((text) => text.includes(':')).flatMap(partitionsFromText)
  const topics = [...new Set(texts.filter((text) => !text.includes(':')))]
  const described = topics.length === 0 ? [] : [...(await admin.describeTopics(topics, options))]
  const missing = described.flatMap(({ item, error }): Outcome[] =>
    error === undefined ? [] : [{ topic: item, partition: undefined, error }],
  )
  const whole = described.flatMap(
    ({ value }) => value?.partitions.map(({ partition }) => ({ topic: value.name, partition })) ?? [],
  )
  const partitions = [...new Map([...named, ...whole].map((one) => [partitionText(one), one])).values()]
  const results = await admin.deleteConsumerGroupOffsets(groupId, partitions, options)
  const outcomes = Array.from(results, ({ item, error }): Outcome => ({ ...item, error }))
  out.line(deletionVerdict(groupId, outcomes.find(({ error }) => error !== undefined)?.error))
  for (const line of outcomeLines([...outcomes, ...missing])) out.line(line)
}

const ofTheGroup: readonly ProtocolError[] = [
  'INVALID_GROUP_ID',
  'GROUP_ID_NOT_FOUND',
  'GROUP_AUTHORIZATION_FAILED',
  'NON_EMPTY_GROUP',
]
const ofPartitions: readonly ProtocolError[] = [
  'GROUP_SUBSCRIBED_TO_TOPIC',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_OR_PARTITION',
]

function deletionVerdict(groupId: string, error: Error | undefined): string {
  if (error === undefined) return `Request succeeded for deleting offsets from group ${groupId}.`
  const code = errorCodeOf(error)
  const known = ofTheGroup.find((each) => each === code)
  if (known !== undefined) return `\nError: ${errorMessage(known)}`
  if (ofPartitions.some((each) => each === code)) {
    return '\nError: Encountered some partition-level error, see the follow-up details.'
  }
  const name = code !== undefined && Object.hasOwn(protocolErrors, code) ? code : 'UNKNOWN_SERVER_ERROR'
  return `\nError: Encountered some unknown error: ${name}`
}

function outcomeLines(outcomes: readonly Outcome[]): readonly string[] {
  const width = Math.max(15, ...outcomes.map(({ topic }) => topic.length))
  const line = (topic: string, partition: string, status: string): string =>
    `${topic.padEnd(width)} ${partition.padEnd(10)} ${status.padEnd(15)}`
  const sorted = outcomes.toSorted((a, b) =>
    byTopicAndPartition({ ...a, partition: a.partition ?? -1 }, { ...b, partition: b.partition ?? -1 }),
  )
  return [
    '',
    line('TOPIC', 'PARTITION', 'STATUS'),
    ...sorted.map(({ topic, partition, error }) =>
      line(
        topic,
        partition === undefined ? '-' : String(partition),
        error === undefined ? 'Successful' : `Error: ${javaErrorText(error)}`,
      ),
    ),
  ]
}
