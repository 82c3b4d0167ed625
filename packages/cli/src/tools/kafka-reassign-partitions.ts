/** kafka-reassign-partitions: moves replicas to other brokers and directories: proposed, begun, watched, taken back. */
import type { Admin } from '@gregor/client'
import type { Program } from '../program.ts'
import { commandConfig, withAdmin } from './admin-options.ts'
import { fileContent } from './client-properties.ts'
import { errorCodeOf, javaErrorText } from './java-errors.ts'
import { type GivenOptions, flag, long, text, usageError } from './joptsimple.ts'
import { cancelReassignment, executeReassignment } from './reassign/execute.ts'
import { generateReassignment } from './reassign/generate.ts'
import { listText } from './reassign/list.ts'
import { verifyReassignment } from './reassign/verify.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const rate = (summary: string) => long({ summary, placeholder: 'bytes/s', absent: -1 })

const options = {
  verify: flag(
    'Tell how far the reassignment of --reassignment-json-file is, and take throttles away once it is done.',
  ),
  generate: flag('Propose a reassignment of --topics-to-move-json-file to --broker-list. Begins nothing.'),
  execute: flag('Begin the reassignment of --reassignment-json-file.'),
  cancel: flag('Take back what is under way of --reassignment-json-file.'),
  list: flag('List what is under way.'),
  'bootstrap-server': text({
    summary: 'Brokers to ask at first, as host:port with commas between them.',
    placeholder: 'host:port,…',
  }),
  'command-config': commandConfig,
  'reassignment-json-file': text({
    summary:
      'A file of JSON: {"partitions": [{"topic": "orders", "partition": 1, "replicas": [1,2,3], "log_dirs": ["any","/d1","any"]}], "version": 1}; log_dirs may be left out.',
    placeholder: 'file',
  }),
  'topics-to-move-json-file': text({
    summary: 'A file of JSON: {"topics": [{"topic": "orders"}], "version": 1}',
    placeholder: 'file',
  }),
  'broker-list': text({ summary: 'Where to, as ids with commas between them.', placeholder: '0,1,2' }),
  'bootstrap-controller': text({
    summary: 'Controllers to ask instead of brokers, for --list and --cancel.',
    placeholder: 'host:port,…',
  }),
  'disable-rack-aware': flag('Place replicas as if no broker had a rack.'),
  throttle: rate('Between brokers no faster than this.'),
  'replica-alter-log-dirs-throttle': rate('Between directories no faster than this.'),
  timeout: long({
    summary: 'How long to wait until moves between directories can begin.',
    placeholder: 'ms',
    absent: 10_000,
  }),
  additional: flag('Begin it though others are under way, or change the throttle of this one.'),
  'preserve-throttles': flag('Leave throttles as they are.'),
  'disallow-replication-factor-change': flag('Refuse what changes the number of replicas.'),
}
type Name = keyof typeof options
type Given = GivenOptions<typeof options>
const actions = ['generate', 'execute', 'verify', 'cancel', 'list'] as const
type Action = (typeof actions)[number]

const required: Readonly<Record<Action, readonly Name[]>> = {
  verify: ['reassignment-json-file'],
  generate: ['topics-to-move-json-file', 'broker-list'],
  execute: ['reassignment-json-file'],
  cancel: ['reassignment-json-file'],
  list: [],
}
const permitted: Readonly<Record<Action, readonly Name[]>> = {
  verify: ['bootstrap-server', 'command-config', 'preserve-throttles'],
  generate: ['bootstrap-server', 'broker-list', 'command-config', 'disable-rack-aware'],
  execute: [
    'additional',
    'bootstrap-server',
    'command-config',
    'throttle',
    'replica-alter-log-dirs-throttle',
    'timeout',
    'disallow-replication-factor-change',
  ],
  cancel: ['bootstrap-server', 'bootstrap-controller', 'command-config', 'preserve-throttles', 'timeout'],
  list: ['bootstrap-server', 'bootstrap-controller', 'command-config'],
}

export const kafkaReassignPartitions = defineTool({
  name: 'kafka-reassign-partitions',
  dialect: 'joptsimple',
  summary: 'Moves replicas of partitions to other brokers and directories.',
  helpsOnMistakes: true,
  options,
  examples: [
    '--bootstrap-server localhost:9092 --generate --topics-to-move-json-file topics.json --broker-list 1,2,3',
    '--bootstrap-server localhost:9092 --execute --reassignment-json-file plan.json --throttle 50000000',
    '--bootstrap-server localhost:9092 --verify --reassignment-json-file plan.json',
  ],
  async run(given, program) {
    const action = checkedAction(given)
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      bootstrapController: given.value('bootstrap-controller'),
      commandConfig: given.value('command-config'),
      clientId: 'reassign-partitions-tool',
    }
    try {
      await withAdmin(connection, program, (admin) => perform(action, given, admin, program))
      return 0
    } catch (error) {
      if (!(error instanceof Error)) throw error
      if (error instanceof ToolExit && (error.withHelp || error.stream === 'line')) throw error
      const said = errorCodeOf(error) === undefined ? error.message : javaErrorText(error)
      program.out.line(`Error: ${said}`)
      return 1
    }
  },
})

function checkedAction(given: Given): Action {
  const [action, ...others] = actions.filter((name) => given.has(name))
  if (action === undefined || others.length > 0) {
    const all = actions.map((name) => `--${name}`).join(', ')
    throw usageError(`Command must include exactly one action: ${all}`)
  }
  const [server, controller] = [given.has('bootstrap-server'), given.has('bootstrap-controller')]
  if (server && controller) throw usageError("Please don't specify both --bootstrap-server and --bootstrap-controller")
  if (!server && !controller) throw usageError('Please specify either --bootstrap-server or --bootstrap-controller')
  given.require(...required[action])
  const allowed = new Set<string>([action, ...required[action], ...permitted[action]])
  for (const name of given.order) {
    if (allowed.has(name) || !Object.hasOwn(options, name)) continue
    // It is one of the names, as it is in the table.
    const shown = given.bracketed(name as Name)
    throw usageError(`Option "${shown}" can't be used with action "${given.bracketed(action)}"`)
  }
  return action
}

async function perform(action: Action, given: Given, admin: Admin, program: Program): Promise<void> {
  const jsonOf = (name: 'reassignment-json-file' | 'topics-to-move-json-file'): string =>
    fileContent(given.value(name) ?? '', program).toString()
  switch (action) {
    case 'verify': {
      const preserveThrottles = given.has('preserve-throttles')
      return verifyReassignment(admin, { json: jsonOf('reassignment-json-file'), preserveThrottles }, program)
    }
    case 'generate':
      return generateReassignment(
        admin,
        {
          json: jsonOf('topics-to-move-json-file'),
          brokerList: given.value('broker-list') ?? '',
          isRackAware: !given.has('disable-rack-aware'),
        },
        program,
      )
    case 'execute':
      return executeReassignment(
        admin,
        {
          json: jsonOf('reassignment-json-file'),
          isAdditional: given.has('additional'),
          interBrokerThrottle: given.value('throttle'),
          logDirThrottle: given.value('replica-alter-log-dirs-throttle'),
          timeoutMs: given.value('timeout'),
          allowReplicationFactorChange: !given.has('disallow-replication-factor-change'),
        },
        program,
      )
    case 'cancel':
      return cancelReassignment(
        admin,
        {
          json: jsonOf('reassignment-json-file'),
          preserveThrottles: given.has('preserve-throttles'),
          timeoutMs: given.value('timeout'),
        },
        program,
      )
    default:
      program.out.line(listText(await admin.listPartitionReassignments()))
  }
}
