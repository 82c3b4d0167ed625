/** kafka-metadata-quorum: who keeps the cluster’s metadata, how far each has come, and who votes. */
import type { Admin, QuorumDescription, QuorumListener, QuorumReplica } from '@gregor/client'
import { isUuid, ZERO_UUID } from '@gregor/base'
import { readMetaProperties } from '@gregor/storage'
import type { Program } from '../program.ts'
import { propertiesOf } from './client-properties.ts'
import type { Namespace } from './argparse4j.ts'
import { connectionOptions, failedAnswer, tabbedTable, withAdminOf } from './argparse-connection.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const dryRun = { flags: ['--dry-run'], action: 'storeTrue', summary: 'Only say what would be done.' } as const

export const kafkaMetadataQuorum = defineTool({
  name: 'kafka-metadata-quorum',
  dialect: 'argparse4j',
  summary: 'Tells of the quorum that keeps the metadata of a cluster, and changes who votes.',
  examples: ['--bootstrap-server localhost:9092 describe --status'],
  options: {
    ...connectionOptions,
    command_config: {
      ...connectionOptions.command_config,
      summary: 'A file of properties with configs of the client; for add-controller, of the controller too.',
    },
  },
  groups: [{ options: ['bootstrap_server', 'bootstrap_controller'], isRequired: true }],
  commands: {
    describe: {
      summary: 'Tell of the quorum.',
      options: {
        status: { flags: ['--status'], action: 'storeTrue', summary: 'In short.' },
        replication: { flags: ['--replication'], action: 'storeTrue', summary: 'How far each replica has come.' },
        human_readable: {
          flags: ['--human-readable'],
          action: 'storeTrue',
          summary: 'How long ago, instead of times.',
        },
      },
    },
    'add-controller': { summary: 'Make a controller a voter.', options: { dry_run: dryRun } },
    'remove-controller': {
      summary: 'Take a controller out of the voters.',
      options: {
        controller_id: {
          flags: ['--controller-id', '-i'],
          type: 'Integer',
          isRequired: true,
          summary: 'The id of the controller.',
        },
        controller_directory_id: {
          flags: ['--controller-directory-id', '-d'],
          isRequired: true,
          summary: 'The id of its metadata directory.',
        },
        dry_run: dryRun,
      },
    },
  },
  failed: failedAnswer,
  run: (given, program, command) =>
    withAdminOf(given, program, async (admin) => {
      switch (command) {
        case 'describe':
          return describe(given, admin, program)
        case 'add-controller':
          return addController(given, admin, program)
        default:
          return removeController(given, admin, program)
      }
    }),
})

async function describe(given: Namespace, admin: Admin, { out, environment }: Program): Promise<void> {
  const [isStatus, isReplication] = [given.flag('status'), given.flag('replication')]
  if (isStatus && isReplication) {
    throw new ToolExit('Only one of --status or --replication should be specified with describe sub-command')
  }
  if (!isStatus && !isReplication) {
    throw new ToolExit('One of --status or --replication must be specified with describe sub-command')
  }
  if (isStatus && given.flag('human_readable')) {
    throw new ToolExit('The option --human-readable is only supported along with --replication')
  }
  if (isStatus) {
    const { clusterId } = await admin.describeCluster()
    out.line(statusText(clusterId, await admin.describeMetadataQuorum()))
    return
  }
  const nowMs = given.flag('human_readable') ? environment.clock.wallMs() : undefined
  for (const line of replicationTable(await admin.describeMetadataQuorum(), nowMs)) out.line(line)
}

function leaderOf({ leaderId, voters }: QuorumDescription): QuorumReplica {
  const leader = voters.find(({ replicaId }) => replicaId === leaderId)
  if (leader === undefined) throw new ToolExit('No value present')
  return leader
}

function replicationTable(quorum: QuorumDescription, nowMs: number | undefined): readonly string[] {
  const leader = leaderOf(quorum)
  const row = (replica: QuorumReplica, status: string): readonly string[] => [
    String(replica.replicaId),
    replica.replicaDirectoryId,
    String(replica.logEndOffset),
    String(leader.logEndOffset - replica.logEndOffset),
    timeText(replica.lastFetchTimestamp, nowMs, 'last fetch'),
    timeText(replica.lastCaughtUpTimestamp, nowMs, 'last caught up'),
    status,
  ]
  return tabbedTable([
    ['NodeId', 'DirectoryId', 'LogEndOffset', 'Lag', 'LastFetchTimestamp', 'LastCaughtUpTimestamp', 'Status'],
    row(leader, 'Leader'),
    ...quorum.voters.filter((voter) => voter !== leader).map((voter) => row(voter, 'Follower')),
    ...quorum.observers.map((observer) => row(observer, 'Observer')),
  ])
}

function timeText(timestamp: number | undefined, nowMs: number | undefined, what: string): string {
  if (timestamp === undefined) return '-1'
  if (nowMs === undefined) return String(timestamp)
  if (timestamp > 0 && timestamp <= nowMs) return `${nowMs - timestamp} ms ago`
  throw new ToolExit(
    `Error while computing relative time, possible drift in system clock.\nCurrent timestamp is ${nowMs}, ${what} timestamp is ${timestamp}`,
  )
}

