/**
 * DescribeCluster (key 60): the brokers and the cluster’s id (KIP-700). Endpoint type 2 asks for controllers (KIP-919),
 * which only the controllers’ own listener answers. v2 can name fenced brokers, too (KIP-1073).
 */
import { DescribeCluster, errorCode } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { authorizedOperations, clusterName, isAllowedOnCluster } from '../server/authorization.ts'
import { brokersOn } from '../server/described-topic.ts'
import { defineHandler } from '../server/handler.ts'

const brokerEndpoints = 1
const controllerEndpoints = 2
const notAsked = -2_147_483_648

export const describeCluster = defineHandler(DescribeCluster, {
  handle(request, context, services) {
    const { clusterId, nodeId } = services
    if (request.endpointType !== brokerEndpoints) {
      const isKnown = request.endpointType === controllerEndpoints
      return isKnown
        ? refused(
            'MISMATCHED_ENDPOINT_TYPE',
            'The request was sent to an endpoint of the wrong type: ask a controller listener',
          )
        : refused('UNSUPPORTED_ENDPOINT_TYPE', `There is no endpoint type ${request.endpointType}`)
    }
    const brokers = brokersOn(services, context, { includeFenced: request.includeFencedBrokers })
    return {
      errorCode: 0,
      endpointType: brokerEndpoints,
      clusterId,
      controllerId:
        brokers.find((broker) => !broker.isFenced && broker.nodeId === nodeId)?.nodeId ?? brokers[0]?.nodeId ?? -1,
      brokers: brokers.map((broker) => ({
        brokerId: broker.nodeId,
        host: broker.host,
        port: broker.port,
        rack: broker.rack,
        isFenced: broker.isFenced,
      })),
      clusterAuthorizedOperations: operations(),
    }

    function operations(): number {
      if (!request.includeClusterAuthorizedOperations) return notAsked
      if (!isAllowedOnCluster(services, context, 'DESCRIBE')) return 0
      return authorizedOperations(services, context, { type: 'CLUSTER', name: clusterName })
    }
  },
  refuse: (_request, error) => refused(error, null),
})

function refused(error: ProtocolError, errorMessage: string | null): ResponseInput<typeof DescribeCluster> {
  return { errorCode: errorCode(error), errorMessage, clusterId: '', brokers: [] }
}
