/**
 * Configs that brokers once had and Apache Kafka 4 no longer has, each with what to do instead. They are told apart
 * from keys nobody ever knew, because old server.properties files are full of them.
 */

/** What to do about a config that is gone; `undefined` for any other name. */
export function removedConfigAdvice(name: string): string | undefined {
  if (name in advice) return advice[name]
  if (name.startsWith('zookeeper.')) return ZOOKEEPER
  if (name.startsWith('password.encoder.')) return PASSWORD_ENCODER
  return undefined
}

const ZOOKEEPER = 'Kafka 4 has no ZooKeeper; remove it.'
const PASSWORD_ENCODER = 'passwords are no longer encrypted in ZooKeeper; remove it.'
const ALWAYS_ON = 'what it switched on is always on; remove it.'
const FEATURE = 'features decide now (kafka-features.sh); remove it.'
const UNUSED = 'nothing reads it any more; remove it.'

const advice: Readonly<Record<string, string>> = {
  // Gone with 4.0
  'auto.include.jmx.reporter': 'name the reporters in metric.reporters.',
  'broker.id.generation.enable': 'give each node a node.id.',
  'control.plane.listener.name': 'controllers have listeners of their own: controller.listener.names.',
  'controlled.shutdown.max.retries': UNUSED,
  'controlled.shutdown.retry.backoff.ms': UNUSED,
  'delegation.token.master.key': 'it is called delegation.token.secret.key now.',
  'eligible.leader.replicas.enable': FEATURE,
  'group.coordinator.new.enable': ALWAYS_ON,
  'group.share.enable': FEATURE,
  'group.share.max.groups': UNUSED,
  'inter.broker.protocol.version': 'the feature metadata.version decides now (kafka-features.sh); remove it.',
  'leader.imbalance.per.broker.percentage': UNUSED,
  'log.message.downconversion.enable': 'batches are no longer converted for old consumers; remove it.',
  'log.message.format.version': 'records are always written in format 2; remove it.',
  'log.message.timestamp.difference.max.ms':
    'use log.message.timestamp.before.max.ms and log.message.timestamp.after.max.ms.',
  'metadata.log.segment.min.bytes': 'for tests there is internal.metadata.log.segment.bytes.',
  'offsets.commit.required.acks': 'offset commits always wait for all in-sync replicas; remove it.',
  'reserved.broker.max.id': 'ids are never generated; remove it.',
  'alter.config.policy.kraft.compatibility.enable': UNUSED,
  'unstable.metadata.versions.enable': 'it is called unstable.feature.versions.enable now.',
  // Gone before
  'advertised.host.name': 'write advertised.listeners=PLAINTEXT://host:port.',
  'advertised.port': 'write advertised.listeners=PLAINTEXT://host:port.',
  'controller.message.queue.size': UNUSED,
  'enable.zookeeper': ZOOKEEPER,
  'host.name': 'write listeners=PLAINTEXT://host:port.',
  'log.cleanup.interval.mins': 'use log.retention.check.interval.ms.',
  'log.file.size': 'use log.segment.bytes.',
  'log.flush.interval': 'use log.flush.interval.messages.',
  'log.max.id.map.snapshots': UNUSED,
  'log.retention.size': 'use log.retention.bytes.',
  port: 'write listeners=PLAINTEXT://host:port.',
  'quota.consumer.default': 'set a default quota with kafka-configs.sh --entity-default.',
  'quota.producer.default': 'set a default quota with kafka-configs.sh --entity-default.',
  'replica.lag.max.messages': 'use replica.lag.time.max.ms.',
}
