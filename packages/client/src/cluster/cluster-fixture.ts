/** A cluster of scripted nodes in a simulated network, and a client of it, for tests. */
import { SimulatedWorld } from '@gregor/testkit/simulation'
import type { Cluster } from './cluster.ts'
import { openCluster } from './kafka-cluster.ts'
import { ScriptedNode, type ScriptedNodeOptions } from './scripted-node.ts'
import { Metadata } from '@gregor/protocol'

export const timing = {
  requestTimeoutMs: 30_000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1000,
  socketConnectionSetupTimeoutMs: 10_000,
  socketConnectionSetupTimeoutMaxMs: 30_000,
  connectionsMaxIdleMs: 540_000,
  metadataMaxAgeMs: 300_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  metadataRecoveryStrategy: 'rebootstrap' as const,
  metadataRecoveryRebootstrapTriggerMs: 300_000,
}
export const options = { timeoutMs: 5000 }

interface Place {
  readonly world: SimulatedWorld
  readonly cluster: Cluster
  readonly nodes: readonly ScriptedNode[]
}

/** Nodes 1, 2, … on hosts n1, n2, …, and a client that knows the addresses given (all of them by default). */
export async function newPlace(
  count: number,
  given: {
    readonly bootstrapServers?: readonly string[]
    readonly node?: Partial<ScriptedNodeOptions>
    readonly timing?: Partial<typeof timing>
  } = {},
): Promise<Place> {
  const world = new SimulatedWorld({ seed: 1 })
  const nodes: ScriptedNode[] = []
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  for (const id of ids) {
    const { network } = world.node(`n${id}`).environment
    const node = await ScriptedNode.listen({ network, port: 9092, ...given.node })
    nodes.push(
      node.on(Metadata, () => ({
        brokers: ids.map((nodeId) => ({ nodeId, host: `n${nodeId}`, port: 9092 })),
        controllerId: count,
        clusterId: 'cluster',
        topics: [],
      })),
    )
  }
  const { environment } = world.node('client')
  const bootstrapServers = given.bootstrapServers ?? ids.map((id) => `n${id}:9092`)
  const cluster = openCluster({ environment, bootstrapServers, clientId: 'me', timing: { ...timing, ...given.timing } })
  return { world, cluster, nodes }
}

export const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }
