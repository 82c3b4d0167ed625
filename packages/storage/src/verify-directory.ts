/**
 * Checks a log directory, or the directory of one partition, without changing anything: for `gregor log verify DIR`.
 * Meant for directories that no node is using; of one that is in use, the newest bytes may look unfinished.
 */

import { basename, join } from 'node:path'
import { ConfigError } from '@gregor/config'
import type { Disk } from '@gregor/platform'
import { OffsetCheckpoint, offsetCheckpointNames } from './checkpoint-file.ts'
import { leaderEpochsFileName, logSuffix, offsetOfFileName, segmentFileName } from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { metaPropertiesName, readMetaProperties } from './meta-properties.ts'
import { parsePartitionDirectory } from './partition-directory-name.ts'
import { partitionMetadataName, readPartitionMetadata } from './partition-metadata.ts'
import { producerBatchesSuffix, producerSnapshotSuffix } from './producer-snapshot-files.ts'
import { batchesProblem, snapshotProblem } from './producer-snapshot.ts'
import { verifySegment } from './verify-log.ts'

export interface DirectoryProblem {
  /**
   * `damage`: records are lost, readers get CORRUPT_MESSAGE. `tail`: the end of a log is not whole; the next start cuts
   * it. `derived`: can be had from elsewhere, and is rebuilt at the next start or done without.
   */
  readonly kind: 'damage' | 'tail' | 'derived'
  readonly file: string
  /** In the file, where there is one. */
  readonly position?: number
  /** The position behind it. */
  readonly end?: number
  /** In the log: of the first record that is missing there. */
  readonly offset?: number
  readonly problem: string
}

/** What was looked at. */
export interface VerifiedDirectory {
  readonly partitionCount: number
  readonly segmentCount: number
  readonly batchCount: number
  readonly byteCount: number
}

const SNAPSHOT_BYTES_MAX = 2 ** 30

/**
 * Problems as they are found, file by file, and at the end how much was looked at.
 * @throws DiskError where something cannot be read at all
 */
export async function* verifyDirectory(disk: Disk, path: string): AsyncGenerator<DirectoryProblem, VerifiedDirectory> {
  const counts = { partitionCount: 0, segmentCount: 0, batchCount: 0, byteCount: 0 }
  const names = disk.list(path)
  if (names.some((name) => offsetOfFileName(name, logSuffix) !== undefined)) {
    yield* verifyPartition(disk, path, counts)
    return counts
  }
  const partitions = names.filter((name) => isPartition(disk, path, name))
  // A folder of something else would only be told what a log directory has and it has not.
  if (partitions.length > 0 || names.includes(metaPropertiesName)) yield* verifyLogDirectoryFiles(disk, path)
  for (const name of partitions) yield* verifyPartition(disk, join(path, name), counts)
  return counts
}

function isPartition(disk: Disk, path: string, name: string): boolean {
  const kind = parsePartitionDirectory(name)?.kind
  return kind !== undefined && kind !== 'delete' && disk.stat(join(path, name))?.kind === 'directory'
}

function* verifyLogDirectoryFiles(disk: Disk, path: string): Generator<DirectoryProblem> {
  try {
    if (readMetaProperties(disk, path) === undefined) {
      yield { kind: 'damage', file: join(path, metaPropertiesName), problem: 'it is missing' }
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    yield { kind: 'damage', file: join(path, metaPropertiesName), problem: error.message }
  }
  for (const name of Object.values(offsetCheckpointNames)) {
    const file = join(path, name)
    const { problem } = OffsetCheckpoint.load(disk, file)
    if (problem !== undefined) yield { kind: 'derived', file, problem }
  }
}

type Counts = { -readonly [Name in keyof VerifiedDirectory]: number }

async function* verifyPartition(disk: Disk, path: string, counts: Counts): AsyncGenerator<DirectoryProblem> {
  const names = disk.list(path)
  const baseOffsets = names.map((name) => offsetOfFileName(name, logSuffix)).filter((offset) => offset !== undefined)
  counts.partitionCount++
  for (const [index, baseOffset] of baseOffsets.entries()) {
    const verified = await verifySegment(disk, path, { baseOffset, endOffset: baseOffsets[index + 1] })
    counts.segmentCount++
    counts.batchCount += verified.batchCount
    counts.byteCount += verified.byteCount
    yield* verified.problems
  }
  yield* verifySmallFiles(disk, path, names)
}

function* verifySmallFiles(disk: Disk, path: string, names: readonly string[]): Generator<DirectoryProblem> {
  const epochs = LeaderEpochs.load(disk, join(path, leaderEpochsFileName))
  if (epochs.problem !== undefined) yield { kind: 'derived', file: epochs.path, problem: problemText(epochs.problem) }
  const { problem } = readPartitionMetadata(disk, path)
  // The metadata log has no such file: its id is fixed.
  if (problem !== undefined && basename(path) !== '__cluster_metadata-0') {
    yield { kind: 'derived', file: join(path, partitionMetadataName), problem: problemText(problem) }
  }
  for (const name of names) {
    const offset = offsetOfFileName(name, producerSnapshotSuffix)
    if (offset === undefined) continue
    const snapshot = disk.readFile(join(path, name), SNAPSHOT_BYTES_MAX)
    const found = snapshotProblem(snapshot)
    if (found !== undefined) yield { kind: 'derived', file: join(path, name), problem: found }
    const batchesName = segmentFileName(offset, producerBatchesSuffix)
    if (found !== undefined || !names.includes(batchesName)) continue
    const batches = batchesProblem(disk.readFile(join(path, batchesName), SNAPSHOT_BYTES_MAX), snapshot)
    if (batches !== undefined) yield { kind: 'derived', file: join(path, batchesName), problem: batches }
  }
}

function problemText(problem: string): string {
  return problem === 'missing' ? 'it is missing' : problem
}
