/** Tiered storage (KIP-405). */
import { NO_LIMIT, boolean, defineConfigs, double, int, long, string } from '../definition.ts'

export const remoteLogConfigs = defineConfigs({
  'log.local.retention.bytes': long({
    default: -2,
    min: -2,
    scope: 'cluster-wide',
    doc: 'Bytes of a partition kept on local disk when older data is in remote storage; -2: `log.retention.bytes`.',
  }),
  'log.local.retention.ms': long({
    default: -2,
    min: -2,
    scope: 'cluster-wide',
    doc: 'How long data stays on local disk when older data is in remote storage; -2: `log.retention.ms`.',
  }),
  'remote.fetch.max.wait.ms': int({
    default: 500,
    min: 1,
    scope: 'cluster-wide',
    doc: 'How long a fetch waits for remote storage.',
  }),
  'remote.list.offsets.request.timeout.ms': long({
    default: 30_000,
    min: 1,
    scope: 'cluster-wide',
    doc: 'How long a ListOffsets request waits for remote storage.',
  }),
  'remote.log.index.file.cache.total.size.bytes': long({
    default: 1_073_741_824,
    min: 1,
    scope: 'cluster-wide',
    importance: 'low',
    doc: 'Disk space for indexes fetched from remote storage.',
  }),
  'remote.log.index.file.cache.ttl.ms': long({
    default: 900_000,
    min: -1,
    importance: 'low',
    isInternal: true,
    doc: 'How long an index fetched from remote storage is kept unused; -1: as long as there is space.',
  }),
  'remote.log.manager.copier.thread.pool.size': int({
    default: 10,
    min: 1,
    scope: 'cluster-wide',
    doc: 'Segments that are copied to remote storage at the same time.',
  }),
  'remote.log.manager.copy.max.bytes.per.second': long({
    default: NO_LIMIT,
    min: 1,
    scope: 'cluster-wide',
    doc: 'Most bytes copied to remote storage in a second.',
  }),
  'remote.log.manager.copy.quota.window.num': int({
    default: 11,
    min: 1,
    doc: 'How many samples the quota of copies to remote storage remembers.',
  }),
  'remote.log.manager.copy.quota.window.size.seconds': int({
    default: 1,
    min: 1,
    doc: 'How long one sample of the quota of copies to remote storage is.',
  }),
  'remote.log.manager.expiration.thread.pool.size': int({
    default: 10,
    min: 1,
    scope: 'cluster-wide',
    doc: 'Partitions whose expired remote segments are removed at the same time.',
  }),
  'remote.log.manager.fetch.max.bytes.per.second': long({
    default: NO_LIMIT,
    min: 1,
    scope: 'cluster-wide',
    doc: 'Most bytes read from remote storage in a second.',
  }),
  'remote.log.manager.fetch.quota.window.num': int({
    default: 11,
    min: 1,
    doc: 'How many samples the quota of reads from remote storage remembers.',
  }),
  'remote.log.manager.fetch.quota.window.size.seconds': int({
    default: 1,
    min: 1,
    doc: 'How long one sample of the quota of reads from remote storage is.',
  }),
  'remote.log.manager.follower.thread.pool.size': int({
    default: 2,
    min: 1,
    scope: 'cluster-wide',
    doc: 'Followed partitions whose remote metadata is read at the same time.',
  }),
  'remote.log.manager.task.interval.ms': long({
    default: 30_000,
    min: 1,
    importance: 'low',
    doc: 'How often segments are looked for that can be copied to or removed from remote storage.',
  }),
  'remote.log.manager.task.retry.backoff.max.ms': long({
    default: 30_000,
    min: 1,
    importance: 'low',
    isInternal: true,
    doc: 'Longest pause before a failed remote storage task runs again.',
  }),
  'remote.log.manager.task.retry.backoff.ms': long({
    default: 500,
    min: 1,
    importance: 'low',
    isInternal: true,
    doc: 'First pause before a failed remote storage task runs again.',
  }),
  'remote.log.manager.task.retry.jitter': double({
    default: 0.2,
    min: 0,
    max: 0.5,
    importance: 'low',
    isInternal: true,
    doc: 'Share of that pause that is drawn at random.',
  }),
  'remote.log.manager.thread.pool.size': int({
    default: 2,
    min: 1,
    doc: 'Remote storage tasks that run at the same time; the pools named after their task go first.',
  }),
  'remote.log.metadata.custom.metadata.max.bytes': int({
    default: 128,
    min: 0,
    importance: 'low',
    doc: 'Most bytes of its own that a remote storage plugin may keep with a segment.',
  }),
  'remote.log.metadata.manager.class.name': string({
    default: 'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    validator: { kind: 'nonEmpty' },
    doc: 'Java class that keeps the metadata of remote segments.',
  }),
  'remote.log.metadata.manager.class.path': string({
    doc: 'Class path of that class.',
  }),
  'remote.log.metadata.manager.impl.prefix': string({
    default: 'rlmm.config.',
    validator: { kind: 'nonEmpty' },
    doc: 'Prefix of the configs that are handed to that class.',
  }),
  'remote.log.metadata.manager.listener.name': string({
    validator: { kind: 'nonEmpty' },
    doc: 'The listener by which that class reaches the brokers.',
  }),
  'remote.log.reader.max.pending.tasks': int({
    default: 100,
    min: 1,
    doc: 'Most reads from remote storage that may wait.',
  }),
  'remote.log.reader.threads': int({
    default: 10,
    min: 1,
    scope: 'cluster-wide',
    doc: 'Reads from remote storage that run at the same time.',
  }),
  'remote.log.storage.manager.class.name': string({
    validator: { kind: 'nonEmpty' },
    doc: 'Java class that talks to remote storage.',
  }),
  'remote.log.storage.manager.class.path': string({
    doc: 'Class path of that class.',
  }),
  'remote.log.storage.manager.impl.prefix': string({
    default: 'rsm.config.',
    validator: { kind: 'nonEmpty' },
    doc: 'Prefix of the configs that are handed to that class.',
  }),
  'remote.log.storage.system.enable': boolean({
    default: false,
    doc: 'Whether topics may keep their older data in remote storage.',
  }),
})
