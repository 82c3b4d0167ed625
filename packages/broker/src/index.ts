/** One node: serves requests, owns partitions, follows the metadata log. This file is the package’s public interface. */
export { servedApis } from './apis/served.ts'
export { Broker, type BrokerOptions } from './broker.ts'
export { BrokerRegistrationError } from './metadata/broker-lifecycle.ts'
export { families as metricFamilies } from './monitoring/families.ts'
export type { MetricFamily } from './monitoring/metric-family.ts'
