/** The options of kafka-consumer-groups, and which of them go together. */
import { bootstrapServer, commandConfig } from '../admin-options.ts'
import { flag, ignoredFlag, long, optionalText, text, usageError, type GivenOptions } from '../joptsimple.ts'
import type { Program } from '../../program.ts'
import { ToolExit } from '../tool-exit.ts'

export const consumerGroupOptions = {
  'bootstrap-server': bootstrapServer,
  group: text({
    summary: 'The group. With --describe, --delete and --reset-offsets it may be given more than once.',
    placeholder: 'group',
  }),
  topic: text({
    summary:
      'The topic whose offsets are meant, or TOPIC:0,1,2 for some of its partitions. May be given more than once.',
    placeholder: 'topic',
  }),
  'all-topics': flag('With --reset-offsets: all topics that the group has offsets of.'),
  list: flag('List groups.'),
  describe: flag('Tell how far groups have read, and who reads; see --offsets, --members, --state.'),
  'all-groups': flag('All groups instead of --group.'),
  delete: flag('Delete groups, with their offsets. They must be without members.'),
  timeout: long({ summary: 'Milliseconds that each request may take.', placeholder: 'ms', absent: 30_000 }),
  'command-config': commandConfig,
  'reset-offsets': flag(
    'Set offsets of groups, which must be without members: to what one of --to-earliest, --to-latest, --to-current, --to-offset, --shift-by, --to-datetime, --by-duration, --from-file says, of --topic or --all-topics. Only shown unless --execute is given.',
  ),
  'delete-offsets': flag('Delete offsets of the topics of a group.'),
  'dry-run': flag('With --reset-offsets: only show what would be set. The default.'),
  execute: flag('With --reset-offsets: do it.'),
  export: flag('With --reset-offsets: print what is set as CSV, as --from-file reads it.'),
  'to-offset': long({ summary: 'Set to this offset.', placeholder: 'offset' }),
  'from-file': text({
    summary:
      'Set as this file of CSV says: topic,partition,offset, or with several groups group,topic,partition,offset.',
    placeholder: 'file',
  }),
  'to-datetime': text({
    summary: 'Set to the first record at this time or later: YYYY-MM-DDThh:mm:ss.sss, UTC unless a zone follows.',
    placeholder: 'datetime',
  }),
  'by-duration': text({ summary: 'Set to the first record younger than this: PnDTnHnMnS.', placeholder: 'duration' }),
  'to-earliest': flag('Set to the first offset there is.'),
  'to-latest': flag('Set to the end.'),
  'to-current': flag('Set to what is committed, or to the end where nothing is.'),
  'shift-by': long({ summary: 'Set so many offsets ahead; a negative number: back.', placeholder: 'count' }),
  members: flag('With --describe: who is in the group.'),
  verbose: flag('With --describe: more columns.'),
  offsets: flag('With --describe: partitions with their offsets and lag. The default.'),
  state: optionalText({
    summary:
      'With --describe: the state of the group. With --list: the state of each, or only groups in these states (stable,empty).',
    placeholder: 'states',
  }),
  type: optionalText({
    summary: 'With --list: the type of each group, or only groups of these types (classic,consumer).',
    placeholder: 'types',
  }),
  'validate-regex': text({
    summary: 'Only say whether this is a regular expression that groups can subscribe with.',
    placeholder: 'regex',
  }),
  // Needed to ask for groups that were kept in Kafka and not in ZooKeeper, before 2.0.
  'new-consumer': ignoredFlag,
}

export type ConsumerGroupsGiven = GivenOptions<typeof consumerGroupOptions>
type Name = keyof typeof consumerGroupOptions

const actions = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets', 'validate-regex'] as const
const scenarios = [
  'to-offset',
  'shift-by',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'to-current',
  'from-file',
] as const
/** What goes only with what. */
const availableWith: readonly (readonly [Name, readonly Name[]])[] = [
  ['members', ['describe']],
  ['verbose', ['describe']],
  ['offsets', ['describe']],
  ['state', ['describe', 'list']],
  ['type', ['list']],
]

/** @throws ToolExit for the first thing that does not go together, in Kafka’s order. */
export function checkConsumerGroupOptions(given: ConsumerGroupsGiven, program: Program): void {
  const unavailable = availableWith.filter(([name, others]) => given.has(name) && !given.hasAny(...others))
  if (unavailable.length > 0) {
    const names = unavailable.map(([name]) => name).join(', ')
    throw new ToolExit(`Option(s) [${names}] are unavailable given other options on the command line`)
  }
  if (!given.has('validate-regex')) given.require('bootstrap-server')
  if (given.has('describe')) checkDescribe(given)
  if (given.has('delete')) {
    requireGroups('delete', given)
    if (given.has('topic'))
      throw usageError('The consumer does not support topic-specific offset deletion from a consumer group.')
  }
  if (given.has('delete-offsets') && !given.has('group', 'topic')) {
    throw usageError('Option [delete-offsets] takes the following options: [group], [topic]')
  }
  if (given.has('reset-offsets')) checkReset(given, program)
  given.exclude('group', ['all-groups'])
  given.exclude('group', ['list'])
  given.exclude('topic', ['list', 'describe'])
  if (actions.filter((action) => given.has(action)).length === 1) return
  throw usageError(`Command must include exactly one action: ${actions.map((action) => `--${action}`).join(', ')}`)
}

function checkDescribe(given: ConsumerGroupsGiven): void {
  requireGroups('describe', given)
  const views = ['members', 'offsets', 'state'] as const
  if (views.filter((view) => given.has(view)).length > 1) {
    throw usageError('Option [describe] takes at most one of these options: [members], [offsets], [state]')
  }
  if (given.value('state') !== undefined) throw usageError('Option [describe] does not take a value for [state]')
}

function checkReset(given: ConsumerGroupsGiven, { out }: Program): void {
  if (given.has('dry-run', 'execute'))
    throw usageError('Option [reset-offsets] only accepts one of [execute] and [dry-run]')
  if (!given.hasAny('dry-run', 'execute')) {
    out.error(
      'WARN: No action will be performed as the --execute option is missing. Scripts that mean this should say --dry-run: version 5.0 of Kafka will ask for one of the two.',
    )
  }
  requireGroups('reset-offsets', given)
  for (const scenario of scenarios) {
    given.exclude(
      scenario,
      scenarios.filter((other) => other !== scenario),
    )
  }
}

function requireGroups(action: Name, given: ConsumerGroupsGiven): void {
  if (given.hasAny('group', 'all-groups')) return
  throw usageError(`Option [${action}] takes one of these options: [group], [all-groups]`)
}

/** The names of all scenarios, as they are listed where none is given. */
export const scenarioNames = scenarios.map((name) => `[${name}]`).join(', ')
