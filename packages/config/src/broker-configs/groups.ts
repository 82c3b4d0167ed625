/**
 * Consumer, share and streams groups: coordinators, offsets, the state of share groups, and bounds of what a group may
 * ask for (KIP-848, KIP-932, KIP-1071).
 */
import { defineConfigs, int, list, long, short, string } from '../definition.ts'

export const groupCoordinatorConfigs = defineConfigs({
  'group.consumer.assignment.interval.ms': int({
    default: 1000,
    min: 0,
    scope: 'cluster-wide',
    doc: 'Shortest time between two assignments of one consumer group.',
  }),
  'group.consumer.assignors': list({
    default: ['uniform', 'range'],
    mayBeEmpty: false,
    doc: 'Assignors of the consumer protocol, by name; the first is used where members do not choose.',
  }),
  'group.consumer.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'How often members of a consumer group are told to send heartbeats.',
  }),
  'group.consumer.max.assignment.interval.ms': int({
    default: 15_000,
    min: 0,
    doc: 'Upper bound of `consumer.assignment.interval.ms` of a group.',
  }),
  'group.consumer.max.heartbeat.interval.ms': int({
    default: 15_000,
    min: 1,
    doc: 'Upper bound of `consumer.heartbeat.interval.ms` of a group.',
  }),
  'group.consumer.max.session.timeout.ms': int({
    default: 60_000,
    min: 1,
    doc: 'Upper bound of `consumer.session.timeout.ms` of a group.',
  }),
  'group.consumer.max.size': int({
    default: 2_147_483_647,
    min: 1,
    doc: 'Most members of one consumer group.',
  }),
  'group.consumer.migration.policy': string({
    default: 'bidirectional',
    validator: { kind: 'oneOf', values: ['DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'], ignoresCase: true },
    doc: 'Which way a live group may change between the classic and the consumer protocol.',
  }),
  'group.consumer.min.assignment.interval.ms': int({
    default: 0,
    min: 0,
    doc: 'Lower bound of `consumer.assignment.interval.ms` of a group.',
  }),
  'group.consumer.min.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'Lower bound of `consumer.heartbeat.interval.ms` of a group.',
  }),
  'group.consumer.min.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    doc: 'Lower bound of `consumer.session.timeout.ms` of a group.',
  }),
  'group.consumer.regex.refresh.interval.ms': int({
    default: 600_000,
    min: 10_000,
    isInternal: true,
    doc: 'How often subscriptions by regular expression are matched against the topics again.',
  }),
  'group.consumer.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    doc: 'A member of a consumer group that sends no heartbeat for this long is removed.',
  }),
  'group.coordinator.append.linger.ms': int({
    default: -1,
    min: -1,
    doc: 'How long the group coordinator collects records before it writes them; -1: as long as it is busy anyway.',
  }),
  'group.coordinator.background.threads': int({
    default: 2,
    min: 1,
    importance: 'high',
    doc: 'Threads for side work of the group coordinator in Kafka; accepted for compatibility.',
  }),
  'group.coordinator.cached.buffer.max.bytes': int({
    default: 1_048_588,
    min: 524_288,
    scope: 'cluster-wide',
    doc: 'Largest write buffer that the group coordinator keeps for the next time.',
  }),
  'group.coordinator.rebalance.protocols': list({
    default: ['classic', 'consumer', 'streams'],
    values: ['consumer', 'classic', 'share', 'streams'],
    mayBeEmpty: false,
    doc: 'Which group protocols are served; `classic` always is. Going away in Kafka 5: features decide.',
  }),
  'group.coordinator.threads': int({
    default: 4,
    min: 1,
    importance: 'high',
    doc: 'Threads of the group coordinator in Kafka; accepted for compatibility.',
  }),
  'group.initial.rebalance.delay.ms': int({
    default: 3000,
    doc: 'How long the first rebalance of an empty classic group waits for more members.',
  }),
  'group.max.session.timeout.ms': int({
    default: 1_800_000,
    doc: 'Longest session timeout that a member of a classic group may ask for.',
  }),
  'group.max.size': int({
    default: 2_147_483_647,
    min: 1,
    doc: 'Most members of one classic group.',
  }),
  'group.min.session.timeout.ms': int({
    default: 6000,
    doc: 'Shortest session timeout that a member of a classic group may ask for.',
  }),
  'group.share.assignment.interval.ms': int({
    default: 1000,
    min: 0,
    scope: 'cluster-wide',
    doc: 'Shortest time between two assignments of one share group.',
  }),
  'group.share.assignors': list({
    default: ['simple'],
    mayBeEmpty: false,
    doc: 'The assignor of share groups.',
  }),
  'group.share.delivery.count.limit': int({
    default: 5,
    min: 2,
    max: 10,
    doc: 'How often a record of a share group is delivered before it is given up.',
  }),
  'group.share.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'How often members of a share group are told to send heartbeats.',
  }),
  'group.share.initialize.retry.interval.ms': int({
    default: 30_000,
    min: 1,
    importance: 'low',
    isInternal: true,
    doc: 'Pause before the state of a share-partition is initialized again after a failure.',
  }),
  'group.share.max.assignment.interval.ms': int({
    default: 15_000,
    min: 0,
    doc: 'Upper bound of `share.assignment.interval.ms` of a group.',
  }),
  'group.share.max.delivery.count.limit': int({
    default: 10,
    min: 5,
    max: 25,
    doc: 'Upper bound of `share.delivery.count.limit` of a group.',
  }),
  'group.share.max.heartbeat.interval.ms': int({
    default: 15_000,
    min: 1,
    doc: 'Upper bound of `share.heartbeat.interval.ms` of a group.',
  }),
  'group.share.max.partition.max.record.locks': int({
    default: 4000,
    min: 2000,
    max: 10_000,
    doc: 'Upper bound of `share.partition.max.record.locks` of a group.',
  }),
  'group.share.max.record.lock.duration.ms': int({
    default: 60_000,
    min: 30_000,
    max: 3_600_000,
    doc: 'Upper bound of `share.record.lock.duration.ms` of a group.',
  }),
  'group.share.max.session.timeout.ms': int({
    default: 60_000,
    min: 1,
    doc: 'Upper bound of `share.session.timeout.ms` of a group.',
  }),
  'group.share.max.share.sessions': int({
    default: 2000,
    min: 1,
    doc: 'Most share sessions on one broker.',
  }),
  'group.share.max.size': int({
    default: 200,
    min: 1,
    max: 1000,
    doc: 'Most members of one share group.',
  }),
  'group.share.min.assignment.interval.ms': int({
    default: 0,
    min: 0,
    doc: 'Lower bound of `share.assignment.interval.ms` of a group.',
  }),
  'group.share.min.delivery.count.limit': int({
    default: 2,
    min: 2,
    max: 5,
    doc: 'Lower bound of `share.delivery.count.limit` of a group.',
  }),
  'group.share.min.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'Lower bound of `share.heartbeat.interval.ms` of a group.',
  }),
  'group.share.min.partition.max.record.locks': int({
    default: 100,
    min: 100,
    max: 2000,
    doc: 'Lower bound of `share.partition.max.record.locks` of a group.',
  }),
  'group.share.min.record.lock.duration.ms': int({
    default: 15_000,
    min: 1000,
    max: 30_000,
    doc: 'Lower bound of `share.record.lock.duration.ms` of a group.',
  }),
  'group.share.min.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    doc: 'Lower bound of `share.session.timeout.ms` of a group.',
  }),
  'group.share.partition.max.record.locks': int({
    default: 2000,
    min: 100,
    max: 10_000,
    doc: 'Most records of one share-partition that may be locked at a time.',
  }),
  'group.share.persister.class.name': string({
    default: 'org.apache.kafka.server.share.persister.DefaultStatePersister',
    isInternal: true,
    doc: "Java class that keeps the state of share groups; there is one way here, and it is Kafka's default.",
  }),
  'group.share.record.lock.duration.ms': int({
    default: 30_000,
    min: 1000,
    max: 3_600_000,
    doc: 'How long a delivered record of a share group is kept from other members.',
  }),
  'group.share.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    doc: 'A member of a share group that sends no heartbeat for this long is removed.',
  }),
  'group.streams.assignment.interval.ms': int({
    default: 1000,
    min: 0,
    scope: 'cluster-wide',
    doc: 'Shortest time between two assignments of one streams group.',
  }),
  'group.streams.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'How often members of a streams group are told to send heartbeats.',
  }),
  'group.streams.initial.rebalance.delay.ms': int({
    default: 3000,
    min: 0,
    doc: 'How long the first rebalance of an empty streams group waits for more members.',
  }),
  'group.streams.max.assignment.interval.ms': int({
    default: 15_000,
    min: 0,
    doc: 'Upper bound of `streams.assignment.interval.ms` of a group.',
  }),
  'group.streams.max.heartbeat.interval.ms': int({
    default: 15_000,
    min: 1,
    doc: 'Upper bound of `streams.heartbeat.interval.ms` of a group.',
  }),
  'group.streams.max.session.timeout.ms': int({
    default: 60_000,
    min: 1,
    doc: 'Upper bound of `streams.session.timeout.ms` of a group.',
  }),
  'group.streams.max.size': int({
    default: 2_147_483_647,
    min: 1,
    doc: 'Most members of one streams group.',
  }),
  'group.streams.max.standby.replicas': int({
    default: 2,
    min: 0,
    doc: 'Upper bound of `streams.num.standby.replicas` of a group.',
  }),
  'group.streams.min.assignment.interval.ms': int({
    default: 0,
    min: 0,
    doc: 'Lower bound of `streams.assignment.interval.ms` of a group.',
  }),
  'group.streams.min.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'Lower bound of `streams.heartbeat.interval.ms` of a group.',
  }),
  'group.streams.min.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    doc: 'Lower bound of `streams.session.timeout.ms` of a group.',
  }),
  'group.streams.num.standby.replicas': int({
    default: 0,
    min: 0,
    doc: 'Standby copies of each task of a streams group.',
  }),
  'group.streams.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    doc: 'A member of a streams group that sends no heartbeat for this long is removed.',
  }),
  'offset.metadata.max.bytes': int({
    default: 4096,
    importance: 'high',
    doc: 'Most bytes of metadata that a client may attach to a committed offset.',
  }),
  'offsets.commit.timeout.ms': int({
    default: 5000,
    min: 1,
    importance: 'high',
    doc: 'How long an offset commit may wait for its replicas.',
  }),
  'offsets.load.buffer.size': int({
    default: 5_242_880,
    min: 1,
    importance: 'high',
    doc: 'How much is read at a time when committed offsets are loaded.',
  }),
  'offsets.retention.check.interval.ms': long({
    default: 600_000,
    min: 1,
    importance: 'high',
    doc: 'How often it is checked whether a committed offset is due for removal.',
  }),
  'offsets.retention.minutes': int({
    default: 10_080,
    min: 1,
    importance: 'high',
    doc: 'How long the offsets of a group are kept once it has no members, and those of a lone consumer after its last commit.',
  }),
  'offsets.topic.compression.codec': int({
    default: 0,
    importance: 'high',
    doc: 'Compression of the offsets topic, by its number in a batch: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  }),
  'offsets.topic.num.partitions': int({
    default: 50,
    min: 1,
    importance: 'high',
    doc: 'Partitions of the offsets topic; must not change once it exists.',
  }),
  'offsets.topic.replication.factor': short({
    default: 3,
    min: 1,
    importance: 'high',
    doc: 'Replicas of the offsets topic.',
  }),
  'offsets.topic.segment.bytes': int({
    default: 104_857_600,
    min: 1,
    importance: 'high',
    doc: 'Segment size of the offsets topic.',
  }),
  'share.coordinator.append.linger.ms': int({
    default: -1,
    min: -1,
    doc: 'How long the share coordinator collects records before it writes them; -1: as long as it is busy anyway.',
  }),
  'share.coordinator.cached.buffer.max.bytes': int({
    default: 1_048_588,
    min: 524_288,
    scope: 'cluster-wide',
    doc: 'Largest write buffer that the share coordinator keeps for the next time.',
  }),
  'share.coordinator.cold.partition.snapshot.interval.ms': int({
    default: 300_000,
    min: 1,
    importance: 'low',
    isInternal: true,
    doc: 'How often the state of share-partitions that do not change is written anew.',
  }),
  'share.coordinator.load.buffer.size': int({
    default: 5_242_880,
    min: 1,
    importance: 'high',
    doc: 'How much is read at a time when share group state is loaded.',
  }),
  'share.coordinator.snapshot.update.records.per.snapshot': int({
    default: 500,
    min: 0,
    max: 500,
    doc: 'How many updates of a share-partition are written between two snapshots of it.',
  }),
  'share.coordinator.state.topic.compression.codec': int({
    default: 0,
    importance: 'high',
    doc: 'Compression of the share group state topic, by its number in a batch.',
  }),
  'share.coordinator.state.topic.min.isr': short({
    default: 2,
    min: 1,
    importance: 'high',
    doc: 'Fewest in-sync replicas of the share group state topic.',
  }),
  'share.coordinator.state.topic.num.partitions': int({
    default: 50,
    min: 1,
    importance: 'high',
    doc: 'Partitions of the share group state topic; must not change once it exists.',
  }),
  'share.coordinator.state.topic.prune.interval.ms': int({
    default: 300_000,
    min: 1,
    importance: 'low',
    isInternal: true,
    doc: 'How often records of the share group state topic that are no longer needed are removed.',
  }),
  'share.coordinator.state.topic.replication.factor': short({
    default: 3,
    min: 1,
    importance: 'high',
    doc: 'Replicas of the share group state topic.',
  }),
  'share.coordinator.state.topic.segment.bytes': int({
    default: 104_857_600,
    min: 1,
    importance: 'high',
    doc: 'Segment size of the share group state topic.',
  }),
  'share.coordinator.threads': int({
    default: 1,
    min: 1,
    doc: 'Threads of the share coordinator in Kafka; accepted for compatibility.',
  }),
  'share.coordinator.write.timeout.ms': int({
    default: 5000,
    min: 1,
    importance: 'high',
    doc: 'How long a write of the share coordinator may wait for its replicas.',
  }),
})
