/** One node: serves requests, owns partitions, follows the metadata log. This file is the package’s public interface. */
export { servedApis } from './apis/served.ts'
export { Broker, type BrokerOptions } from './broker.ts'
export { BrokerRegistrationError } from './metadata/broker-lifecycle.ts'
export { families as metricFamilies } from './monitoring/families.ts'
export type { HandlerAnswer } from './server/handler.ts'
export type { InterceptedRequest, RequestInterceptor } from './server/interceptor.ts'
export type { ConnectionContext } from './server/request-context.ts'
export type { MetricFamily } from './monitoring/metric-family.ts'
