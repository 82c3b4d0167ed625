/** `kafka-storage`: formats the directories of a node, tells how they are formatted, and makes ids. */
import { randomUuid } from '@gregor/base'
import type { BrokerConfig } from '@gregor/config'
import type { Program } from '../program.ts'
import { loadStartConfig } from '../start-config.ts'
import type { ArgparseOption, Namespace } from './argparse4j.ts'
import { type DynamicVoter, parseDynamicVoters } from './storage/dynamic-voters.ts'
import { dependencyLines, levelsOfCluster, releaseNamed, versionMappingLines } from './storage/feature-levels.ts'
import { formatDirectories } from './storage/format-directories.ts'
import { scramRecord } from './storage/scram-arguments.ts'
import { storageInfo } from './storage/storage-info.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const config: ArgparseOption = {
  flags: ['--config', '-c'],
  isRequired: true,
  summary: 'The server.properties of the node.',
}
const releaseVersion: ArgparseOption = {
  flags: ['--release-version', '-r'],
  summary: 'The release whose feature levels are meant, 3.3-IV3 at least. Default: the newest.',
}

export const kafkaStorage = defineTool({
  name: 'kafka-storage',
  summary: 'Formats the directories of a node, or tells how they are formatted.',
  dialect: 'argparse4j',
  options: {},
  commands: {
    info: { summary: 'Tell what the directories of this node are formatted as.', options: { config } },
    format: {
      summary: 'Make the directories of this node ready for its first start.',
      options: {
        config,
        cluster_id: { flags: ['--cluster-id', '-t'], isRequired: true, summary: 'The id of the cluster.' },
        add_scram: {
          flags: ['--add-scram', '-S'],
          action: 'append',
          summary: "A user of the new cluster, as 'SCRAM-SHA-256=[name=alice,password=alice-secret]'.",
        },
        ignore_formatted: {
          flags: ['--ignore-formatted', '-g'],
          action: 'storeTrue',
          summary: 'Leave directories that are formatted as they are, instead of failing.',
        },
        release_version: releaseVersion,
        feature: {
          flags: ['--feature', '-f'],
          action: 'append',
          summary: 'The level of a feature, as feature=level.',
        },
        standalone: {
          flags: ['--standalone', '-s'],
          action: 'storeTrue',
          summary: 'This controller alone is the quorum, to which others may be added.',
        },
        no_initial_controllers: {
          flags: ['--no-initial-controllers', '-N'],
          action: 'storeTrue',
          summary: 'The quorum is named elsewhere: this node joins it.',
        },
        initial_controllers: {
          flags: ['--initial-controllers', '-I'],
          summary: 'The quorum, as id@host:port:directory, with commas between; the same for every node.',
        },
      },
      groups: [{ options: ['standalone', 'no_initial_controllers', 'initial_controllers'] }],
    },
    'version-mapping': {
      summary: 'Print the feature levels of a release.',
      options: { release_version: releaseVersion },
    },
    'feature-dependencies': {
      summary: 'Print what levels of features need.',
      options: {
        feature: {
          flags: ['--feature', '-f'],
          action: 'append',
          isRequired: true,
          summary: 'A feature and its level, as feature=level. May be given more than once.',
        },
      },
    },
    'random-uuid': { summary: 'Print a new id, for a cluster or a directory.', options: {} },
  },
  async run(given, program, command) {
    const { out } = program
    const lines = (all: readonly string[]): void => all.forEach((line) => out.line(line))
    switch (command) {
      case 'info':
        return storageInfo(directoriesOf(load(given, program)), program)
      case 'format':
        return format(given, program)
      case 'version-mapping':
        return lines(versionMappingLines(given.text('release_version')))
      case 'feature-dependencies':
        return given.texts('feature').forEach((feature) => lines(dependencyLines(feature)))
      default:
        out.line(randomUuid(program.environment.random))
    }
  },
})

function load(given: Namespace, program: Program): BrokerConfig {
  return loadStartConfig({ file: given.text('config'), overrides: new Map() }, program)
}

function directoriesOf(loaded: BrokerConfig): readonly string[] {
  return [...loaded.logDirs, loaded.metadataLogDir]
}

async function format(given: Namespace, program: Program): Promise<void> {
  const loaded = load(given, program)
  const clusterId = given.text('cluster_id') ?? ''
  const release = given.text('release_version')
  if (release !== undefined) releaseNamed(release)
  const { initialControllers, hasDynamicQuorum } = quorumOf(given, loaded, program)
  const records = (): ReturnType<typeof scramRecord>[] =>
    given.texts('add_scram').map((text) => scramRecord(text, program.environment.random))
  const features = { releaseVersion: release, features: given.texts('feature'), hasDynamicQuorum }
  const { metadataVersion, levels } = levelsOfCluster(features)
  if (given.has('add_scram') && metadataVersion < SCRAM_SINCE) {
    throw new ToolExit('SCRAM is only supported in metadata.version 3.5-IV2 or later.')
  }
  await formatDirectories(
    {
      clusterId,
      nodeId: loaded.get('node.id'),
      directories: directoriesOf(loaded),
      metadataDirectory: loaded.metadataLogDir,
      ignoreFormatted: given.flag('ignore_formatted'),
      metadataVersion,
      levels,
      records: records(),
      initialControllers,
      controllerListener: loaded.listeners.controllerNames[0] ?? '',
    },
    program,
  )
}

/** metadata.version 3.5-IV2 */
const SCRAM_SINCE = 11

interface Quorum {
  readonly initialControllers: readonly DynamicVoter[] | undefined
  readonly hasDynamicQuorum: boolean
}

function quorumOf(given: Namespace, loaded: BrokerConfig, program: Program): Quorum {
  const hasStaticVoters = (loaded.get('controller.quorum.voters') ?? []).length > 0
  const isController = loaded.get('process.roles').includes('controller')
  const initial = given.text('initial_controllers')
  const isStandalone = given.flag('standalone')
  if (hasStaticVoters && (initial !== undefined || isStandalone)) {
    throw new ToolExit(
      'You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone. ' +
        'If you want to use dynamic quorum, please remove controller.quorum.voters and specify ' +
        'controller.quorum.bootstrap.servers instead.',
    )
  }
  const hasDynamicQuorum = !hasStaticVoters
  if (initial !== undefined) return { initialControllers: parseDynamicVoters(initial), hasDynamicQuorum }
  // Files without roles are of a node alone, as `gregor start` reads them.
  if (isStandalone || loaded.filledIn.has('process.roles')) {
    if (!isController) throw new ToolExit('You can only use --standalone on a controller.')
    return { initialControllers: [standaloneVoter(loaded, program)], hasDynamicQuorum }
  }
  if (hasDynamicQuorum && isController && !given.flag('no_initial_controllers')) {
    throw new ToolExit(
      'Because controller.quorum.voters is not set on this controller, you must specify one of the following: ' +
        '--standalone, --initial-controllers, or --no-initial-controllers.',
    )
  }
  return { initialControllers: undefined, hasDynamicQuorum }
}

function standaloneVoter(loaded: BrokerConfig, { environment }: Program): DynamicVoter {
  const [listener] = loaded.listeners.advertisedController
  // The controller of a single node needs no listener: a name for it has to do, as `gregor start` does it.
  if (listener === undefined && !loaded.filledIn.has('process.roles')) {
    throw new ToolExit('No controller listeners found.')
  }
  return {
    nodeId: loaded.get('node.id'),
    host: listener?.host ?? 'localhost',
    port: listener?.port ?? 9093,
    directoryId: randomUuid(environment.random),
  }
}
