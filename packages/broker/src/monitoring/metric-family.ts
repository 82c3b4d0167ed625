/**
 * One metric of a node: what it is called and what it is now. Values are read when somebody scrapes; until then nobody
 * pays for them. The lists of families are also the source of docs/reference/metrics.md.
 *
 * Names follow the usual rules of Prometheus’ JMX exporter, so that dashboards for Kafka find them: lower case, type and
 * name joined, `PerSec` left out and `_total` added. What Kafka has not got begins with `gregor_`.
 */
import type { MetricDefinition, MetricSample } from '@gregor/platform'
import type { BrokerLifecycle } from '../metadata/broker-lifecycle.ts'
import type { MetadataQuorum } from '../metadata/metadata-quorum.ts'
import type { ClientListener } from '../server/client-listener.ts'
import type { RequestMetrics } from '../server/request-metrics.ts'
import type { Services } from '../server/services.ts'
import type { NodeState } from './node-state.ts'

/** What there is to look at. */
export interface ObservedNode {
  readonly state: NodeState
  readonly services: Services
  readonly requestMetrics: RequestMetrics
  readonly quorum: Pick<MetadataQuorum, 'log' | 'follower'>
  readonly lifecycle: Pick<BrokerLifecycle, 'epoch'>
  readonly listeners: readonly Pick<ClientListener, 'identity' | 'connectionCount' | 'refusedCount'>[]
}

export interface MetricFamily {
  readonly definition: MetricDefinition
  readonly collect: (node: ObservedNode) => Iterable<MetricSample>
}

/** A family without labels. */
export function single(definition: MetricDefinition, read: (node: ObservedNode) => number): MetricFamily {
  return { definition, collect: (node) => [{ value: read(node) }] }
}
