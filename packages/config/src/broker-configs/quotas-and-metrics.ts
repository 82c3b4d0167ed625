/**
 * Windows of the quotas, the replication quotas that are set while a broker runs, metrics, and the telemetry of
 * clients (KIP-714).
 */
import { NO_LIMIT, className, defineConfigs, int, list, long, string } from '../definition.ts'

export const quotaAndMetricsConfigs = defineConfigs({
  'alter.log.dirs.replication.quota.window.num': int({
    default: 11,
    min: 1,
    importance: 'low',
    doc: 'How many samples the quota of moves between log directories remembers.',
  }),
  'alter.log.dirs.replication.quota.window.size.seconds': int({
    default: 1,
    min: 1,
    importance: 'low',
    doc: 'How long one sample of the quota of moves between log directories is.',
  }),
  'client.quota.callback.class': className({
    importance: 'low',
    doc: 'Java class that finds the quota of a client. Java callbacks are not run here.',
  }),
  'controller.quota.window.num': int({
    default: 11,
    min: 1,
    importance: 'low',
    doc: 'How many samples the quota of controller mutations remembers.',
  }),
  'controller.quota.window.size.seconds': int({
    default: 1,
    min: 1,
    importance: 'low',
    doc: 'How long one sample of the quota of controller mutations is.',
  }),
  'follower.replication.throttled.rate': long({
    default: NO_LIMIT,
    min: 0,
    scope: 'cluster-wide',
    doc: 'Most bytes of throttled replicas that this broker, as a follower, fetches in a second.',
  }),
  'kafka.metrics.polling.interval.secs': int({
    default: 10,
    min: 1,
    importance: 'low',
    doc: "How often Kafka's own metrics reporters are asked; accepted for compatibility.",
  }),
  'kafka.metrics.reporters': list({
    default: [],
    importance: 'low',
    doc: "Java classes of Kafka's older metrics; accepted for compatibility.",
  }),
  'leader.replication.throttled.rate': long({
    default: NO_LIMIT,
    min: 0,
    scope: 'cluster-wide',
    doc: 'Most bytes of throttled replicas that this broker, as a leader, sends in a second.',
  }),
  'metric.reporters': list({
    default: ['org.apache.kafka.common.metrics.JmxReporter'],
    scope: 'cluster-wide',
    importance: 'low',
    doc: 'Java classes that are told of metrics. Java reporters are not run here; metrics are served over HTTP.',
  }),
  'metrics.num.samples': int({
    default: 2,
    min: 1,
    importance: 'low',
    doc: 'How many samples a metric remembers.',
  }),
  'metrics.recording.level': string({
    default: 'INFO',
    importance: 'low',
    doc: 'The finest level of metrics that is recorded.',
  }),
  'metrics.sample.window.ms': long({
    default: 30_000,
    min: 1,
    importance: 'low',
    doc: 'How long one sample of a metric is.',
  }),
  'num.replica.alter.log.dirs.threads': int({
    importance: 'high',
    doc: 'Replicas that move between directories at the same time. Unset: as many as there are directories.',
  }),
  'quota.window.num': int({
    default: 11,
    min: 1,
    importance: 'low',
    doc: 'How many samples the quotas of clients remember.',
  }),
  'quota.window.size.seconds': int({
    default: 1,
    min: 1,
    importance: 'low',
    doc: 'How long one sample of the quotas of clients is.',
  }),
  'replica.alter.log.dirs.io.max.bytes.per.second': long({
    default: NO_LIMIT,
    min: 0,
    scope: 'cluster-wide',
    doc: 'Most bytes that moves between directories of this broker write in a second.',
  }),
  'replication.quota.window.num': int({
    default: 11,
    min: 1,
    importance: 'low',
    doc: 'How many samples the replication quotas remember.',
  }),
  'replication.quota.window.size.seconds': int({
    default: 1,
    min: 1,
    importance: 'low',
    doc: 'How long one sample of the replication quotas is.',
  }),
  'telemetry.max.bytes': int({
    default: 1_048_576,
    min: 1,
    importance: 'low',
    doc: 'Largest batch of metrics that a client may push, as it is compressed.',
  }),
})
