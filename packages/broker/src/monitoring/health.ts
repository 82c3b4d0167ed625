/** What `/health` says: whether this node serves clients, and what of it does not. */
import type { HttpAnswer } from '@gregor/platform'
import type { NodePhase, NodeState } from './node-state.ts'
import type { ObservedNode } from './metric-family.ts'

export interface Health {
  readonly state: NodePhase
  /** When it entered that state, ISO 8601. */
  readonly since: string
  readonly nodeId?: number
  readonly clusterId?: string
  /** Partitions on this node that are served. */
  readonly partitions?: number
  /** Partitions on this node that are not, as their directory has failed. */
  readonly offlinePartitions?: number
  readonly offlineDirectories?: readonly string[]
}

/** @param node - `undefined` until there is one. */
export function healthOf(state: NodeState, node: ObservedNode | undefined): Health {
  const since = new Date(state.sinceMs).toISOString()
  if (node === undefined) return { state: state.phase, since }
  const { services } = node
  return {
    state: state.phase,
    since,
    nodeId: services.nodeId,
    clusterId: services.clusterId,
    partitions: [...services.replicas.all()].length,
    offlinePartitions: services.replicas.offlineCount,
    offlineDirectories: services.logDirectories
      .describe()
      .flatMap(({ error, path }) => (error === 'NONE' ? [] : [path])),
  }
}

/** 200 while clients are served, even if not all partitions are; else 503. */
export function healthAnswer(health: Health): HttpAnswer {
  return {
    status: health.state === 'running' ? 200 : 503,
    contentType: 'application/json',
    body: `${JSON.stringify(health)}\n`,
  }
}
