/** Idempotent producers and transactions (KIP-98, KIP-890, KIP-939). */
import { boolean, defineConfigs, int, short } from '../definition.ts'

export const transactionConfigs = defineConfigs({
  'add.partitions.to.txn.retry.backoff.max.ms': int({
    default: 100,
    min: 0,
    importance: 'high',
    doc: 'Longest pause between two tries of the broker to add a partition to a transaction that is still ending.',
  }),
  'add.partitions.to.txn.retry.backoff.ms': int({
    default: 20,
    min: 1,
    importance: 'high',
    doc: 'First pause between two tries of the broker to add a partition to a transaction that is still ending.',
  }),
  'producer.id.expiration.check.interval.ms': int({
    default: 600_000,
    min: 1,
    importance: 'low',
    isInternal: true,
    doc: 'How often it is checked whether a producer id is due for removal.',
  }),
  'producer.id.expiration.ms': int({
    default: 86_400_000,
    min: 1,
    scope: 'cluster-wide',
    importance: 'low',
    doc: 'How long a partition remembers a producer id that writes nothing.',
  }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int({
    default: 10_000,
    min: 1,
    importance: 'low',
    doc: 'How often it is checked whether a transaction has timed out.',
  }),
  'transaction.max.timeout.ms': int({
    default: 900_000,
    min: 1,
    importance: 'high',
    doc: 'Longest timeout that a transaction may ask for.',
  }),
  'transaction.partition.verification.enable': boolean({
    default: true,
    scope: 'cluster-wide',
    importance: 'low',
    doc: 'Whether a partition asks the coordinator that a transaction is open before it takes its first batch.',
  }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int({
    default: 3_600_000,
    min: 1,
    importance: 'low',
    doc: 'How often it is checked whether a transactional id is due for removal.',
  }),
  'transaction.state.log.load.buffer.size': int({
    default: 5_242_880,
    min: 1,
    importance: 'high',
    doc: 'How much is read at a time when transactions are loaded.',
  }),
  'transaction.state.log.min.isr': int({
    default: 2,
    min: 1,
    importance: 'high',
    doc: 'Fewest in-sync replicas of the transaction topic.',
  }),
  'transaction.state.log.num.partitions': int({
    default: 50,
    min: 1,
    importance: 'high',
    doc: 'Partitions of the transaction topic; must not change once it exists.',
  }),
  'transaction.state.log.replication.factor': short({
    default: 3,
    min: 1,
    importance: 'high',
    doc: 'Replicas of the transaction topic.',
  }),
  'transaction.state.log.segment.bytes': int({
    default: 104_857_600,
    min: 1,
    importance: 'high',
    doc: 'Segment size of the transaction topic.',
  }),
  'transaction.two.phase.commit.enable': boolean({
    default: false,
    importance: 'low',
    doc: 'Whether clients may leave a transaction prepared without a time limit, for a commit across systems.',
  }),
  'transactional.id.expiration.ms': int({
    default: 604_800_000,
    min: 1,
    importance: 'high',
    doc: 'How long a transactional id that does nothing is remembered.',
  }),
})
