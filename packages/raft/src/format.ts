/**
 * What a new metadata directory starts from: `bootstrap.checkpoint`, the first records of the cluster (features), and
 * the snapshot at offset 0, which names the voters (kraft.version 1). Both in Apache Kafka’s form.
 */
import type { Clock, Disk } from '@gregor/platform'
import { encodeMetadataRecord, type MetadataRecordInput } from '@gregor/protocol'
import { BOOTSTRAP_SNAPSHOT_ID, parseSnapshot, SnapshotBuilder, writeSnapshot } from './snapshot-file.ts'
import { kraftVersionRecord, votersRecord, KRAFT_VERSION_MAX, type Voter } from './voters.ts'

export const BOOTSTRAP_FILE = 'bootstrap.checkpoint'
export const METADATA_LOG_DIRECTORY = '__cluster_metadata-0'
const bootstrapBytesMax = 64 * 1_048_576

/**
 * @param given.directory - a log directory, already created.
 * @param given.voters - `undefined`: only the bootstrap checkpoint is written, as for directories without the metadata
 *   log, and for quorums that are named by configuration.
 */
export async function formatMetadataDirectory(
  world: { readonly disk: Disk; readonly clock: Pick<Clock, 'wallMs'> },
  given: {
    readonly directory: string
    readonly records: readonly MetadataRecordInput[]
    readonly voters: readonly Voter[] | undefined
  },
): Promise<void> {
  const { disk, clock } = world
  const nowMs = clock.wallMs()
  const bootstrap = new SnapshotBuilder({ lastAppendTimeMs: 0, control: [] }, { epoch: 0, nowMs })
  bootstrap.append(given.records.map((record) => encodeMetadataRecord(record)))
  await disk.replaceFile(`${given.directory}/${BOOTSTRAP_FILE}`, Buffer.concat(bootstrap.finish()))

  if (given.voters === undefined) return disk.syncDirectory(given.directory)
  const logDirectory = `${given.directory}/${METADATA_LOG_DIRECTORY}`
  disk.makeDirectory(logDirectory)
  const control = [kraftVersionRecord(KRAFT_VERSION_MAX), votersRecord(given.voters)]
  const voters = new SnapshotBuilder({ lastAppendTimeMs: nowMs, control }, { epoch: 0, nowMs })
  await writeSnapshot(disk, logDirectory, BOOTSTRAP_SNAPSHOT_ID, voters.finish())
  await disk.syncDirectory(given.directory)
}

/** The records of `bootstrap.checkpoint`, encoded; none where the file is missing. @throws SnapshotError */
export function readBootstrapRecords(disk: Disk, directory: string): readonly Buffer[] {
  const path = `${directory}/${BOOTSTRAP_FILE}`
  return disk.stat(path) === undefined ? [] : parseSnapshot(disk.readFile(path, bootstrapBytesMax), path).records
}
