/**
 * `meta.properties`: whose a log directory is. Version 1 names cluster, node and directory; version 0, of the days of
 * ZooKeeper, has the node as `broker.id`, and may lack the rest.
 */

import { join } from 'node:path'
import { isUuid } from '@gregor/base'
import { ConfigError, parseProperties, propertiesText, writeProperties } from '@gregor/config'
import { type Disk, DiskError } from '@gregor/platform'

export interface MetaProperties {
  readonly version: 0 | 1
  readonly clusterId: string | undefined
  readonly nodeId: number | undefined
  /** Missing in directories from before Apache Kafka 3.7. */
  readonly directoryId: string | undefined
}

export const metaPropertiesName = 'meta.properties'

/** `undefined`: there is no such file. @throws ConfigError for one that cannot be understood; DiskError */
export function readMetaProperties(disk: Pick<Disk, 'readFile'>, directory: string): MetaProperties | undefined {
  const path = join(directory, metaPropertiesName)
  let content: Buffer
  try {
    content = disk.readFile(path)
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return undefined
    throw error
  }
  return parseMetaProperties(propertiesText(content), path)
}

/** @throws DiskError */
export function writeMetaProperties(
  disk: Pick<Disk, 'replaceFile'>,
  directory: string,
  {
    clusterId,
    nodeId,
    directoryId,
  }: { readonly clusterId: string; readonly nodeId: number; readonly directoryId: string },
): Promise<void> {
  const text = writeProperties([
    ['cluster.id', clusterId],
    ['directory.id', directoryId],
    ['node.id', String(nodeId)],
    ['version', '1'],
  ])
  return disk.replaceFile(join(directory, metaPropertiesName), Buffer.from(text, 'utf8'))
}

function parseMetaProperties(text: string, path: string): MetaProperties {
  const properties = parseProperties(text)
  const version = properties.get('version') ?? '0'
  if (version !== '0' && version !== '1') {
    throw problem(path, 'version', version, 'must be 0 or 1: a later version has written it')
  }
  const nodeIdKey = version === '0' ? 'broker.id' : 'node.id'
  const nodeIdText = properties.get(nodeIdKey)
  const clusterId = properties.get('cluster.id')
  const directoryId = properties.get('directory.id')
  if (nodeIdText !== undefined && !/^\d{1,10}$/.test(nodeIdText)) {
    throw problem(path, nodeIdKey, nodeIdText, 'must be a number from 0')
  }
  if (version === '1' && nodeIdText === undefined) throw problem(path, 'node.id', undefined, 'is missing')
  if (version === '1' && clusterId === undefined) throw problem(path, 'cluster.id', undefined, 'is missing')
  if (directoryId !== undefined && !isUuid(directoryId)) {
    throw problem(path, 'directory.id', directoryId, 'must be an id of 22 characters')
  }
  return {
    version: version === '0' ? 0 : 1,
    clusterId,
    nodeId: nodeIdText === undefined ? undefined : Number(nodeIdText),
    directoryId,
  }
}

function problem(path: string, key: string, value: string | undefined, message: string): ConfigError {
  const shown = value === undefined ? key : `${key}=${value}`
  return new ConfigError([{ key: 'log.dirs', value: path, message: `${path}: ${shown} ${message}.` }])
}
