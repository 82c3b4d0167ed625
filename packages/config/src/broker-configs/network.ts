/** Listeners, connections, sockets and the limits on what comes through them. */
import { defineConfigs, int, list, long, oneOf, string } from '../definition.ts'

export const networkConfigs = defineConfigs({
  'advertised.listeners': list({
    mayBeEmpty: false,
    importance: 'high',
    doc: 'Addresses that clients and other brokers are told to use, by listener name. Unset: those of `listeners`.',
  }),
  'connection.failed.authentication.delay.ms': int({
    default: 100,
    min: 0,
    importance: 'low',
    doc: 'How long a connection that failed to authenticate is kept before it is closed, to slow down guessing.',
  }),
  'connections.max.idle.ms': long({
    default: 600_000,
    doc: 'A connection on which nothing happens for this long is closed; negative: never.',
  }),
  'fetch.max.bytes': int({
    default: 57_671_680,
    min: 1024,
    doc: 'Most bytes in one fetch response, whatever the client asks for; a first batch that is larger is still sent.',
  }),
  'inter.broker.listener.name': string({
    doc: 'The listener that brokers use among themselves. Unset: the one named like `security.inter.broker.protocol`.',
  }),
  'listener.security.protocol.map': string({
    default: 'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    scope: 'per-broker',
    importance: 'low',
    doc: 'The security protocol of each listener name, `NAME:PROTOCOL` each.',
  }),
  listeners: list({
    default: ['PLAINTEXT://:9092'],
    mayBeEmpty: false,
    scope: 'per-broker',
    importance: 'high',
    doc: 'Addresses to listen on, `NAME://host:port` each. No host: all interfaces; port 0: any free one.',
  }),
  'max.connection.creation.rate': int({
    default: 2_147_483_647,
    min: 0,
    scope: 'cluster-wide',
    doc: 'Most new connections in a second; those above it wait.',
  }),
  'max.connections': int({
    default: 2_147_483_647,
    min: 0,
    scope: 'cluster-wide',
    doc: 'Most connections at a time.',
  }),
  'max.connections.per.ip': int({
    default: 2_147_483_647,
    min: 0,
    scope: 'cluster-wide',
    doc: 'Most connections at a time from one address.',
  }),
  'max.connections.per.ip.overrides': string({
    default: '',
    scope: 'cluster-wide',
    doc: 'Other limits for some addresses or host names, `host:count` each.',
  }),
  'max.incremental.fetch.session.cache.slots': int({
    default: 1000,
    min: 0,
    doc: 'Most incremental fetch sessions that a broker remembers.',
  }),
  'max.request.partition.size.limit': int({
    default: 2000,
    min: 1,
    doc: 'Most partitions in one DescribeTopicPartitions response.',
  }),
  'queued.max.request.bytes': long({
    default: -1,
    doc: 'Most bytes of requests that wait to be handled before sockets are no longer read; -1: no limit.',
  }),
  'queued.max.requests': int({
    default: 500,
    min: 1,
    importance: 'high',
    doc: 'Most requests that wait to be handled before sockets are no longer read.',
  }),
  'security.inter.broker.protocol': oneOf(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'], {
    default: 'PLAINTEXT',
    doc: 'Security protocol between brokers, where `inter.broker.listener.name` does not name a listener.',
  }),
  'socket.connection.setup.timeout.max.ms': long({
    default: 30_000,
    doc: 'Longest time that connecting to another node may take, after several failures.',
  }),
  'socket.connection.setup.timeout.ms': long({
    default: 10_000,
    doc: 'How long connecting to another node may take at first.',
  }),
  'socket.listen.backlog.size': int({
    default: 50,
    min: 1,
    doc: 'Connections that may wait to be accepted, as far as the operating system agrees.',
  }),
  'socket.receive.buffer.bytes': int({
    default: 102_400,
    importance: 'high',
    doc: "Receive buffer of sockets; -1: the operating system's choice.",
  }),
  'socket.request.max.bytes': int({
    default: 104_857_600,
    min: 1,
    importance: 'high',
    doc: 'Largest request that is accepted; the connection of a larger one is closed.',
  }),
  'socket.send.buffer.bytes': int({
    default: 102_400,
    importance: 'high',
    doc: "Send buffer of sockets; -1: the operating system's choice.",
  }),
})
