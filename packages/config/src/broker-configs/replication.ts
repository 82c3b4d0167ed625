/** How followers copy and how leaders are chosen. */
import { boolean, defineConfigs, int, long, string } from '../definition.ts'

export const replicationConfigs = defineConfigs({
  'auto.leader.rebalance.enable': boolean({
    default: true,
    importance: 'high',
    doc: 'Whether the controller moves leadership back to preferred replicas by itself.',
  }),
  'default.replication.factor': int({
    default: 1,
    doc: 'Replicas of a topic that is created without saying how many.',
  }),
  'delete.records.purgatory.purge.interval.requests': int({
    default: 1,
    doc: 'After how many finished requests Kafka sweeps the waiting DeleteRecords requests; they leave at once here.',
  }),
  'fetch.purgatory.purge.interval.requests': int({
    default: 1000,
    doc: 'After how many finished requests Kafka sweeps the waiting fetches; they leave at once here.',
  }),
  'follower.fetch.last.tiered.offset.enable': boolean({
    default: false,
    scope: 'cluster-wide',
    doc: 'Whether an empty follower starts at the first offset that is not in remote storage instead of at the log start.',
  }),
  'leader.imbalance.check.interval.seconds': long({
    default: 300,
    min: 1,
    importance: 'high',
    doc: 'Pause between two looks for partitions that are not led by their preferred replica.',
  }),
  'num.replica.fetchers': int({
    default: 1,
    min: 1,
    scope: 'cluster-wide',
    importance: 'high',
    doc: 'Connections by which replicas are copied from each leader.',
  }),
  'producer.purgatory.purge.interval.requests': int({
    default: 1000,
    doc: 'After how many finished requests Kafka sweeps the waiting produce requests; they leave at once here.',
  }),
  'replica.fetch.backoff.ms': int({
    default: 1000,
    min: 0,
    doc: 'Pause of a follower after a failed fetch.',
  }),
  'replica.fetch.max.bytes': int({
    default: 1_048_576,
    min: 0,
    doc: 'Most bytes of one partition in the fetch of a follower; a first batch that is larger is still sent.',
  }),
  'replica.fetch.min.bytes': int({
    default: 1,
    importance: 'high',
    doc: "Fewest bytes that are worth an answer to a follower's fetch.",
  }),
  'replica.fetch.response.max.bytes': int({
    default: 10_485_760,
    min: 0,
    doc: "Most bytes in the whole answer to a follower's fetch; a first batch that is larger is still sent.",
  }),
  'replica.fetch.wait.max.ms': int({
    default: 500,
    importance: 'high',
    doc: "Longest time that a follower's fetch waits for new data.",
  }),
  'replica.high.watermark.checkpoint.interval.ms': long({
    default: 5000,
    importance: 'high',
    doc: 'How often high watermarks are written down.',
  }),
  'replica.lag.time.max.ms': long({
    default: 30_000,
    importance: 'high',
    doc: 'A follower that has not caught up for this long leaves the in-sync replicas.',
  }),
  'replica.selector.class': string({
    doc: 'Java class that picks the replica a consumer reads from; `RackAwareReplicaSelector` is the one that exists here.',
  }),
  'replica.socket.receive.buffer.bytes': int({
    default: 65_536,
    importance: 'high',
    doc: 'Receive buffer of the sockets by which followers fetch.',
  }),
  'replica.socket.timeout.ms': int({
    default: 30_000,
    importance: 'high',
    doc: 'How long the fetch of a follower may take; at least `replica.fetch.wait.max.ms`.',
  }),
  'share.fetch.purgatory.purge.interval.requests': int({
    default: 1000,
    doc: 'After how many finished requests Kafka sweeps the waiting share fetches; they leave at once here.',
  }),
  'unclean.leader.election.enable': boolean({
    default: false,
    scope: 'cluster-wide',
    importance: 'high',
    doc: 'Whether a replica that is not in sync may lead if no other is left, at the price of lost records.',
  }),
  'unclean.leader.election.interval.ms': long({
    default: 300_000,
    min: 1,
    isInternal: true,
    doc: 'How often partitions without a leader are looked at where such elections are allowed.',
  }),
})
