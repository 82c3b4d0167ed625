/** kafka-features: the levels of a cluster’s features, told, raised and lowered. */
import type { Admin, FeatureMetadata, FeatureUpdate, UpgradeType } from '@gregor/client'
import { defaultFeatureLevel, features, metadataVersionFeature, metadataVersionName } from '@gregor/metadata'
import type { Program } from '../program.ts'
import type { ArgparseOption, Namespace } from './argparse4j.ts'
import { connectionOptions, failedAnswer, withAdminOf } from './argparse-connection.ts'
import { dependencyLines, parseFeature, releaseNamed, versionMappingLines } from './storage/feature-levels.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const release: ArgparseOption = {
  flags: ['--release-version'],
  summary: 'All features at the levels of this release. See version-mapping for which these are.',
}
const metadata: ArgparseOption = {
  flags: ['--metadata'],
  summary: 'Formerly: the release whose metadata.version is meant.',
}
const dryRun: ArgparseOption = {
  flags: ['--dry-run'],
  action: 'storeTrue',
  summary: 'Only say whether it could be done.',
}
const unsafe: ArgparseOption = { flags: ['--unsafe'], action: 'storeTrue', summary: 'Even if metadata may be lost.' }
const feature = (summary: string): ArgparseOption => ({ flags: ['--feature'], action: 'append', summary })

export const kafkaFeatures = defineTool({
  name: 'kafka-features',
  dialect: 'argparse4j',
  summary: 'Tells and changes which levels of features a cluster has agreed on.',
  examples: [
    '--bootstrap-server localhost:9092 describe',
    '--bootstrap-server localhost:9092 upgrade --release-version 4.3',
  ],
  options: connectionOptions,
  groups: [{ options: ['bootstrap_server', 'bootstrap_controller'] }],
  commands: {
    describe: {
      summary: 'Tell levels, and which ones a node could do.',
      options: {
        node_id: { flags: ['--node-id'], type: 'Integer', summary: 'The node to ask. Default: any.' },
      },
    },
    upgrade: {
      summary: 'Raise levels.',
      options: {
        metadata,
        release_version: release,
        feature: feature('A feature and its new level, as feature=level. May be given more than once.'),
        dry_run: dryRun,
      },
    },
    downgrade: {
      summary: 'Lower levels.',
      options: {
        metadata,
        release_version: release,
        feature: feature('A feature and its new level, as feature=level. May be given more than once.'),
        unsafe,
        dry_run: dryRun,
      },
    },
    disable: {
      summary: 'Lower features to level 0.',
      options: { feature: feature('A feature. May be given more than once.'), unsafe, dry_run: dryRun },
    },
    'version-mapping': {
      summary: 'Tell the levels of a release.',
      options: { release_version: { ...release, summary: 'The release. Default: the newest.' } },
    },
    'feature-dependencies': {
      summary: 'Tell what levels need of other features.',
      options: {
        feature: {
          ...feature('A feature and its level, as feature=level. May be given more than once.'),
          isRequired: true,
        },
      },
    },
  },
  commandLineError: (message) => `Command line error: ${message}. Type --help for help.`,
  failed: failedAnswer,
  async run(given, program, command) {
    const { out } = program
    const lines = (all: readonly string[]): void => all.forEach((line) => out.line(line))
    if (command === 'version-mapping') return lines(versionMappingLines(given.text('release_version')))
    if (command === 'feature-dependencies') {
      for (const text of given.texts('feature')) {
        parseFeature(text)
        lines(dependencyLines(text))
      }
      return
    }
    if (!given.has('bootstrap_server') && !given.has('bootstrap_controller')) {
      throw new ToolExit(
        'Command line error: You must specify either --bootstrap-controller or --bootstrap-server.. Type --help for help.',
      )
    }
    return withAdminOf(given, program, async (admin) => {
      if (command === 'describe') return lines(describedLines(await describe(given, admin)))
      return update(updatesOf(given, command, program), { admin, command, isDryRun: given.flag('dry_run') }, program)
    })
  },
})

