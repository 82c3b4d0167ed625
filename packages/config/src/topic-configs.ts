/**
 * Every config of a topic. All of them may be changed while the topic is in use; the broker config that stands in for
 * one that is not set is in `synonyms`.
 */
import { NO_LIMIT, boolean, defineConfigs, double, int, list, long, oneOf } from './definition.ts'
import { gzipLevel, throttledReplicas } from './special-validators.ts'

export const topicConfigs = defineConfigs({
  'cleanup.policy': list({
    default: ['delete'],
    values: ['compact', 'delete'],
    doc: 'What happens to old data of the topic: `delete` whole segments, `compact` to the last record of each key, both, or (empty) nothing.',
  }),
  'compression.gzip.level': int({
    default: -1,
    validator: gzipLevel,
    doc: "Effort of gzip where the broker compresses: 1 (fast) to 9 (small), -1 for the library's own choice.",
  }),
  'compression.lz4.level': int({
    default: 9,
    min: 1,
    max: 17,
    doc: 'Effort of lz4 where the broker compresses.',
  }),
  'compression.type': oneOf(['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], {
    default: 'producer',
    doc: 'How batches are compressed on disk: `producer` keeps what the producer chose.',
  }),
  'compression.zstd.level': int({
    default: 3,
    min: -131_072,
    max: 22,
    doc: 'Effort of zstd where the broker compresses; negative levels are faster and larger.',
  }),
  'delete.retention.ms': long({
    default: 86_400_000,
    min: 0,
    doc: 'How long tombstones stay readable in a compacted topic; a reader from the start must be done within this time.',
  }),
  'file.delete.delay.ms': long({
    default: 60_000,
    min: 0,
    doc: 'How long a deleted file stays on disk under its `.deleted` name.',
  }),
  'flush.messages': long({
    default: NO_LIMIT,
    min: 1,
    doc: 'After how many records a partition is synced to disk. 1: what is acknowledged is on disk.',
  }),
  'flush.ms': long({
    default: NO_LIMIT,
    min: 0,
    doc: 'The longest time that records stay unsynced.',
  }),
  'follower.replication.throttled.replicas': list({
    default: [],
    validator: throttledReplicas,
    doc: 'Replicas throttled where they follow: `partition:broker` each, or `*` for all.',
  }),
  'index.interval.bytes': int({
    default: 4096,
    min: 0,
    doc: 'Bytes of records between two entries of an offset index.',
  }),
  'internal.segment.bytes': int({
    isInternal: true,
    doc: 'Segment size of a topic without its lower bound, for tests.',
  }),
  'leader.replication.throttled.replicas': list({
    default: [],
    validator: throttledReplicas,
    doc: 'Replicas throttled where they lead: `partition:broker` each, or `*` for all.',
  }),
  'local.retention.bytes': long({
    default: -2,
    min: -2,
    doc: 'Bytes of a partition kept on local disk when older data is in remote storage; -2: `retention.bytes`.',
  }),
  'local.retention.ms': long({
    default: -2,
    min: -2,
    doc: 'How long data stays on local disk when older data is in remote storage; -2: `retention.ms`.',
  }),
  'max.compaction.lag.ms': long({
    default: NO_LIMIT,
    min: 1,
    doc: 'A record is compacted at the latest this long after it was written.',
  }),
  'max.message.bytes': int({
    default: 1_048_588,
    min: 0,
    doc: 'Largest batch of records that is accepted, as it is compressed.',
  }),
  'message.timestamp.after.max.ms': long({
    default: 3_600_000,
    min: 0,
    doc: "How far ahead of the broker's clock the timestamp of a record may be.",
  }),
  'message.timestamp.before.max.ms': long({
    default: NO_LIMIT,
    min: 0,
    doc: "How far behind the broker's clock the timestamp of a record may be.",
  }),
  'message.timestamp.type': oneOf(['CreateTime', 'LogAppendTime'], {
    default: 'CreateTime',
    doc: 'Whether the timestamp of a record is the one its producer gave it or the time of the append.',
  }),
  'min.cleanable.dirty.ratio': double({
    default: 0.5,
    min: 0,
    max: 1,
    doc: 'A log is cleaned once this share of it has not been cleaned before.',
  }),
  'min.compaction.lag.ms': long({
    default: 0,
    min: 0,
    doc: 'A record stays uncompacted for at least this long after it was written.',
  }),
  'min.insync.replicas': int({
    default: 1,
    min: 1,
    doc: 'How many in-sync replicas must have a record before a producer that asks for all of them is answered.',
  }),
  preallocate: boolean({
    default: false,
    doc: 'Whether the file of a new segment gets its whole size at once.',
  }),
  'remote.log.copy.disable': boolean({
    default: false,
    doc: 'Whether data is no longer copied to remote storage while what is there stays readable.',
  }),
  'remote.log.delete.on.disable': boolean({
    default: false,
    doc: 'Whether switching remote storage off for the topic also deletes what is there.',
  }),
  'remote.storage.enable': boolean({
    default: false,
    doc: 'Whether older data of the topic is kept in remote storage.',
  }),
  'retention.bytes': long({
    default: -1,
    doc: 'Size of a partition above which its oldest segments are deleted; -1: no limit.',
  }),
  'retention.ms': long({
    default: 604_800_000,
    min: -1,
    doc: 'How long segments are kept; -1: for ever.',
  }),
  'segment.bytes': int({
    default: 1_073_741_824,
    min: 1_048_576,
    doc: 'Size at which a segment is closed and the next one begun.',
  }),
  'segment.index.bytes': int({
    default: 10_485_760,
    min: 4,
    doc: 'Size at which a full offset index closes its segment.',
  }),
  'segment.jitter.ms': long({
    default: 0,
    min: 0,
    doc: 'Most milliseconds by which rolling is brought forward at random, so that segments are not all closed at once.',
  }),
  'segment.ms': long({
    default: 604_800_000,
    min: 1,
    doc: 'Age at which a segment is closed, full or not.',
  }),
  'unclean.leader.election.enable': boolean({
    default: false,
    doc: 'Whether a replica that is not in sync may lead if no other is left, at the price of lost records.',
  }),
})
