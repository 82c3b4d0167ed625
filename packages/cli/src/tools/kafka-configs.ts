/** kafka-configs: describes and alters configs of topics, brokers, groups, client metrics, and quotas and credentials. */
import { UnsupportedVersionError } from '@gregor/client'
import type { Program } from '../program.ts'
import { bootstrapServer, commandConfig, withAdmin } from './admin-options.ts'
import { alterEntity, describeEntities } from './configs/entity-configs.ts'
import { checkEntities, entitiesOf } from './configs/entities.ts'
import { errorCodeOf, javaErrorText } from './java-errors.ts'
import { flag, text, usageError, type GivenOptions } from './joptsimple.ts'
import { defineTool } from './tool.ts'
import { ToolExit } from './tool-exit.ts'

export const configsOptions = {
  'bootstrap-server': bootstrapServer,
  'bootstrap-controller': text({
    summary: 'Controllers to ask instead of brokers, as host:port with commas between them.',
    placeholder: 'host:port,…',
  }),
  'command-config': commandConfig,
  alter: flag('Change configs.'),
  describe: flag('Tell configs.'),
  all: flag('With --describe: also what nobody has set, and what stands in the broker’s file.'),
  'entity-type': text({
    summary: 'What has the configs: topics, clients, users, brokers, broker-loggers, ips, client-metrics or groups.',
    placeholder: 'type',
  }),
  'entity-name': text({ summary: 'Which one of the type.', placeholder: 'name' }),
  'entity-default': flag('What holds for all of the type that have none of their own: clients, users, brokers, ips.'),
  'add-config': text({
    summary: 'With --alter: what to set, k1=v1,k2=[v1,v2]; brackets hold values with commas.',
    placeholder: 'key=value,…',
  }),
  'add-config-file': text({ summary: 'With --alter: a file of properties with what to set.', placeholder: 'file' }),
  'delete-config': text({
    summary: 'With --alter: what to set back to its default, k1,k2.',
    placeholder: 'key,…',
    separatedBy: ',',
  }),
  topic: text({ summary: 'The topic of this name.', placeholder: 'topic' }),
  client: text({ summary: 'The clients of this id.', placeholder: 'client id' }),
  'client-defaults': flag('What holds for all clients.'),
  user: text({ summary: 'The user of this name.', placeholder: 'user' }),
  'user-defaults': flag('What holds for all users.'),
  broker: text({ summary: 'The broker of this id.', placeholder: 'broker id' }),
  'broker-defaults': flag('What holds for all brokers.'),
  'broker-logger': text({ summary: 'The loggers of the broker of this id.', placeholder: 'broker id' }),
  'ip-defaults': flag('What holds for all addresses.'),
  ip: text({ summary: 'The address.', placeholder: 'ip' }),
  group: text({ summary: 'The group of this id.', placeholder: 'group' }),
  'client-metrics': text({ summary: 'The subscription to metrics of this name.', placeholder: 'name' }),
}

export type ConfigsGiven = GivenOptions<typeof configsOptions>

export const kafkaConfigs = defineTool({
  name: 'kafka-configs',
  dialect: 'joptsimple',
  summary: 'Describes and changes configs of topics, brokers and groups, quotas and credentials.',
  options: configsOptions,
  examples: [
    '--bootstrap-server localhost:9092 --topic orders --describe',
    '--bootstrap-server localhost:9092 --topic orders --alter --add-config retention.ms=3600000',
  ],
  async run(given, program) {
    if (Number(given.has('alter')) + Number(given.has('describe')) !== 1) {
      throw usageError('Command must include exactly one action: --describe, --alter')
    }
    given.exclude('alter', ['describe'])
    given.exclude('describe', ['alter', 'add-config', 'delete-config'])
    checkEntities(given)
    if (given.has('bootstrap-server', 'bootstrap-controller')) {
      throw usageError('You cannot specify both --bootstrap-controller and --bootstrap-server.')
    }
    const entities = entitiesOf(given)
    const { types, names } = entities
    if (given.has('alter') && types.length !== names.length) {
      throw new ToolExit('An entity name must be specified for every entity type')
    }
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      bootstrapController: given.value('bootstrap-controller'),
      commandConfig: given.value('command-config'),
    }
    return sayingFailures(given, program, () =>
      withAdmin(connection, program, (admin) => {
        const asked = { given, entities, admin, program }
        return given.has('alter') ? alterEntity(asked) : describeEntities(asked)
      }),
    )
  },
})

/** Apache Kafka’s tool repeats what was typed and prints a stack; here the reason follows in one line. */
async function sayingFailures(given: ConfigsGiven, { out }: Program, run: () => Promise<void>): Promise<number> {
  try {
    await run()
    return 0
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ToolExit || error instanceof UnsupportedVersionError) throw error
    out.error(`Error while executing config command with args '${given.words.join(' ')}'`)
    out.error(
      errorCodeOf(error) === undefined
        ? error.message
        : `java.util.concurrent.ExecutionException: ${javaErrorText(error)}`,
    )
    return 1
  }
}
