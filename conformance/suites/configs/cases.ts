/** What Apache Kafka is asked about configs: files, dynamic configs, changes, and texts of properties files. */

/** A file in which every layer, unit and oddity has its line; merged into that of the node. */
export const properties: Readonly<Record<string, string>> = {
  // A node by itself has another default.
  'metadata.max.idle.interval.ms': '500',
  'group.initial.rebalance.delay.ms': '3000',
  'log.retention.hours': '100',
  'log.roll.ms': '3600000',
  'nonsense.key': 'foo',
  'listener.name.plaintext.max.connections': '77',
  'super.users': 'User:a',
  'log.initial.task.delay.ms': '500',
  'compression.type': 'zstd',
  'log.flush.scheduler.interval.ms': '5000',
  'ssl.key.password': 'secret',
  'log.segment.bytes': ' 2097152',
  'num.io.threads': '+8',
  'log.cleanup.policy': 'delete , compact',
  'group.consumer.session.timeout.ms': '50000',
  'log.cleaner.min.cleanable.ratio': '.25',
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.plaintext.scram-sha-256.sasl.jaas.config': 'x required;',
}

/** Set while the broker runs. */
export const dynamic = {
  cluster: {
    'log.roll.ms': '7200000',
    'max.connections': '500',
    'other.key': '1',
    'log.retention.bytes': '77',
  },
  broker: {
    'log.retention.ms': '555000',
    'log.roll.jitter.ms': '7',
    'num.io.threads': '9',
    custom: 'x',
    'listener.name.plaintext.ssl.keystore.password': 'pw',
    'log.retention.bytes': '88',
    'group.consumer.assignment.interval.ms': '2000',
    'log.flush.interval.ms': '1500',
  },
  group: { 'consumer.session.timeout.ms': '47000', 'share.isolation.level': 'read_committed' },
  clientMetrics: { 'interval.ms': '1000' },
} as const

/** The configs of the two topics that the peer creates. */
export const topics = {
  plain: {},
  tuned: {
    'retention.ms': '1234567',
    'cleanup.policy': 'compact,delete',
    'segment.bytes': '2097152',
    'internal.segment.bytes': '5000',
  },
} as const

