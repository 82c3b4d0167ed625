/**
 * Configs that clients share. `connectionConfigs` belong to the cluster a program is connected to; `requestConfigs` are
 * rows of each client's own table too, where what is given for one client goes before what the connection says.
 */
import { defineConfigs, int, list, long, oneOf, string } from '@gregor/config'
import { saslConfigs } from './sasl-configs.ts'
import { tlsConfigs } from './tls-configs.ts'

const INT_MAX = 2_147_483_647

export const requestConfigs = defineConfigs({
  'default.api.timeout.ms': int({
    default: 60_000,
    min: 0,
    doc: 'How long a call may take in all, attempts and pauses included, where it is not told otherwise. Milliseconds.',
  }),
  'request.timeout.ms': int({
    default: 30_000,
    min: 0,
    doc: 'How long one request may wait for its answer; then its connection is given up. Milliseconds.',
  }),
  'retry.backoff.ms': long({
    default: 100,
    min: 0,
    doc: 'Pause before the second attempt; it doubles with each further one, with a fifth of jitter. Milliseconds.',
  }),
  'retry.backoff.max.ms': long({
    default: 1000,
    min: 0,
    doc: 'Longest pause between two attempts. Milliseconds.',
  }),
})

export const connectionConfigs = defineConfigs({
  'bootstrap.controllers': list({
    default: [],
    doc: 'Addresses `host:port` of controllers, instead of brokers: for an admin, and for what controllers answer (KIP-919).',
  }),
  'bootstrap.servers': list({
    default: [],
    importance: 'high',
    doc: 'Addresses `host:port` to learn the cluster from; one that answers is enough.',
  }),
  'client.dns.lookup': oneOf(['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'], {
    default: 'use_all_dns_ips',
    doc: 'How names become addresses: each address of a name is tried, both ways. Canonical names are not looked up here.',
  }),
  'client.id': string({
    default: '',
    doc: 'What the client calls itself: in the server’s logs, metrics and quotas.',
  }),
  'client.rack': string({
    default: '',
    importance: 'low',
    doc: 'Where the client runs, as `broker.rack` says it: a consumer then may read from a replica nearby.',
  }),
  'connections.max.idle.ms': long({
    default: 540_000,
    doc: 'A connection that is not used for that long is closed; -1: never. Milliseconds.',
  }),
  'metadata.max.age.ms': long({
    default: 300_000,
    min: 0,
    importance: 'low',
    doc: 'Metadata this old are asked for again, though nothing says that they changed. Milliseconds.',
  }),
  'metadata.recovery.rebootstrap.trigger.ms': long({
    default: 300_000,
    min: 0,
    importance: 'low',
    doc: 'Without metadata for that long, the bootstrap servers are asked again (KIP-1102). Milliseconds.',
  }),
  'metadata.recovery.strategy': oneOf(['rebootstrap', 'none'], {
    default: 'rebootstrap',
    importance: 'low',
    doc: 'What is done when no known node can be reached: ask the bootstrap servers again (KIP-899), or nothing.',
  }),
  'reconnect.backoff.max.ms': long({
    default: 1000,
    min: 0,
    importance: 'low',
    doc: 'Longest pause before a node is connected to again. Milliseconds.',
  }),
  'reconnect.backoff.ms': long({
    default: 50,
    min: 0,
    importance: 'low',
    doc: 'First pause before a node is connected to again; it doubles with each failure, with a fifth of jitter. Milliseconds.',
  }),
  retries: int({
    default: INT_MAX,
    min: 0,
    max: INT_MAX,
    importance: 'low',
    doc: 'Accepted; what limits attempts is their time: `default.api.timeout.ms`, `delivery.timeout.ms`.',
  }),
  'security.protocol': oneOf(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'], {
    default: 'PLAINTEXT',
    doc: 'Whether connections are encrypted (SSL) and authenticated (SASL).',
  }),
  'socket.connection.setup.timeout.max.ms': long({
    default: 30_000,
    min: 0,
    doc: 'Longest time for setting up a connection. Milliseconds.',
  }),
  'socket.connection.setup.timeout.ms': long({
    default: 10_000,
    min: 0,
    doc: 'Time for setting up a connection; it doubles with each failure in a row. Milliseconds.',
  }),
  ...requestConfigs,
  ...saslConfigs,
  ...tlsConfigs,
})
