/** Logs and the directories they are in: `kafka.log`, and the room that is left. */
import type { MetricSample } from '@gregor/platform'
import type { PartitionLog } from '@gregor/storage'
import { single, type MetricFamily } from './metric-family.ts'

export const logFamilies: readonly MetricFamily[] = [
  perLog('kafka_log_log_size', 'Bytes of a partition’s segments.', (log) => log.sizeBytes),
  perLog('kafka_log_log_numlogsegments', 'Segments of a partition.', (log) => log.segments.all.length),
  perLog('kafka_log_log_logstartoffset', 'The first offset of a partition.', (log) => log.logStartOffset),
  perLog('kafka_log_log_logendoffset', 'The offset that comes next in a partition.', (log) => log.logEndOffset),
  perLog('gregor_log_highwatermark', 'The offset that consumers read up to.', (log) => log.highWatermark),
  perLog(
    'gregor_log_unsynced_records',
    'Records of a partition that a power cut would take.',
    (log) => log.logEndOffset - log.syncedOffset,
  ),
  single(
    {
      name: 'kafka_log_logmanager_offlinelogdirectorycount',
      help: 'Log directories that have failed, until the node starts again.',
      kind: 'gauge',
    },
    ({ services }) => services.logDirectories.describe().filter(({ error }) => error !== 'NONE').length,
  ),
  perDirectory('kafka_log_logmanager_logdirectoryoffline', 'Whether a log directory has failed: 1.', ({ error }) =>
    error === 'NONE' ? 0 : 1,
  ),
  perDirectory(
    'gregor_log_directory_size_bytes',
    'Size of the file system of a log directory.',
    (directory) => directory.totalBytes,
  ),
  perDirectory(
    'gregor_log_directory_free_bytes',
    'What is left of it for this user.',
    (directory) => directory.usableBytes,
  ),
  single(
    {
      name: 'kafka_log_logcleaner_max_dirty_percent',
      help: 'How much of the dirtiest compacted log is not compacted yet, when it was last looked for.',
      kind: 'gauge',
    },
    ({ services }) => services.logDirectories.upkeep.cleaner.dirtiestRatio * 100,
  ),
  single(
    {
      name: 'kafka_log_logcleanermanager_uncleanable_partitions_count',
      help: 'Compacted logs that are left alone until the next start, because compaction failed.',
      kind: 'gauge',
    },
    ({ services }) => services.logDirectories.upkeep.cleaner.uncleanableCount,
  ),
  single(
    {
      name: 'gregor_log_damaged_places',
      help: 'Places in closed segments that are not what was written. Readers of these get CORRUPT_MESSAGE.',
      kind: 'gauge',
    },
    ({ services }) => services.logDirectories.upkeep.scrub.damageCount,
  ),
]

function perLog(name: string, help: string, pick: (log: PartitionLog) => number): MetricFamily {
  return {
    definition: { name, help, kind: 'gauge', labels: ['topic', 'partition'] },
    *collect({ services }): Generator<MetricSample> {
      for (const log of services.logDirectories.logs()) {
        const { topic, partition } = log.topicPartition
        yield { value: pick(log), labels: [topic, String(partition)] }
      }
    },
  }
}

type Directory = ReturnType<Parameters<MetricFamily['collect']>[0]['services']['logDirectories']['describe']>[number]

/** What is unknown of an offline directory is left out. */
function perDirectory(name: string, help: string, pick: (directory: Directory) => number): MetricFamily {
  return {
    definition: { name, help, kind: 'gauge', labels: ['logDirectory'] },
    *collect({ services }): Generator<MetricSample> {
      for (const directory of services.logDirectories.describe()) {
        const value = pick(directory)
        if (value >= 0) yield { value, labels: [directory.path] }
      }
    },
  }
}