function statusText(clusterId: string | undefined, quorum: QuorumDescription): string {
  const leader = leaderOf(quorum)
  const slowest = quorum.voters.reduce((least, voter) => (voter.logEndOffset < least.logEndOffset ? voter : least))
  const lagMs =
    slowest === leader
      ? 0
      : leader.lastCaughtUpTimestamp === undefined || slowest.lastCaughtUpTimestamp === undefined
        ? -1
        : leader.lastCaughtUpTimestamp - slowest.lastCaughtUpTimestamp
  return [
    `ClusterId:              ${clusterId ?? 'null'}`,
    `LeaderId:               ${quorum.leaderId}`,
    `LeaderEpoch:            ${quorum.leaderEpoch}`,
    `HighWatermark:          ${quorum.highWatermark}`,
    `MaxFollowerLag:         ${leader.logEndOffset - slowest.logEndOffset}`,
    `MaxFollowerLagTimeMs:   ${lagMs}`,
    `CurrentVoters:          ${replicasText(quorum.voters, quorum)}`,
    `CurrentObservers:       ${replicasText(quorum.observers, quorum)}`,
  ].join('\n')
}

function replicasText(replicas: readonly QuorumReplica[], { nodes }: QuorumDescription): string {
  const texts = replicas.map(({ replicaId, replicaDirectoryId }) => {
    const endpoints = (nodes.get(replicaId) ?? []).map((one) => `"${endpointText(one)}"`)
    const parts = [
      `"id": ${replicaId}`,
      ...(replicaDirectoryId === ZERO_UUID ? [] : [`"directoryId": "${replicaDirectoryId}"`]),
      ...(endpoints.length === 0 ? [] : [`"endpoints": [${endpoints.join(', ')}]`]),
    ]
    return `{${parts.join(', ')}}`
  })
  return `[${texts.join(', ')}]`
}

function endpointText({ name, host, port }: QuorumListener): string {
  return `${name}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

// -------------------------------------------------------------------------------------------------------- voters

async function addController(given: Namespace, admin: Admin, program: Program): Promise<void> {
  const file = given.text('command_config')
  if (file === undefined) {
    throw new ToolExit(
      'You must supply the configuration file of the controller you are adding when using add-controller.',
    )
  }
  const properties = propertiesOf(file, program)
  const voterId = controllerId(properties)
  const voterDirectoryId = directoryId(metadataDirectory(properties), program)
  const listeners = controllerListeners(properties)
  if (!given.flag('dry_run')) await admin.addRaftVoter({ voterId, voterDirectoryId, listeners })
  const verb = given.flag('dry_run') ? 'DRY RUN of adding' : 'Added'
  const endpoints = listeners.map(endpointText).join(', ')
  program.out.line(`${verb} controller ${voterId} with directory id ${voterDirectoryId} and endpoints: ${endpoints}`)
}

const isItOne = 'Is this a valid controller configuration file?'

function controllerId(properties: ReadonlyMap<string, string>): number {
  const text = properties.get('node.id')
  if (text === undefined) throw new ToolExit(`node.id not found in configuration file. ${isItOne}`)
  if (!/^[+-]?\d+$/.test(text)) throw new ToolExit(`For input string: "${text}"`)
  if (Number(text) < 0) throw new ToolExit(`node.id was negative in configuration file. ${isItOne}`)
  if (!(properties.get('process.roles') ?? '').includes('controller')) {
    throw new ToolExit(`process.roles did not contain 'controller' in configuration file. ${isItOne}`)
  }
  return Number(text)
}

function metadataDirectory(properties: ReadonlyMap<string, string>): string {
  const directory = properties.get('metadata.log.dir') ?? properties.get('log.dirs')?.trim().split(',')[0]
  if (directory !== undefined) return directory
  throw new ToolExit(`Neither metadata.log.dir nor log.dirs were found. ${isItOne}`)
}

function directoryId(directory: string, { environment, workingDirectory }: Program): string {
  const path = directory.startsWith('/') ? directory : `${workingDirectory}/${directory}`
  const properties = readMetaProperties(environment.disk, path)
  if (properties === undefined) throw new ToolExit(`Unable to read meta.properties from ${directory}`)
  if (properties.directoryId === undefined) throw new ToolExit(`No directory id found in ${directory}`)
  return properties.directoryId
}

function controllerListeners(properties: ReadonlyMap<string, string>): readonly QuorumListener[] {
  const listeners = new Map(
    ['listeners', 'advertised.listeners'].flatMap((key) => listenersFrom(properties.get(key) ?? '')),
  )
  const names = properties.get('controller.listener.names')
  if (names === undefined) throw new ToolExit(`controller.listener.names was not found. ${isItOne}`)
  return names.split(',').map((name) => {
    const wanted = name.toUpperCase()
    const listener = listeners.get(wanted)
    if (listener === undefined) {
      throw new ToolExit(`Cannot find information about controller listener name: ${wanted}`)
    }
    return listener
  })
}

function listenersFrom(text: string): readonly (readonly [string, QuorumListener])[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => {
      const [, name = '', host = '', port = ''] = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?\d+)$/.exec(each) ?? []
      if (name === '') throw new ToolExit(`Unable to parse ${each} to a broker endpoint`)
      const upper = name.toUpperCase()
      return [upper, { name: upper, host: host === '' ? 'localhost' : host, port: Number(port) }] as const
    })
}

async function removeController(given: Namespace, admin: Admin, { out }: Program): Promise<void> {
  const voterId = given.number('controller_id') ?? 0
  const voterDirectoryId = given.text('controller_directory_id') ?? ''
  if (voterId < 0) throw new ToolExit(`Invalid negative --controller-id: ${voterId}`)
  if (!isUuid(voterDirectoryId)) {
    throw new ToolExit(`Failed to parse --controller-directory-id: ${voterDirectoryId} is no id`)
  }
  if (!given.flag('dry_run')) await admin.removeRaftVoter({ voterId, voterDirectoryId })
  const verb = given.flag('dry_run') ? 'DRY RUN of removing ' : 'Removed '
  out.line(`${verb} KRaft controller ${voterId} with directory id ${voterDirectoryId}`)
}
