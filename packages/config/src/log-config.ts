/**
 * What holds for the log of one topic: its own configs where they are set, else the broker's under their other names,
 * as one flat struct that is cheap to read on the hot path.
 */
import type { BrokerConfig } from './broker-config.ts'
import { defaultText, parseConfig } from './config-text.ts'
import type { ConfigValue, ValueOf } from './definition.ts'
import { topicSynonyms } from './synonyms.ts'
import type { TopicConfigName } from './synonyms.ts'
import { topicConfigs } from './topic-configs.ts'

/** Sizes in bytes, durations in ms; `Infinity`: no limit, -1 in the two retentions: no limit either. */
export interface LogConfig {
  /** Both false: nothing is ever removed. */
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean }
  readonly compressionType: ValueOf<TopicConfigs['compression.type']>
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
  /** 1: synced before it is acknowledged. */
  readonly flushMessages: number
  readonly flushMs: number
  readonly indexIntervalBytes: number
  readonly maxCompactionLagMs: number
  readonly maxMessageBytes: number
  readonly messageTimestampType: ValueOf<TopicConfigs['message.timestamp.type']>
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly minInsyncReplicas: number
  readonly preallocate: boolean
  readonly retentionBytes: number
  readonly retentionMs: number
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly segmentJitterMs: number
  readonly segmentMs: number
  readonly uncleanLeaderElectionEnable: boolean
  /** `partition:broker` each, or `*`. */
  readonly leaderReplicationThrottledReplicas: readonly string[]
  readonly followerReplicationThrottledReplicas: readonly string[]
}

type TopicConfigs = typeof topicConfigs

/**
 * The configs of a topic as they hold on this broker.
 *
 * @param overrides - the topic's own configs, as they are stored. What does not parse (written by another version) is
 *   left out, and the broker's value holds.
 */
export function resolveLogConfig(config: BrokerConfig, overrides: ReadonlyMap<string, string>): LogConfig {
  const value = <N extends TopicConfigName>(name: N): ValueOf<TopicConfigs[N]> => topicValue(config, overrides, name)
  const policy = value('cleanup.policy')
  return {
    cleanupPolicy: { delete: policy.includes('delete'), compact: policy.includes('compact') },
    compressionType: value('compression.type'),
    compressionGzipLevel: value('compression.gzip.level'),
    compressionLz4Level: value('compression.lz4.level'),
    compressionZstdLevel: value('compression.zstd.level'),
    deleteRetentionMs: value('delete.retention.ms'),
    fileDeleteDelayMs: value('file.delete.delay.ms'),
    flushMessages: value('flush.messages'),
    flushMs: value('flush.ms'),
    indexIntervalBytes: value('index.interval.bytes'),
    maxCompactionLagMs: value('max.compaction.lag.ms'),
    maxMessageBytes: value('max.message.bytes'),
    messageTimestampType: value('message.timestamp.type'),
    messageTimestampBeforeMaxMs: value('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: value('message.timestamp.after.max.ms'),
    minCleanableDirtyRatio: value('min.cleanable.dirty.ratio'),
    minCompactionLagMs: value('min.compaction.lag.ms'),
    minInsyncReplicas: value('min.insync.replicas'),
    preallocate: value('preallocate'),
    retentionBytes: value('retention.bytes'),
    retentionMs: value('retention.ms'),
    segmentBytes: value('internal.segment.bytes') ?? value('segment.bytes'),
    segmentIndexBytes: value('segment.index.bytes'),
    segmentJitterMs: value('segment.jitter.ms'),
    segmentMs: value('segment.ms'),
    uncleanLeaderElectionEnable: value('unclean.leader.election.enable'),
    leaderReplicationThrottledReplicas: value('leader.replication.throttled.replicas'),
    followerReplicationThrottledReplicas: value('follower.replication.throttled.replicas'),
  }
}

/**
 * What the broker's own configs make of a topic config, as text in the topic's unit, and which of them does.
 * `undefined` for the few topic configs that no broker config stands in for.
 */
export function topicDefaultText(config: BrokerConfig, name: string): { name: string; text: string } | undefined {
  const synonyms = isTopicConfig(name) ? topicSynonyms[name] : undefined
  for (const synonym of synonyms ?? []) {
    const text = config.text(synonym.name)
    if (text === undefined) continue
    const scaled = synonym.factor === 1 ? text : String(Number(text) * synonym.factor)
    // Any negative retention means the same for a broker; for a topic only -1 does.
    return { name: synonym.name, text: name === 'retention.ms' && scaled.startsWith('-') ? '-1' : scaled }
  }
  return undefined
}

/** The value of a topic config as text: the topic's own, the broker's, or the default; `undefined` where there is none. */
export function topicText(
  config: BrokerConfig,
  overrides: ReadonlyMap<string, string>,
  name: TopicConfigName,
): string | undefined {
  return topicParsed(config, overrides, name)?.text ?? defaultText(topicConfigs[name])
}

export function isTopicConfig(name: string): name is TopicConfigName {
  return Object.hasOwn(topicConfigs, name)
}

function topicValue<N extends TopicConfigName>(
  config: BrokerConfig,
  overrides: ReadonlyMap<string, string>,
  name: N,
): ValueOf<TopicConfigs[N]> {
  // The parser makes what the table says.
  return (topicParsed(config, overrides, name)?.value ?? topicConfigs[name].default) as ValueOf<TopicConfigs[N]>
}

function topicParsed(
  config: BrokerConfig,
  overrides: ReadonlyMap<string, string>,
  name: TopicConfigName,
): { readonly value: ConfigValue; readonly text: string } | undefined {
  for (const text of [overrides.get(name), topicDefaultText(config, name)?.text]) {
    const parsed = text === undefined ? undefined : parseConfig(topicConfigs[name], text)
    if (parsed !== undefined && 'value' in parsed) return parsed
  }
  return undefined
}