function describe(given: Namespace, admin: Admin): Promise<FeatureMetadata> {
  const nodeId = given.number('node_id')
  if (nodeId !== undefined && nodeId < 0) throw new ToolExit(`Invalid node id ${nodeId}: must be non-negative.`)
  return admin.describeFeatures(nodeId === undefined ? {} : { nodeId })
}

function describedLines(told: FeatureMetadata): readonly string[] {
  return [...told.supportedFeatures]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { minVersion, maxVersion }]) => {
      const finalized = told.finalizedFeatures.get(name)?.maxVersionLevel ?? 0
      const [min, max, level] = [minVersion, maxVersion, finalized].map((one) => levelText(name, one).padEnd(15))
      const epoch = told.finalizedFeaturesEpoch ?? '-'
      return `Feature: ${name.padEnd(40)}  SupportedMinVersion: ${min}  SupportedMaxVersion: ${max}  FinalizedVersionLevel: ${level}  Epoch: ${epoch}`
    })
}

function levelText(name: string, level: number): string {
  if (name !== metadataVersionFeature) return String(level)
  return metadataVersionName(level) ?? `UNKNOWN ${level}`
}

function updatesOf(given: Namespace, command: string, { out }: Program): ReadonlyMap<string, FeatureUpdate> {
  const upgradeType: UpgradeType =
    command === 'upgrade' ? 'upgrade' : given.flag('unsafe') ? 'unsafe-downgrade' : 'safe-downgrade'
  const updates = new Map<string, FeatureUpdate>()
  const add = (name: string, maxVersionLevel: number): void => {
    if (updates.has(name)) throw new ToolExit(`Feature ${name} was specified more than once.`)
    updates.set(name, { feature: name, maxVersionLevel, upgradeType })
  }
  if (command === 'disable') {
    for (const name of given.texts('feature')) add(name, 0)
    return updates
  }
  const releaseVersion = given.text('release_version')
  if (releaseVersion !== undefined) {
    if (given.has('metadata') || given.has('feature')) {
      throw new ToolExit('Can not specify `release-version` with other feature flags.')
    }
    const level = releaseNamed(releaseVersion)
    for (const each of features) {
      const wanted = each.name === metadataVersionFeature ? level : defaultFeatureLevel(each, level)
      // There is no upgrade to nothing.
      if (command !== 'upgrade' || wanted > 0) add(each.name, wanted)
    }
    return updates
  }
  const metadataVersion = given.text('metadata')
  if (metadataVersion !== undefined) {
    out.line(' `metadata` flag is deprecated and may be removed in a future release.')
    add(metadataVersionFeature, releaseNamed(metadataVersion))
  }
  for (const [name, level] of given.texts('feature').map(parseFeature)) add(name, level)
  return updates
}

async function update(
  updates: ReadonlyMap<string, FeatureUpdate>,
  { admin, command, isDryRun }: { readonly admin: Admin; readonly command: string; readonly isDryRun: boolean },
  { out }: Program,
): Promise<void> {
  if (updates.size === 0) throw new ToolExit(`You must specify at least one feature to ${command}`)
  const results = await admin.updateFeatures([...updates.values()], { validateOnly: isDryRun })
  const isDisable = command === 'disable'
  for (const { item, error } of [...results].toSorted((a, b) => (a.item < b.item ? -1 : 1))) {
    const level = updates.get(item)?.maxVersionLevel ?? 0
    if (error === undefined) {
      const verb = isDryRun ? 'can be' : 'was'
      out.line(`${item} ${verb} ${isDisable ? 'disabled.' : `${command}d to ${level}.`}`)
    } else {
      const helper = isDryRun ? 'Can not' : 'Could not'
      out.line(`${helper} ${isDisable ? `disable ${item}` : `${command} ${item} to ${level}`}. ${error.message}`)
    }
  }
  const failed = results.failures.length
  if (failed > 0) throw new ToolExit(`${failed} out of ${updates.size} operation(s) failed.`)
}
