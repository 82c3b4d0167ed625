/** All metrics of a node, in the order of the reference page. The only list. */
import { clusterFamilies } from './cluster-families.ts'
import { logFamilies } from './log-families.ts'
import type { MetricFamily } from './metric-family.ts'
import { requestFamilies } from './request-families.ts'
import { topicFamilies } from './topic-families.ts'
import { transactionFamilies } from './transaction-families.ts'

export const families: readonly MetricFamily[] = [
  ...topicFamilies,
  ...requestFamilies,
  ...logFamilies,
  ...transactionFamilies,
  ...clusterFamilies,
]
