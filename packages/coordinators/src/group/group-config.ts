/** The configs that decide what a group coordinator answers, resolved. Names: units and bounds go last. */
import type { BrokerConfig } from '@gregor/config'

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
  /** No record of a group is larger: a bound of `__consumer_offsets`. */
  readonly recordBytesMax: number
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
    recordBytesMax,
  }
}

/** How long a new member of a classic group may wait in its first JoinGroup: it has no session yet to lose. */
export const newMemberJoinTimeoutMs = 5 * 60_000
