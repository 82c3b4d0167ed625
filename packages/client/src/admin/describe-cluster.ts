/** The cluster as a whole: its nodes and id, which versions a node speaks, and forgetting a broker. */
import {
  ApiVersions,
  DescribeCluster,
  Metadata,
  type ProtocolError,
  UnregisterBroker,
  apiByKey,
} from '@gregor/protocol'
import type { NodeChoice, NodeEndpoint } from '../cluster/cluster.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { type AdminContext, type CallOptions, type Try, call, check } from './call.ts'
import { type FeatureMetadata, featureMetadata, softwareName } from './features.ts'
import { type AclOperation, operationsFromBits } from './resource-words.ts'
import { serves } from './routing.ts'

export interface DescribeClusterOptions extends CallOptions {
  readonly includeAuthorizedOperations?: boolean
  /** Brokers that are registered but not in service, too (4.1 and later). */
  readonly includeFencedBrokers?: boolean
  /** Which nodes, as nodes tell of their own kind only. Default: the kind that the client is connected to. */
  readonly endpoint?: 'broker' | 'controller'
}

export interface ClusterDescription {
  readonly clusterId: string | undefined
  /** From a broker: some live broker. */
  readonly controllerId: number | undefined
  readonly nodes: readonly ClusterNode[]
  /** `undefined` unless asked for. */
  readonly authorizedOperations: readonly AclOperation[] | undefined
}

export interface ClusterNode extends NodeEndpoint {
  readonly isFenced: boolean
}

export interface ApiVersionRange {
  readonly apiKey: number
  /** `undefined` where we do not know the API. */
  readonly name: string | undefined
  readonly minVersion: number
  readonly maxVersion: number
}

export interface NodeApiVersions extends FeatureMetadata {
  /** In order of their keys. */
  readonly apis: readonly ApiVersionRange[]
}

const endpointTypes = { broker: 1, controller: 2 } as const

export function describeCluster(context: AdminContext, given: DescribeClusterOptions): Promise<ClusterDescription> {
  const endpoint = given.endpoint ?? (context.cluster.isOfControllers === true ? 'controller' : 'broker')
  const options = { ...given, endpoint }
  return call(context, 'describeCluster', options, async (attempt) => {
    if (!(await serves(context, 'any', DescribeCluster, attempt))) return fromMetadata(context, attempt, options)
    const request = (version: number) => ({
      includeClusterAuthorizedOperations: options.includeAuthorizedOperations ?? false,
      ...endpointInput(options, version),
    })
    const { response } = await context.cluster.send('any', DescribeCluster, request, attempt)
    check(response.errorCode, response.errorMessage)
    return {
      clusterId: response.clusterId,
      controllerId: response.controllerId === -1 ? undefined : response.controllerId,
      nodes: response.brokers.map(({ brokerId, ...node }) => ({ nodeId: brokerId, ...node })),
      authorizedOperations: operationsFromBits(response.clusterAuthorizedOperations),
    }
  })
}

/** What one node speaks, as it says itself. */
export function describeApiVersions(
  context: AdminContext,
  node: NodeChoice,
  options: CallOptions,
): Promise<NodeApiVersions> {
  return call(context, 'apiVersions', options, async (given) => {
    const { response } = await context.cluster.send(node, ApiVersions, softwareName, given)
    check(response.errorCode)
    return {
      apis: response.apiKeys
        .map((range) => ({ ...range, name: apiByKey(range.apiKey)?.name }))
        .toSorted((a, b) => a.apiKey - b.apiKey),
      ...featureMetadata(response),
    }
  })
}

export function unregisterBroker(context: AdminContext, brokerId: number, options: CallOptions): Promise<void> {
  const passing = new Set<ProtocolError>(['REQUEST_TIMED_OUT', 'NOT_CONTROLLER'])
  return call(context, 'unregisterBroker', { ...options, passing }, async (given) => {
    const { response } = await context.cluster.send('controller', UnregisterBroker, { brokerId }, given)
    check(response.errorCode, response.errorMessage)
  })
}

function endpointInput({ endpoint = 'broker', includeFencedBrokers = false }: DescribeClusterOptions, version: number) {
  if (version === 0) {
    if (endpoint === 'controller') throw new UnsupportedVersionError('the node cannot describe controllers')
    if (includeFencedBrokers) throw new UnsupportedVersionError('the node cannot describe fenced brokers')
    return {}
  }
  if (includeFencedBrokers && version < fencedVersion) {
    throw new UnsupportedVersionError('the node cannot describe fenced brokers')
  }
  return { endpointType: endpointTypes[endpoint], ...(includeFencedBrokers ? { includeFencedBrokers } : {}) }
}

const fencedVersion = 2

async function fromMetadata(
  { cluster }: AdminContext,
  given: Try,
  options: DescribeClusterOptions,
): Promise<ClusterDescription> {
  endpointInput(options, 0)
  const request = (version: number) => ({
    topics: [],
    allowAutoTopicCreation: version < 4,
    includeClusterAuthorizedOperations: version >= 8 && version <= 10 && options.includeAuthorizedOperations === true,
  })
  const { response } = await cluster.send('any', Metadata, request, given)
  return {
    clusterId: response.clusterId ?? undefined,
    controllerId: response.controllerId === -1 ? undefined : response.controllerId,
    nodes: response.brokers.map((node) => ({ ...node, isFenced: false })),
    authorizedOperations: operationsFromBits(response.clusterAuthorizedOperations),
  }
}
