/** kafka-client-metrics: which metrics brokers ask clients for (KIP-714, 1000). */
import type { Admin, AlterConfigOperation, ConfigEntry, ConfigResource } from '@gregor/client'
import { randomUuid } from '@gregor/base'
import type { Program } from '../program.ts'
import { bootstrapServer, commandConfig, withAdmin } from './admin-options.ts'
import { flag, type GivenOptions, text, usageError } from './joptsimple.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const options = {
  'bootstrap-server': bootstrapServer,
  'command-config': commandConfig,
  alter: flag('Change what is asked for, or begin to ask.'),
  delete: flag('Ask for it no more.'),
  describe: flag('Tell what is asked for.'),
  list: flag('List what is asked for by name.'),
  name: text({ summary: 'Its name.', placeholder: 'name' }),
  'generate-name': flag('Make up a name.'),
  interval: text({ summary: 'How often, in milliseconds. Empty: back to the default.', placeholder: 'ms' }),
  match: text({
    summary:
      'Of which clients: client_id, client_instance_id, client_software_name, client_software_version, client_source_address, client_source_port, each with a regular expression.',
    placeholder: 'k1=v1,k2=v2',
    separatedBy: ',',
  }),
  metrics: text({ summary: 'Beginnings of names of metrics.', placeholder: 'm1,m2', separatedBy: ',' }),
}
type Given = GivenOptions<typeof options>

const timeoutMs = 30_000
const call = { timeoutMs }

export const kafkaClientMetrics = defineTool({
  name: 'kafka-client-metrics',
  dialect: 'joptsimple',
  summary: 'Tells and changes which metrics brokers ask clients for.',
  options,
  helpsOnMistakes: true,
  examples: [
    '--bootstrap-server localhost:9092 --alter --generate-name --metrics org.apache.kafka.producer. --interval 30000',
    '--bootstrap-server localhost:9092 --describe',
  ],
  async run(given, program) {
    check(given)
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      commandConfig: given.value('command-config'),
    }
    try {
      await withAdmin(connection, program, (admin) => perform(given, admin, program))
      return 0
    } catch (error) {
      if (!(error instanceof Error) || error instanceof ToolExit) throw error
      program.out.line(`Error while executing client metrics command : ${error.message}`)
      if (!program.out.isTerminal) program.out.error(error.message)
      return 1
    }
  },
})

function check(given: Given): void {
  const actions = (['alter', 'delete', 'describe', 'list'] as const).filter((name) => given.has(name))
  if (actions.length !== 1) {
    throw usageError('Command must include exactly one action: --alter, --delete, --describe or --list.')
  }
  if (!given.has('bootstrap-server')) throw new ToolExit('--bootstrap-server must be specified.')
  given.exclude('delete', ['generate-name', 'interval', 'match', 'metrics'])
  given.exclude('describe', ['generate-name', 'interval', 'match', 'metrics'])
  given.exclude('list', ['name', 'generate-name', 'interval', 'match', 'metrics'])
  if (given.has('alter')) {
    if (given.has('name') === given.has('generate-name')) {
      throw new ToolExit('One of --name or --generate-name must be specified with --alter.')
    }
    const interval = given.value('interval')
    if (interval !== undefined && interval !== '' && !isInteger(interval)) {
      throw new ToolExit('Invalid interval value. Enter an integer, or leave empty to reset.')
    }
  }
  if (given.has('delete') && !given.has('name')) {
    throw new ToolExit('A client metrics resource name must be specified with --delete.')
  }
}

async function perform(given: Given, admin: Admin, program: Program): Promise<void> {
  const { out } = program
  const name = given.value('name')
  if (given.has('alter')) {
    const resource = resourceNamed(name ?? randomUuid(program.environment.random))
    const results = await admin.incrementalAlterConfigs([{ resource, operations: operationsOf(given) }], call)
    results.all()
    out.line(`Altered client metrics config for ${resource.name}.`)
  } else if (given.has('delete')) {
    const resource = resourceNamed(name ?? '')
    const operations = (await configsOf(resource, admin)).map(
      (entry) => ({ operation: 'DELETE', name: entry.name }) as const,
    )
    const results = await admin.incrementalAlterConfigs([{ resource, operations }], call)
    results.all()
    out.line(`Deleted client metrics config for ${resource.name}.`)
  } else if (given.has('describe')) {
    await describe(name, admin, program)
  } else {
    out.line((await names(admin)).join('\n'))
  }
}

function operationsOf(given: Given): readonly AlterConfigOperation[] {
  const wanted: readonly (readonly [string, string | undefined])[] = [
    ['metrics', given.has('metrics') ? given.values('metrics').join(',') : undefined],
    ['interval.ms', given.value('interval')],
    ['match', given.has('match') ? given.values('match').join(',') : undefined],
  ]
  return wanted.flatMap(([name, value]): AlterConfigOperation[] => {
    if (value === undefined) return []
    return [value === '' ? { operation: 'DELETE', name } : { operation: 'SET', name, value }]
  })
}

async function describe(name: string | undefined, admin: Admin, { out }: Program): Promise<void> {
  const all = await names(admin)
  if (name !== undefined && !all.includes(name)) {
    out.line(`The client metric resource ${name} doesn't exist and doesn't have dynamic config.`)
    return
  }
  for (const each of name === undefined ? all : [name]) {
    out.line(`Client metrics configs for ${each} are:`)
    for (const entry of await configsOf(resourceNamed(each), admin))
      out.line(`  ${entry.name}=${entry.value ?? 'null'}`)
  }
}

async function names(admin: Admin): Promise<readonly string[]> {
  return (await admin.listConfigResources(['CLIENT_METRICS'], call)).map(({ name }) => name)
}

async function configsOf(resource: ConfigResource, admin: Admin): Promise<readonly ConfigEntry[]> {
  const results = await admin.describeConfigs([resource], call)
  return [...results.value(resource).values()]
}

function resourceNamed(name: string): ConfigResource {
  return { type: 'CLIENT_METRICS', name }
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) < 2 ** 31
}
