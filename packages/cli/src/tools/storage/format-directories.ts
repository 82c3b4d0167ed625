/**
 * Makes directories ready for a node: `meta.properties`, the bootstrap checkpoint, and for a quorum that is named at
 * the start the snapshot that names it. Directories that have a `meta.properties` are left as they are.
 */
import { join, resolve } from 'node:path'
import { randomUuid } from '@gregor/base'
import { ConfigError } from '@gregor/config'
import { type FeatureLevels, bootstrapRecords, metadataVersionName, isReservedDirectory } from '@gregor/metadata'
import type { MetadataRecordInput } from '@gregor/protocol'
import { formatMetadataDirectory } from '@gregor/raft'
import { type MetaProperties, readMetaProperties, writeMetaProperties } from '@gregor/storage'
import type { Program } from '../../program.ts'
import { javaMapOrder } from '../java-map-order.ts'
import { ToolExit } from '../tool-exit.ts'
import type { DynamicVoter } from './dynamic-voters.ts'
import { recordText } from './record-text.ts'

export interface FormatPlan {
  readonly clusterId: string
  readonly nodeId: number
  /** As they are configured; relative ones begin at the working directory. */
  readonly directories: readonly string[]
  readonly metadataDirectory: string
  readonly ignoreFormatted: boolean
  readonly metadataVersion: number
  readonly levels: FeatureLevels
  /** Behind those of the features. */
  readonly records: readonly MetadataRecordInput[]
  /** `undefined`: the voters are named by configuration, or come later. */
  readonly initialControllers: readonly DynamicVoter[] | undefined
  readonly controllerListener: string
}

/** @throws ToolExit, DiskError; directories that were formatted before stay formatted. */
export async function formatDirectories(plan: FormatPlan, program: Program): Promise<void> {
  const { out } = program
  const directories = [...new Set(plan.directories)].toSorted()
  if (!directories.includes(plan.metadataDirectory)) {
    const given = `was not one of the given directories: [${directories.join(', ')}]`
    throw new ToolExit(`The specified metadata log directory, ${plan.metadataDirectory} ${given}`)
  }
  const found = findFormatted(directories, program)
  verify(found.formatted, plan)
  // Of several, Java names the first of its map.
  const [first] = javaMapOrder([...found.formatted.keys()])
  if (first !== undefined && !plan.ignoreFormatted) {
    const advice = 'Use --ignore-formatted to ignore this directory and format the others.'
    throw new ToolExit(`Log directory ${first} is already formatted. ${advice}`)
  }
  for (const each of found.unreadable) out.line(`I/O error trying to read log directory ${each}. Ignoring...`)
  if (found.unreadable.length > 0 && found.empty.length + found.formatted.size === 0) {
    throw new ToolExit('No available log directories to format.')
  }
  if (found.empty.length === 0) return out.line('All of the log directories are already formatted.')
  const records = [...bootstrapRecords(plan.metadataVersion, plan.levels), ...plan.records]
  const shown = records.map((record) => `ApiMessageAndVersion(${recordText(record)} at version ${record.version ?? 0})`)
  const level = `metadataVersionLevel=${plan.metadataVersion}, source=format command`
  out.line(`Bootstrap metadata: BootstrapMetadata(records=[${shown.join(', ')}], ${level})`)
  for (const directory of javaMapOrder(found.empty)) await formatDirectory(directory, { plan, records, program })
}

interface FoundDirectories {
  readonly formatted: ReadonlyMap<string, MetaProperties>
  readonly empty: readonly string[]
  readonly unreadable: readonly string[]
}

function findFormatted(directories: readonly string[], program: Program): FoundDirectories {
  const formatted = new Map<string, MetaProperties>()
  const empty: string[] = []
  const unreadable: string[] = []
  for (const directory of directories) {
    try {
      const properties = readMetaProperties(program.environment.disk, resolve(program.workingDirectory, directory))
      if (properties === undefined) empty.push(directory)
      else formatted.set(directory, properties)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      program.out.error(error.message)
      unreadable.push(directory)
    }
  }
  return { formatted, empty, unreadable }
}

function verify(formatted: ReadonlyMap<string, MetaProperties>, { clusterId, nodeId }: FormatPlan): void {
  const seen = new Map<string, string>()
  for (const [directory, properties] of formatted) {
    const path = join(directory, 'meta.properties')
    if (properties.clusterId !== undefined && properties.clusterId !== clusterId) {
      throw new ToolExit(`Invalid cluster.id in: ${path}. Expected ${clusterId}, but read ${properties.clusterId}`)
    }
    if (properties.nodeId !== undefined && properties.nodeId !== nodeId) {
      throw new ToolExit(
        `Stored node id ${properties.nodeId} doesn't match previous node id ${nodeId} in ${path}. If you moved your ` +
          'data, make sure your configured node id matches. If you intend to create a new node, you should remove ' +
          'all data in your data directories.',
      )
    }
    const { directoryId } = properties
    if (directoryId === undefined) continue
    if (isReservedDirectory(directoryId)) {
      throw new ToolExit(`Invalid reserved directory ID ${directoryId} found in ${directory}`)
    }
    const other = seen.get(directoryId)
    if (other !== undefined) {
      const was = `It was the ID of ${other}, but also of ${directory}`
      throw new ToolExit(`Duplicate directory ID Optional[${directoryId}] found. ${was}`)
    }
    seen.set(directoryId, directory)
  }
}

interface Formatting {
  readonly plan: FormatPlan
  readonly records: readonly MetadataRecordInput[]
  readonly program: Program
}

async function formatDirectory(directory: string, { plan, records, program }: Formatting): Promise<void> {
  const { environment, out, workingDirectory } = program
  const { clusterId, nodeId } = plan
  const path = resolve(workingDirectory, directory)
  const isMetadata = directory === plan.metadataDirectory
  const voters = isMetadata ? plan.initialControllers : undefined
  const own = voters?.find((voter) => voter.nodeId === nodeId)
  const kind = own !== undefined ? 'dynamic metadata voter' : voters !== undefined ? 'dynamic metadata' : undefined
  const description = `${kind ?? (isMetadata ? 'metadata' : 'data')} directory`
  out.line(`Formatting ${description} ${directory} with metadata.version ${metadataVersionName(plan.metadataVersion)}.`)
  environment.disk.makeDirectory(path)
  await formatMetadataDirectory(environment, {
    directory: path,
    records,
    voters: voters?.map((voter) => ({
      id: voter.nodeId,
      directoryId: voter.directoryId,
      endpoints: [{ name: plan.controllerListener, host: voter.host, port: voter.port }],
    })),
  })
  // Last: a directory without it is formatted again.
  const directoryId = own?.directoryId ?? randomUuid(environment.random)
  await writeMetaProperties(environment.disk, path, { clusterId, nodeId, directoryId })
}
