/**
 * Whose the log directories are: pure, from their `meta.properties`. All must be of one cluster and of this node;
 * those that hold nothing become this node’s, those of an older form get what they lack.
 */

import { ConfigError } from '@gregor/config'
import type { MetaProperties } from './meta-properties.ts'

export interface FoundDirectory {
  readonly path: string
  /** `undefined`: there is no `meta.properties`. */
  readonly properties: MetaProperties | undefined
  /** Something is in it that was not made when it was opened just now. */
  readonly isUsed: boolean
}

export interface DirectoryIdentity {
  readonly path: string
  readonly directoryId: string
  /** Its `meta.properties` must be written (again). */
  readonly isNew: boolean
}

export interface Identities {
  readonly clusterId: string
  /** In the order of the directories found. */
  readonly directories: readonly DirectoryIdentity[]
}

/**
 * `clusterId`: the one that is known from elsewhere; else that of the directories, else a new one.
 * @throws ConfigError with all that does not fit
 */
export function identifyDirectories(
  found: readonly FoundDirectory[],
  node: { readonly nodeId: number; readonly clusterId: string | undefined },
  newId: () => string,
): Identities {
  const problems: string[] = []
  const withCluster = found.find(({ properties }) => properties?.clusterId !== undefined)
  const clusterId = node.clusterId ?? withCluster?.properties?.clusterId ?? newId()
  const ids = new Map<string, string>()
  for (const { path, properties, isUsed } of found) {
    if (properties === undefined) {
      if (isUsed) problems.push(unnamed(path))
      continue
    }
    if (properties.nodeId !== undefined && properties.nodeId !== node.nodeId) {
      problems.push(
        `${path} is of node ${properties.nodeId}; node.id is ${node.nodeId}. Name another directory, or set node.id=${properties.nodeId}.`,
      )
    }
    if (properties.clusterId !== undefined && properties.clusterId !== clusterId) {
      problems.push(
        `${path} is of cluster ${properties.clusterId}; this node is of cluster ${clusterId}. Name another directory.`,
      )
    }
    const { directoryId } = properties
    if (directoryId === undefined) continue
    const other = ids.get(directoryId)
    if (other !== undefined)
      problems.push(`${path} has the directory.id of ${other}: one is a copy of the other. Take one away.`)
    ids.set(directoryId, path)
  }
  if (problems.length > 0)
    throw new ConfigError(problems.map((message) => ({ key: 'log.dirs', message: `log.dirs: ${message}` })))
  return {
    clusterId,
    directories: found.map(({ path, properties }) => ({
      path,
      directoryId: properties?.directoryId ?? newId(),
      isNew: properties?.version !== 1 || properties.directoryId === undefined,
    })),
  }
}

function unnamed(path: string): string {
  return `${path} is not empty and has no meta.properties, so nobody knows whose it is. Name another directory, or put its meta.properties back.`
}
