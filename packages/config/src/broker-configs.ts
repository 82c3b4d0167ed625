/**
 * Every config of a broker or controller of Apache Kafka 4.3, and the few that go beyond it. The tables themselves
 * are in `broker-configs/`, by area.
 */
import { groupCoordinatorConfigs } from './broker-configs/groups.ts'
import { logConfigs } from './broker-configs/log.ts'
import { networkConfigs } from './broker-configs/network.ts'
import { nodeConfigs } from './broker-configs/node.ts'
import { ownConfigs } from './broker-configs/own.ts'
import { quorumConfigs } from './broker-configs/quorum.ts'
import { quotaAndMetricsConfigs } from './broker-configs/quotas-and-metrics.ts'
import { remoteLogConfigs } from './broker-configs/remote-log.ts'
import { replicationConfigs } from './broker-configs/replication.ts'
import { saslConfigs } from './broker-configs/sasl.ts'
import { authorizerConfigs, tlsConfigs } from './broker-configs/tls.ts'
import { transactionConfigs } from './broker-configs/transactions.ts'

/** Those that DescribeConfigs shows. */
export const brokerConfigs = {
  ...nodeConfigs,
  ...networkConfigs,
  ...quorumConfigs,
  ...logConfigs,
  ...replicationConfigs,
  ...groupCoordinatorConfigs,
  ...transactionConfigs,
  ...quotaAndMetricsConfigs,
  ...saslConfigs,
  ...tlsConfigs,
  ...remoteLogConfigs,
  ...ownConfigs,
} as const

/** Those that `BrokerConfig` knows. */
export const knownConfigs = { ...brokerConfigs, ...authorizerConfigs } as const

export type BrokerConfigs = typeof knownConfigs
export type BrokerConfigName = keyof BrokerConfigs
