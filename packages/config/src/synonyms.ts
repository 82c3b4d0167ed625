/**
 * Which configs stand in for which: several broker configs that mean one thing in different units, the broker config
 * that gives a topic or a group its default, and a listener's own value in front of the general one. The first one
 * that is set counts.
 */
import type { BrokerConfigName } from './broker-configs.ts'
import type { groupConfigs } from './group-configs.ts'
import type { topicConfigs } from './topic-configs.ts'

export type TopicConfigName = keyof typeof topicConfigs
export type GroupConfigName = keyof typeof groupConfigs

/** `factor` turns the broker config's unit into that of the topic config. */
export interface TopicSynonym {
  readonly name: BrokerConfigName
  readonly factor: 1 | 60_000 | 3_600_000
}

const MINUTES = 60_000
const HOURS = 3_600_000

export const topicSynonyms: Readonly<Partial<Record<TopicConfigName, readonly TopicSynonym[]>>> = {
  'cleanup.policy': same('log.cleanup.policy'),
  'compression.gzip.level': same('compression.gzip.level'),
  'compression.lz4.level': same('compression.lz4.level'),
  'compression.type': same('compression.type'),
  'compression.zstd.level': same('compression.zstd.level'),
  'delete.retention.ms': same('log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': same('log.segment.delete.delay.ms'),
  'flush.messages': same('log.flush.interval.messages'),
  'flush.ms': [...same('log.flush.interval.ms'), ...same('log.flush.scheduler.interval.ms')],
  'index.interval.bytes': same('log.index.interval.bytes'),
  'local.retention.bytes': same('log.local.retention.bytes'),
  'local.retention.ms': same('log.local.retention.ms'),
  'max.compaction.lag.ms': same('log.cleaner.max.compaction.lag.ms'),
  'max.message.bytes': same('message.max.bytes'),
  'message.timestamp.after.max.ms': same('log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': same('log.message.timestamp.before.max.ms'),
  'message.timestamp.type': same('log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': same('log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': same('log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': same('min.insync.replicas'),
  preallocate: same('log.preallocate'),
  'retention.bytes': same('log.retention.bytes'),
  'retention.ms': [
    ...same('log.retention.ms'),
    { name: 'log.retention.minutes', factor: MINUTES },
    { name: 'log.retention.hours', factor: HOURS },
  ],
  'segment.bytes': same('log.segment.bytes'),
  'segment.index.bytes': same('log.index.size.max.bytes'),
  'segment.jitter.ms': [...same('log.roll.jitter.ms'), { name: 'log.roll.jitter.hours', factor: HOURS }],
  'segment.ms': [...same('log.roll.ms'), { name: 'log.roll.hours', factor: HOURS }],
  'unclean.leader.election.enable': same('unclean.leader.election.enable'),
}

/** The broker config that gives a group config its default; three have none. */
export const groupSynonyms: Readonly<Partial<Record<GroupConfigName, BrokerConfigName>>> = {
  'consumer.assignment.interval.ms': 'group.consumer.assignment.interval.ms',
  'consumer.heartbeat.interval.ms': 'group.consumer.heartbeat.interval.ms',
  'consumer.session.timeout.ms': 'group.consumer.session.timeout.ms',
  'share.assignment.interval.ms': 'group.share.assignment.interval.ms',
  'share.delivery.count.limit': 'group.share.delivery.count.limit',
  'share.heartbeat.interval.ms': 'group.share.heartbeat.interval.ms',
  'share.partition.max.record.locks': 'group.share.partition.max.record.locks',
  'share.record.lock.duration.ms': 'group.share.record.lock.duration.ms',
  'share.session.timeout.ms': 'group.share.session.timeout.ms',
  'streams.assignment.interval.ms': 'group.streams.assignment.interval.ms',
  'streams.heartbeat.interval.ms': 'group.streams.heartbeat.interval.ms',
  'streams.initial.rebalance.delay.ms': 'group.streams.initial.rebalance.delay.ms',
  'streams.num.standby.replicas': 'group.streams.num.standby.replicas',
  'streams.session.timeout.ms': 'group.streams.session.timeout.ms',
}

const families: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]

/** These stand under `listener.name.NAME.MECHANISM.`; all else of a listener under `listener.name.NAME.`. */
const perMechanism: readonly string[] = [
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
]

/** A broker config and those that mean the same, in the order in which they count; without those of listeners. */
export function unitSynonyms(name: string): readonly string[] {
  // One way only: the scheduler's interval is a config of its own.
  if (name === 'log.flush.interval.ms') return ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms']
  return families.find((family) => family.includes(name)) ?? [name]
}

/** The same, and behind the value of a listener the general one. */
export function brokerSynonyms(name: string): readonly string[] {
  const base = listenerConfigBase(name)
  return base === undefined ? unitSynonyms(name) : [name, perMechanism.find((config) => base.endsWith(config)) ?? base]
}

/** `ssl.keystore.location` of `listener.name.external.ssl.keystore.location`; `undefined` for a general config. */
export function listenerConfigBase(name: string): string | undefined {
  return /^listener\.name\.[^.]*\.(.*)$/s.exec(name)?.[1]
}

function same(name: BrokerConfigName): readonly TopicSynonym[] {
  return [{ name, factor: 1 }]
}
