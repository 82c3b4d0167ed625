/** What a client that is connected to controllers knows of them: asked with DescribeCluster, kept as metadata (KIP-919). */
import type { DescribeClusterResponse, MetadataResponse } from '@gregor/protocol'

const controllers = 2

export const askForControllers = { includeClusterAuthorizedOperations: false, endpointType: controllers } as const

/** Without topics: controllers tell nothing of them to clients. */
export function metadataOfControllers(response: DescribeClusterResponse): MetadataResponse {
  const { throttleTimeMs, errorCode, clusterId, controllerId } = response
  return {
    throttleTimeMs,
    errorCode,
    clusterId,
    controllerId,
    brokers: response.brokers.map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack })),
    topics: [],
    clusterAuthorizedOperations: response.clusterAuthorizedOperations,
  }
}
