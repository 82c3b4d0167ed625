/** The configs that decide what a group coordinator answers, resolved. Names: units and bounds go last. */
import type { BrokerConfig } from '@gregor/config'
import { assignorNames } from './assignors/known-assignors.ts'

export interface GroupCoordinatorConfig {
  /** Of members of classic groups. */
  readonly sessionTimeoutMsMin: number
  readonly sessionTimeoutMsMax: number
  readonly initialRebalanceDelayMs: number
  readonly classicGroupSizeMax: number
  /** UTF-16 units, as Apache Kafka counts them. */
  readonly offsetMetadataLengthMax: number
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly consumer: ConsumerGroupsConfig
  /** No record of a group is larger: a bound of `__consumer_offsets`. */
  readonly recordBytesMax: number
}

/** Of groups of the consumer protocol (KIP-848). What has bounds may be set for a group of its own, within them. */
export interface ConsumerGroupsConfig {
  readonly sizeMax: number
  /** The first is used where members do not choose. */
  readonly assignors: readonly string[]
  readonly migrationPolicy: MigrationPolicy
  readonly regexRefreshIntervalMs: number
  readonly sessionTimeoutMs: Bounded
  readonly heartbeatIntervalMs: Bounded
  readonly assignmentIntervalMs: Bounded
}

export interface Bounded {
  readonly value: number
  readonly min: number
  readonly max: number
}

/** Whether a group may change its protocol while it is alive. */
export interface MigrationPolicy {
  /** From classic to consumer. */
  readonly allowsUpgrade: boolean
  readonly allowsDowngrade: boolean
}

/** @param recordBytesMax - how much a batch of `__consumer_offsets` may weigh, without its header. */
export function groupCoordinatorConfigFrom(
  config: Pick<BrokerConfig, 'get'>,
  recordBytesMax: number,
): GroupCoordinatorConfig {
  return {
    sessionTimeoutMsMin: config.get('group.min.session.timeout.ms'),
    sessionTimeoutMsMax: config.get('group.max.session.timeout.ms'),
    initialRebalanceDelayMs: config.get('group.initial.rebalance.delay.ms'),
    classicGroupSizeMax: config.get('group.max.size'),
    offsetMetadataLengthMax: config.get('offset.metadata.max.bytes'),
    offsetsRetentionMs: config.get('offsets.retention.minutes') * 60_000,
    offsetsRetentionCheckIntervalMs: config.get('offsets.retention.check.interval.ms'),
    consumer: consumerGroupsConfigFrom(config),
    recordBytesMax,
  }
}

function consumerGroupsConfigFrom(config: Pick<BrokerConfig, 'get'>): ConsumerGroupsConfig {
  const policy = config.get('group.consumer.migration.policy').toLowerCase()
  return {
    sizeMax: config.get('group.consumer.max.size'),
    assignors: assignorNames(config.get('group.consumer.assignors')),
    migrationPolicy: {
      allowsUpgrade: policy === 'bidirectional' || policy === 'upgrade',
      allowsDowngrade: policy === 'bidirectional' || policy === 'downgrade',
    },
    regexRefreshIntervalMs: config.get('group.consumer.regex.refresh.interval.ms'),
    sessionTimeoutMs: bounded(config, 'session.timeout.ms'),
    heartbeatIntervalMs: bounded(config, 'heartbeat.interval.ms'),
    assignmentIntervalMs: bounded(config, 'assignment.interval.ms'),
  }
}

function bounded(
  config: Pick<BrokerConfig, 'get'>,
  what: 'session.timeout.ms' | 'heartbeat.interval.ms' | 'assignment.interval.ms',
): Bounded {
  return {
    value: config.get(`group.consumer.${what}`),
    min: config.get(`group.consumer.min.${what}`),
    max: config.get(`group.consumer.max.${what}`),
  }
}

/** How long a new member of a classic group may wait in its first JoinGroup: it has no session yet to lose. */
export const newMemberJoinTimeoutMs = 5 * 60_000
