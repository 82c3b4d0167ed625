/**
 * DescribeCluster (key 60): the cluster’s id and its nodes (KIP-700): the brokers, and on the controllers’ own listener
 * the controllers (KIP-919). v2 can name fenced brokers, too (KIP-1073).
 */
import { DescribeCluster, errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { authorizedOperations, clusterName, isAllowedOnCluster } from '../server/authorization.ts'
import { brokersOn } from '../server/described-topic.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof DescribeCluster>
type Response = ResponseInput<typeof DescribeCluster>
type Node = Response['brokers'][number]

const endpointTypes = { BROKER: 1, CONTROLLER: 2 } as const
type EndpointType = keyof typeof endpointTypes
const notAsked = -2_147_483_648

/** On the listeners of clients. Any live broker may say it is the controller: it forwards what is for one. */
export const describeCluster = defineHandler(DescribeCluster, {
  handle(request, context, services) {
    const refusal = endpointProblem(request, context, 'BROKER')
    if (refusal !== undefined) return refusal
    const brokers = brokersOn(services, context, { includeFenced: request.includeFencedBrokers })
    const live = brokers.filter(({ isFenced }) => !isFenced).map(({ nodeId }) => nodeId)
    return {
      ...described(request, context, services),
      endpointType: endpointTypes.BROKER,
      controllerId: live.includes(services.nodeId) ? services.nodeId : (live[0] ?? -1),
      brokers: brokers.map(({ nodeId: brokerId, ...rest }) => ({ brokerId, ...rest })),
    }
  },
  refuse: (_request, error) => refused(error, errorMessage(error)),
})

/** On the controllers’ listener. */
export const describeControllers = defineHandler(DescribeCluster, {
  handle(request, context, services) {
    if (!isAllowedOnCluster(services, context, 'ALTER')) {
      return refused('CLUSTER_AUTHORIZATION_FAILED', errorMessage('CLUSTER_AUTHORIZATION_FAILED'))
    }
    const refusal = endpointProblem(request, context, 'CONTROLLER')
    if (refusal !== undefined) return refusal
    const nodes = controllersOn(context, services)
    const leaderId = services.metadataLeaderId()
    return {
      ...described(request, context, services),
      endpointType: endpointTypes.CONTROLLER,
      controllerId: nodes.some(({ brokerId }) => brokerId === leaderId) ? leaderId : -1,
      brokers: nodes,
    }
  },
  refuse: (_request, error) => refused(error, errorMessage(error)),
})

/** Those that have said where they are. */
function controllersOn({ connection }: RequestContext, { metadata }: Services): Node[] {
  return [...metadata.image.controllers].flatMap(([brokerId, { listeners }]) => {
    const endpoint = listeners.get(connection.listener.name)
    return endpoint === undefined
      ? []
      : [{ brokerId, host: endpoint.host, port: endpoint.port, rack: null, isFenced: false }]
  })
}

function described(
  request: Request,
  context: RequestContext,
  services: Services,
): Pick<Response, 'errorCode' | 'clusterId' | 'clusterAuthorizedOperations'> {
  return { errorCode: 0, clusterId: services.clusterId, clusterAuthorizedOperations: operations() }

  function operations(): number {
    if (!request.includeClusterAuthorizedOperations) return notAsked
    if (!isAllowedOnCluster(services, context, 'DESCRIBE')) return 0
    return authorizedOperations(services, context, { type: 'CLUSTER', name: clusterName })
  }
}

/** Version 0 knows neither the types nor their errors. */
function endpointProblem(
  { endpointType }: Request,
  { apiVersion }: RequestContext,
  expected: EndpointType,
): Response | undefined {
  if (endpointType === endpointTypes[expected]) return undefined
  const asked = Object.entries(endpointTypes).find(([, code]) => code === endpointType)?.[0]
  if (asked === undefined) {
    return refused(
      apiVersion === 0 ? 'INVALID_REQUEST' : 'UNSUPPORTED_ENDPOINT_TYPE',
      `Unsupported endpoint type ${endpointType}`,
    )
  }
  return refused(
    apiVersion === 0 ? 'INVALID_REQUEST' : 'MISMATCHED_ENDPOINT_TYPE',
    `The request was sent to an endpoint of type ${expected}, but we wanted an endpoint of type ${asked}`,
  )
}

function refused(error: ProtocolError, message: string): Response {
  return { errorCode: errorCode(error), errorMessage: message, clusterId: '', brokers: [] }
}
