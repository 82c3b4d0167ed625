/** Every config of a group (KIP-848, KIP-932, KIP-1071). Unset ones follow the broker config in `synonyms`. */
import { boolean, defineConfigs, int, oneOf, string } from './definition.ts'
import { offsetReset } from './special-validators.ts'

export const groupConfigs = defineConfigs({
  'consumer.assignment.interval.ms': int({
    default: 1000,
    min: 0,
    doc: 'Shortest time between two assignments of the group under the consumer protocol.',
  }),
  'consumer.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'How often members under the consumer protocol are told to send heartbeats.',
  }),
  'consumer.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    doc: 'A member under the consumer protocol that sends no heartbeat for this long is removed.',
  }),
  'share.assignment.interval.ms': int({
    default: 1000,
    min: 0,
    doc: 'Shortest time between two assignments of the share group.',
  }),
  'share.auto.offset.reset': string({
    default: 'latest',
    validator: offsetReset,
    doc: 'Where a new share-partition starts: `earliest`, `latest`, or `by_duration:` and an ISO 8601 duration before now.',
  }),
  'share.delivery.count.limit': int({
    default: 5,
    min: 2,
    doc: 'How often a record is delivered before it is given up.',
  }),
  'share.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'How often members of the share group are told to send heartbeats.',
  }),
  'share.isolation.level': oneOf(['read_committed', 'read_uncommitted'], {
    default: 'read_uncommitted',
    doc: '`read_committed`: records of open and aborted transactions are not delivered.',
  }),
  'share.partition.max.record.locks': int({
    default: 2000,
    min: 100,
    doc: 'Most records of one share-partition that may be locked at a time.',
  }),
  'share.record.lock.duration.ms': int({
    default: 30_000,
    min: 1000,
    doc: 'How long a delivered record is kept from other members.',
  }),
  'share.renew.acknowledge.enable': boolean({
    default: true,
    doc: 'Whether a member may prolong its lock on a record.',
  }),
  'share.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    doc: 'A member of the share group that sends no heartbeat for this long is removed.',
  }),
  'streams.assignment.interval.ms': int({
    default: 1000,
    min: 0,
    doc: 'Shortest time between two assignments of the streams group.',
  }),
  'streams.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'How often members of the streams group are told to send heartbeats.',
  }),
  'streams.initial.rebalance.delay.ms': int({
    default: 3000,
    min: 0,
    doc: 'How long the first rebalance of the empty streams group waits for more members.',
  }),
  'streams.num.standby.replicas': int({
    default: 0,
    min: 0,
    doc: 'Standby copies of each task of the streams group.',
  }),
  'streams.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    doc: 'A member of the streams group that sends no heartbeat for this long is removed.',
  }),
})