/** `TYPE name`, and operations: `SET config value`, `DELETE config`. */
export const changes: readonly (readonly [string, ...string[]])[] = [
  ['TOPIC altered', 'SET retention.ms 1000'],
  ['TOPIC altered', 'SET retention.ms -5'],
  ['TOPIC altered', 'SET retention.ms abc'],
  ['TOPIC altered', 'SET retention.ms 99999999999999999999'],
  ['TOPIC altered', 'SET nonsense 1'],
  ['TOPIC altered', 'SET message.format.version 2.8'],
  ['TOPIC altered', 'SET message.downconversion.enable true'],
  ['TOPIC altered', 'DELETE nonsense'],
  ['TOPIC altered', 'APPEND cleanup.policy compact'],
  ['TOPIC altered', 'APPEND cleanup.policy squash'],
  ['TOPIC altered', 'SUBTRACT cleanup.policy delete'],
  ['TOPIC altered', 'APPEND retention.ms 5'],
  ['TOPIC altered', 'SUBTRACT nonsense 5'],
  ['TOPIC altered', 'SET min.compaction.lag.ms 100', 'SET max.compaction.lag.ms 50'],
  ['TOPIC altered', 'SET max.compaction.lag.ms 0'],
  ['TOPIC altered', 'SET cleanup.policy delete,delete'],
  ['TOPIC altered', 'SET cleanup.policy '],
  ['TOPIC altered', 'SET cleanup.policy delete,foo'],
  ['TOPIC altered', 'SET cleanup.policy delete,,compact'],
  ['TOPIC altered', 'SET remote.storage.enable true'],
  ['TOPIC altered', 'SET segment.bytes 14'],
  ['TOPIC altered', 'SET internal.segment.bytes 1400'],
  ['TOPIC altered', 'SET compression.type brotli'],
  ['TOPIC altered', 'SET compression.gzip.level 0'],
  ['TOPIC altered', 'SET compression.zstd.level -131072'],
  ['TOPIC altered', 'SET message.timestamp.type logappendtime'],
  ['TOPIC altered', 'SET min.cleanable.dirty.ratio 1.5'],
  ['TOPIC altered', 'SET preallocate yes'],
  ['TOPIC altered', 'SET leader.replication.throttled.replicas 0:1,foo'],
  ['TOPIC altered', 'SET leader.replication.throttled.replicas *'],
  ['BROKER 1', 'SET log.cleaner.threads 2'],
  ['BROKER 1', 'SET log.cleaner.threads 9'],
  ['BROKER 1', 'SET num.io.threads 100'],
  ['BROKER 1', 'SET num.io.threads 1'],
  ['BROKER 1', 'SET num.network.threads 100'],
  ['BROKER 1', 'SET num.network.threads abc'],
  ['BROKER 1', 'SET log.retention.hours 5'],
  ['BROKER 1', 'SET nonsense.key 5'],
  ['BROKER 1', 'APPEND nonsense.key 5'],
  ['BROKER 1', 'APPEND num.io.threads 5'],
  ['BROKER 1', 'APPEND log.cleanup.policy compact'],
  ['BROKER 1', 'SET log.cleanup.policy squash'],
  ['BROKER 1', 'SET ssl.keystore.location /x'],
  ['BROKER 1', 'SET listeners PLAINTEXT://:1,PLAINTEXT://:2'],
  ['BROKER 1', 'SET leader.replication.throttled.rate 1000'],
  ['BROKER 1', 'SET leader.replication.throttled.rate -1'],
  ['BROKER 1', 'SET group.consumer.assignment.interval.ms 99999999'],
  ['BROKER 1', 'SET cordoned.log.dirs /nowhere'],
  ['BROKER 1', 'SET log.local.retention.ms -1'],
  ['BROKER 1', 'SET log.roll.ms 0'],
  ['BROKER ', 'SET listener.name.plaintext.ssl.keystore.location /x'],
  ['BROKER ', 'SET listeners PLAINTEXT://:1'],
  ['BROKER ', 'SET log.retention.ms 0'],
  ['BROKER ', 'SET log.retention.ms -1'],
  ['BROKER ', 'SET max.connections 0'],
  ['BROKER ', 'SET max.connections 100'],
  ['GROUP g', 'SET consumer.session.timeout.ms 50000'],
  ['GROUP g', 'SET consumer.session.timeout.ms 1'],
  ['GROUP g', 'SET consumer.session.timeout.ms 100000'],
  ['GROUP g', 'SET consumer.heartbeat.interval.ms 0'],
  ['GROUP g', 'SET nonsense 0'],
  ['GROUP g', 'APPEND consumer.session.timeout.ms 0'],
  ['GROUP g', 'SET share.auto.offset.reset sometime'],
  ['GROUP g', 'SET share.auto.offset.reset by_duration:PT1H'],
  ['GROUP g', 'SET share.auto.offset.reset by_duration:PT'],
  ['GROUP g', 'SET share.isolation.level x'],
  ['GROUP g', 'SET share.delivery.count.limit 11'],
  ['GROUP g', 'SET streams.num.standby.replicas 9'],
  ['GROUP ', 'SET consumer.session.timeout.ms 50000'],
  ['CLIENT_METRICS m', 'SET interval.ms 100'],
  ['CLIENT_METRICS m', 'SET interval.ms 10'],
  ['CLIENT_METRICS m', 'SET interval.ms x'],
  ['CLIENT_METRICS m', 'SET match client_id=a,foo=b'],
  ['CLIENT_METRICS m', 'SET match client_id=a'],
  ['CLIENT_METRICS m', 'SET match client_id=('],
  ['CLIENT_METRICS m', 'SET nonsense x'],
  ['CLIENT_METRICS m', 'APPEND metrics a.b'],
  ['CLIENT_METRICS ', 'SET metrics a.b'],
]

// oxfmt-ignore
const parts = [
  'a', 'b', 'key', '=', ':', ' ', '\t', '\f', '\\', '\\\\', '\n', '\r', '\r\n', '#', '!', '\\u00e9', '\\u12', '\\n',
  '\\t', 'é', '😀', '\\=', '\\ ', '\\:', 'x', '\\\n', '\\\r\n', '\0',
]

/** Texts of properties files made of everything that means something in one; the same every time. */
export function propertiesTexts(count: number): readonly string[] {
  let state = 12_345
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % bound
  }
  return Array.from({ length: count }, () =>
    Array.from({ length: below(14) }, () => parts[below(parts.length)]).join(''),
  )
}
