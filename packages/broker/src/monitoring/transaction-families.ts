/** Transactions: what this node coordinates, what it asks coordinators for, and what may hang in its partitions. */
import type { MetricSample } from '@gregor/platform'
import { single, type MetricFamily, type ObservedNode } from './metric-family.ts'

/** Beyond the longest that a transaction may last: coordinators need some time to end it. */
const lateAfterMs = 300_000

export const transactionFamilies: readonly MetricFamily[] = [
  {
    definition: {
      name: 'gregor_transactions',
      help: 'Transactional ids that this node coordinates, by the state of their transaction.',
      kind: 'gauge',
      labels: ['state'],
    },
    *collect({ services }): Generator<MetricSample> {
      for (const [state, count] of services.transactions.countsByState()) yield { value: count, labels: [state] }
    },
  },
  single(
    {
      name: 'kafka_server_addpartitionstotxnmanager_verificationfailure_total',
      help: 'Partitions that a transaction’s coordinator would not add or confirm, before a batch was written (KIP-890).',
      kind: 'counter',
    },
    ({ services }) => services.transactionPartitions.failureCount,
  ),
  single(
    {
      name: 'kafka_server_addpartitionstotxnmanager_verificationtimems_count',
      help: 'How often a transaction’s coordinator was asked before a batch was written.',
      kind: 'counter',
    },
    ({ services }) => services.transactionPartitions.askedCount,
  ),
  single(
    {
      name: 'kafka_server_addpartitionstotxnmanager_verificationtimems_sum',
      help: 'Milliseconds that it took to answer.',
      kind: 'counter',
    },
    ({ services }) => services.transactionPartitions.tookMs,
  ),
  single(
    {
      name: 'kafka_server_replicamanager_partitionswithlatetransactionscount',
      help: 'Partitions with a transaction that is open longer than any may be: kafka-transactions.sh find-hanging tells which.',
      kind: 'gauge',
    },
    lateCount,
  ),
]

function lateCount({ services }: ObservedNode): number {
  const { clock, config, replicas } = services
  const lateMs = clock.wallMs() - config.get('transaction.max.timeout.ms') - lateAfterMs
  let count = 0
  for (const { log } of replicas.all()) if ((log.producers.oldestTransactionTimestampMs ?? Infinity) < lateMs) count++
  return count
}
