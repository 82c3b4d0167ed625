/**
 * Configs of a consumer: Kafka’s names, defaults and ranges (4.3), and `prefetch.bytes`, which is our own. Those of the
 * connection (addresses, TLS, SASL) belong to the cluster it uses; what only means something inside of Java is in
 * `java-only-configs`.
 */
import { boolean, defineConfigs, int, list, long, oneOf, string } from '@gregor/config'
import type { ClientConfig } from '../config/client-config.ts'
import { requestConfigs } from '../config/common-configs.ts'
import { parseOffsetReset } from './offset-reset.ts'

export const consumerConfigs = defineConfigs({
  'allow.auto.create.topics': boolean({
    default: true,
    doc: 'Topics that are subscribed to or assigned are created where the broker does so (`auto.create.topics.enable`).',
  }),
  'auto.commit.interval.ms': int({
    default: 5000,
    min: 0,
    importance: 'low',
    doc: 'With `enable.auto.commit`: how often a poll commits what earlier ones handed out. Milliseconds.',
  }),
  'auto.offset.reset': string({
    default: 'latest',
    validator: {
      kind: 'custom',
      allowed: 'earliest, latest, none, by_duration:PnDTnHnMn.nS',
      problem: (value) =>
        typeof value === 'string' && parseOffsetReset(value) !== undefined
          ? undefined
          : 'It is none of earliest, latest, none, or by_duration with a duration such as PT1H',
    },
    doc: 'Where to begin without a committed offset, or when it is no more: the start, the end, a time ago; none: an error.',
  }),
  'check.crcs': boolean({
    default: true,
    importance: 'low',
    doc: 'Batches are checked against their checksum: costs a little, and finds what was damaged on the way.',
  }),
  'client.rack': string({
    default: '',
    importance: 'low',
    doc: 'Where the consumer runs, as `broker.rack` says it: it then may read from a replica nearby (KIP-392).',
  }),
  'enable.auto.commit': boolean({
    default: true,
    doc: 'Polls commit what earlier polls handed out, every `auto.commit.interval.ms`. Without a group: false.',
  }),
  'enable.metrics.push': boolean({
    default: true,
    importance: 'low',
    doc: 'Accepted; metrics are not pushed to brokers (KIP-714).',
  }),
  'exclude.internal.topics': boolean({
    default: true,
    doc: 'A pattern does not match internal topics, such as __consumer_offsets.',
  }),
  'fetch.max.bytes': int({
    default: 52_428_800,
    min: 0,
    doc: 'The most that one answer carries; its first batch may be larger. Bytes.',
  }),
  'fetch.max.wait.ms': int({
    default: 500,
    min: 0,
    importance: 'low',
    doc: 'How long a node waits for `fetch.min.bytes` before it answers with what there is. Milliseconds.',
  }),
  'fetch.min.bytes': int({
    default: 1,
    min: 0,
    importance: 'high',
    doc: 'A node answers when it has that much: more makes fewer, larger answers, and later ones. Bytes.',
  }),
  'group.id': string({
    importance: 'high',
    doc: 'The group to share partitions and keep offsets with. Without: neither.',
  }),
  'group.instance.id': string({
    validator: { kind: 'nonEmpty' },
    doc: 'Makes a static member (KIP-345): it keeps its partitions while it is away for less than `session.timeout.ms`.',
  }),
  'group.protocol': oneOf(['classic', 'consumer', 'CLASSIC', 'CONSUMER'], {
    default: 'classic',
    importance: 'high',
    doc: 'How the group shares partitions: `consumer` is the newer one (KIP-848), where the broker assigns.',
  }),
  'group.remote.assignor': string({
    doc: 'With `group.protocol=consumer`: an assignor of the broker, such as uniform or range. Without: its first.',
  }),
  'heartbeat.interval.ms': int({
    default: 3000,
    importance: 'high',
    doc: 'How often a classic member tells that it is there, whatever its handler does. Milliseconds.',
  }),
  'isolation.level': oneOf(['read_uncommitted', 'read_committed'], {
    default: 'read_uncommitted',
    doc: 'read_committed: only what was committed, up to the first transaction that is open.',
  }),
  'max.partition.fetch.bytes': int({
    default: 1_048_576,
    min: 0,
    importance: 'high',
    doc: 'The most of one partition in an answer; its first batch may be larger. Bytes.',
  }),
  'max.poll.interval.ms': int({
    default: 300_000,
    min: 1,
    doc: 'Without a poll for that long the member leaves, so that others get its partitions. Warned of at 80 %. Milliseconds.',
  }),
  'max.poll.records': int({
    default: 500,
    min: 1,
    doc: 'The most records that one poll hands out. What is fetched beyond it waits for the next.',
  }),
  'metadata.max.age.ms': long({
    default: 300_000,
    min: 0,
    importance: 'low',
    doc: 'New topics that match a pattern are found that late; a replica nearby is asked for anew. Milliseconds.',
  }),
  'partition.assignment.strategy': list({
    default: ['range', 'cooperative-sticky'],
    doc: 'Assignors of a classic group, the preferred first: range, roundrobin, sticky, cooperative-sticky, or their Java classes.',
  }),
  'prefetch.bytes': long({
    default: 1_048_576,
    min: 1,
    importance: 'low',
    doc: 'More of a partition is fetched while less than that waits to be polled (not in Apache’s client). Bytes.',
  }),
  'session.timeout.ms': int({
    default: 45_000,
    importance: 'high',
    doc: 'A classic member that is not heard of for that long is out. Milliseconds.',
  }),
  ...requestConfigs,
})

export type ConsumerConfig = ClientConfig<typeof consumerConfigs>
