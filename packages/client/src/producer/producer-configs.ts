/**
 * Configs of a producer: Kafka’s names, defaults and ranges (4.3). Those of the connection (addresses, TLS, SASL) belong
 * to the cluster it uses; what only means something inside of Java is in `java-only-configs`.
 */
import { boolean, defineConfigs, int, long, oneOf, string } from '@gregor/config'
import { requestConfigs } from '../config/common-configs.ts'

const INT_MAX = 2_147_483_647

export const producerConfigs = defineConfigs({
  acks: oneOf(['all', '-1', '0', '1'], {
    default: 'all',
    doc: 'Who has to have a batch before it counts as written: every in-sync replica (all), the leader (1), nobody (0).',
  }),
  'batch.size': int({
    default: 16_384,
    min: 0,
    importance: 'medium',
    doc: 'A batch of that many bytes is sent without waiting for more. A larger record makes a batch of its own. Bytes.',
  }),
  'buffer.memory': long({
    default: 33_554_432,
    min: 0,
    importance: 'high',
    doc: 'Records that may wait, or be under way, in all: then `send` waits and `offer` says false. Bytes.',
  }),
  'compression.gzip.level': int({
    default: -1,
    validator: {
      kind: 'custom',
      allowed: '[1,...,9] or -1',
      problem: (level) =>
        level === -1 || (Number(level) >= 1 && Number(level) <= 9)
          ? undefined
          : 'Value must be between 1 and 9 or equal to -1',
    },
    doc: 'Of gzip, 1 to 9; -1: its own default.',
  }),
  'compression.lz4.level': int({
    default: 9,
    min: 1,
    max: 17,
    doc: 'Accepted; lz4 has one level here, a fast one.',
  }),
  'compression.type': oneOf(['none', 'gzip', 'snappy', 'lz4', 'zstd'], {
    default: 'none',
    importance: 'high',
    doc: 'How batches are compressed: larger batches compress better.',
  }),
  'compression.zstd.level': int({
    default: 3,
    min: -131_072,
    max: 22,
    doc: 'Of zstd: larger is smaller and slower.',
  }),
  'delivery.timeout.ms': int({
    default: 120_000,
    min: 0,
    doc: 'A record that is not acknowledged after that long has failed; attempts and pauses are included. Milliseconds.',
  }),
  'enable.idempotence': boolean({
    default: true,
    doc: 'Each record is written once and in order, however often it is sent (KIP-98). Needs acks=all.',
  }),
  'enable.metrics.push': boolean({
    default: true,
    doc: 'Accepted; metrics are not pushed to brokers (KIP-714).',
  }),
  'linger.ms': long({
    default: 5,
    min: 0,
    doc: 'A record waits that long for others to the same partition, so that they travel as one batch. Milliseconds.',
  }),
  'max.block.ms': long({
    default: 60_000,
    min: 0,
    doc: 'How long `send` waits for metadata and for room in `buffer.memory`, and `initTransactions` for its answer. Milliseconds.',
  }),
  'max.in.flight.requests.per.connection': int({
    default: 5,
    min: 1,
    doc: 'Requests to one node that are not answered. At most 5 for an idempotent producer.',
  }),
  'max.request.size': int({
    default: 1_048_576,
    min: 0,
    doc: 'The most that one request carries, and so the largest record, before compression. Bytes.',
  }),
  'metadata.max.idle.ms': long({
    default: 300_000,
    min: 5000,
    importance: 'low',
    doc: 'Metadata of a topic that gets no records for that long are not kept up to date any more. Milliseconds.',
  }),
  'partitioner.adaptive.partitioning.enable': boolean({
    default: true,
    doc: 'Records without a key go less often to partitions with many batches waiting (KIP-794).',
  }),
  'partitioner.availability.timeout.ms': long({
    default: 0,
    min: 0,
    doc: 'Partitions whose node took no batch for that long get no records without a key; 0: they do. Milliseconds.',
  }),
  'partitioner.class': string({
    doc: 'Name of a partitioner: built-in, round-robin or manual, or the Java class of one of those.',
  }),
  'partitioner.ignore.keys': boolean({
    default: false,
    doc: 'Records with a key are placed as those without.',
  }),
  retries: int({
    default: INT_MAX,
    min: 0,
    max: INT_MAX,
    importance: 'high',
    doc: 'How often a batch is sent again. Mostly left alone: `delivery.timeout.ms` says when to give up.',
  }),
  'transaction.timeout.ms': int({
    default: 60_000,
    doc: 'The coordinator aborts a transaction that is open for longer. Milliseconds.',
  }),
  'transaction.two.phase.commit.enable': boolean({
    default: false,
    doc: 'Accepted as false only: two-phase commit (KIP-939) is not offered.',
  }),
  'transactional.id': string({
    validator: { kind: 'nonEmpty' },
    doc: 'Makes the producer transactional. Who takes the same id later fences it (KIP-98).',
  }),
  ...requestConfigs,
})
