/** kafka-cluster: the id of a cluster, its nodes, and forgetting one. */
import type { ClusterNode } from '@gregor/client'
import type { Program } from '../program.ts'
import { withAdmin } from './admin-options.ts'
import type { ArgparseOption, Namespace } from './argparse4j.ts'
import { connectionOf, connectionOptions, failedAnswer } from './argparse-connection.ts'
import { errorCodeOf } from './java-errors.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const connection: Readonly<Record<string, ArgparseOption>> = {
  bootstrap_server: { ...connectionOptions.bootstrap_server, flags: ['--bootstrap-server', '-b'] },
  bootstrap_controller: { ...connectionOptions.bootstrap_controller, flags: ['--bootstrap-controller', '-C'] },
  config: { flags: ['--config'], summary: 'Formerly: --command-config.' },
  command_config: { ...connectionOptions.command_config, flags: ['--command-config', '-c'] },
}
const groups = [{ options: ['bootstrap_server', 'bootstrap_controller'], isRequired: true }]
const hostWidthOfNone = 100
const rackWidthOfNone = 10

export const kafkaCluster = defineTool({
  name: 'kafka-cluster',
  dialect: 'argparse4j',
  helpEndsWith: 1,
  summary: 'Tells the id of a cluster and its nodes, and forgets brokers that will not come back.',
  examples: ['cluster-id --bootstrap-server localhost:9092', 'unregister --bootstrap-server localhost:9092 --id 4'],
  options: {},
  commands: {
    'cluster-id': { summary: 'Tell the id of the cluster.', options: connection, groups },
    unregister: {
      summary: 'Forget a broker that does not run and will not come back.',
      options: {
        ...connection,
        id: { flags: ['--id', '-i'], type: 'Integer', isRequired: true, summary: 'The id of the broker.' },
      },
      groups,
    },
    'list-endpoints': {
      summary: 'Tell where the nodes can be reached.',
      options: {
        ...connection,
        include_fenced_brokers: {
          flags: ['--include-fenced-brokers'],
          action: 'storeTrue',
          summary: 'Brokers that are registered but not in service, too.',
        },
      },
      groups,
    },
  },
  failed: failedAnswer,
  async run(given, program, command) {
    const commandConfig = configFile(given, program)
    const connectionGiven = { ...connectionOf(given), commandConfig }
    if (command === 'list-endpoints') return listEndpoints(given, connectionGiven, program)
    return withAdmin(connectionGiven, program, async (admin) => {
      if (command === 'cluster-id') {
        const { clusterId } = await admin.describeCluster()
        const said = 'No cluster ID found. The Kafka version is probably too old.'
        program.out.line(clusterId === undefined ? said : `Cluster ID: ${clusterId}`)
        return
      }
      const id = given.number('id') ?? 0
      try {
        await admin.unregisterBroker(id)
        program.out.line(`Broker ${id} is no longer registered.`)
      } catch (error) {
        if (errorCodeOf(error) !== 'UNSUPPORTED_VERSION') throw error
        program.out.line('The target cluster does not support the broker unregistration API.')
      }
    })
  },
})

function configFile(given: Namespace, { out }: Program): string | undefined {
  const [old, current] = [given.text('config'), given.text('command_config')]
  if (old === undefined) return current
  if (current !== undefined) throw new ToolExit('--config and --command-config cannot be specified together.')
  out.line('Option --config has been deprecated and will be removed in a future version. Use --command-config instead.')
  return old
}

function listEndpoints(
  given: Namespace,
  connectionGiven: Parameters<typeof withAdmin>[0],
  program: Program,
): Promise<void> {
  const includeFencedBrokers = given.flag('include_fenced_brokers')
  const isOfControllers = given.has('bootstrap_controller')
  if (includeFencedBrokers && isOfControllers) {
    throw new ToolExit('The option --include-fenced-brokers is only supported with --bootstrap-server option')
  }
  return withAdmin(connectionGiven, program, async (admin) => {
    try {
      const { nodes } = await admin.describeCluster({ includeFencedBrokers })
      for (const line of endpointTable(nodes, isOfControllers)) program.out.line(line)
    } catch (error) {
      if (!(error instanceof Error) || errorCodeOf(error) !== 'UNSUPPORTED_VERSION') throw error
      program.out.line(error.message)
    }
  })
}

function endpointTable(nodes: readonly ClusterNode[], isOfControllers: boolean): readonly string[] {
  const hostWidth = nodes.length === 0 ? hostWidthOfNone : Math.max(...nodes.map(({ host }) => host.length))
  const racks = nodes.flatMap(({ rack }) => rack ?? [])
  const rackWidth = racks.length === 0 ? rackWidthOfNone : Math.max(...racks.map(({ length }) => length))
  const row = ([id, host, port, rack, state, type]: readonly string[]): string =>
    [
      id?.padEnd(10),
      host?.padEnd(hostWidth),
      port?.padEnd(10),
      rack?.padEnd(rackWidth),
      ...(isOfControllers ? [] : [state?.padEnd(10)]),
      type?.padEnd(15),
    ].join(' ')
  const type = isOfControllers ? 'controller' : 'broker'
  return [
    row(['ID', 'HOST', 'PORT', 'RACK', 'STATE', 'ENDPOINT_TYPE']),
    ...nodes.map(({ nodeId, host, port, rack, isFenced }) =>
      row([String(nodeId), host, String(port), rack ?? 'null', isFenced ? 'fenced' : 'unfenced', type]),
    ),
  ]
}
