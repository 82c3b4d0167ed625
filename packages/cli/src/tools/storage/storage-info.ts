/** `kafka-storage info`: what the directories of a node are formatted as, and what is wrong with them. */
import { join, resolve } from 'node:path'
import { ConfigError } from '@gregor/config'
import { type MetaProperties, readMetaProperties } from '@gregor/storage'
import type { Program } from '../../program.ts'

/** @returns the exit code: 1 where there are problems. */
export function storageInfo(directories: readonly string[], program: Program): number {
  const { out } = program
  const { found, problems, metadata } = inspect([...new Set(directories)].toSorted(), program)
  if (found.length > 0) {
    out.line(found.length === 1 ? 'Found log directory:' : 'Found log directories:')
    list(found, program)
  }
  if (metadata !== undefined) {
    if (metadata.version === 0) {
      problems.push(
        'The kafka configuration file appears to be for a cluster in KRaft mode, but the directories are formatted ' +
          'for legacy mode.',
      )
    }
    out.line(`Found metadata: ${propertiesText(metadata)}`)
    out.line('')
  }
  if (problems.length === 0) return 0
  out.line(problems.length === 1 ? 'Found problem:' : 'Found problems:')
  list(problems, program)
  return 1
}

function list(lines: readonly string[], { out }: Program): void {
  for (const line of lines) out.line(`  ${line}`)
  out.line('')
}

interface Inspected {
  readonly found: readonly string[]
  readonly problems: string[]
  /** Of the first directory that is formatted. */
  readonly metadata: MetaProperties | undefined
}

function inspect(directories: readonly string[], { environment: { disk }, workingDirectory }: Program): Inspected {
  const found: string[] = []
  const problems: string[] = []
  let metadata: MetaProperties | undefined
  for (const directory of directories) {
    const path = resolve(workingDirectory, directory)
    const kind = disk.stat(path)?.kind
    if (kind !== 'directory') {
      problems.push(`${directory} ${kind === undefined ? 'does not exist' : 'is not a directory'}`)
      continue
    }
    found.push(directory)
    try {
      const properties = readMetaProperties(disk, path)
      if (properties === undefined) problems.push(`${directory} is not formatted.`)
      else if (metadata === undefined) metadata = properties
      else if (metadata.clusterId !== properties.clusterId) {
        problems.push('Mismatched cluster IDs between storage directories.')
      } else if (metadata.nodeId !== properties.nodeId) {
        problems.push('Mismatched node IDs between storage directories.')
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(`Error loading ${join(directory, 'meta.properties')}: ${error.message}`)
    }
  }
  return { found, problems, metadata }
}

/** As Java writes a sorted map. */
function propertiesText({ version, clusterId, nodeId, directoryId }: MetaProperties): string {
  const entries: readonly (readonly [string, string | number | undefined])[] = [
    ['broker.id', version === 0 ? nodeId : undefined],
    ['cluster.id', clusterId],
    ['directory.id', directoryId],
    ['node.id', version === 1 ? nodeId : undefined],
    ['version', version],
  ]
  const written = entries.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`)
  return `{${written.join(', ')}}`
}
