/** What a controller answers whom its own listener lets in (KIP-919). */

import {
  AlterClientQuotas,
  CreateTopics,
  DeleteTopics,
  DescribeAcls,
  DescribeCluster,
  DescribeConfigs,
  DescribeQuorum,
  ElectLeaders,
  IncrementalAlterConfigs,
  ListPartitionReassignments,
  Metadata,
  UnregisterBroker,
  UpdateFeatures,
} from '@gregor/protocol'

import { exchange, read, type Exchange } from '../exchange.ts'

const timeoutMs = 5_000
const plain = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
const ofTheLog = [
  'leaderEpoch',
  'highWatermark',
  'logEndOffset',
  'lastFetchTimestamp',
  'lastCaughtUpTimestamp',
  'nodes',
]

function change(title: string, resourceType: number, resourceName: string, name: string, value: string): Exchange {
  return exchange(`IncrementalAlterConfigs on the controller: ${title}`, IncrementalAlterConfigs, {
    resources: [{ resourceType, resourceName, configs: [{ name, configOperation: 0, value }] }],
    validateOnly: false,
  })
}

export const controllerCases: readonly Exchange[] = [
  read(
    'DescribeCluster: the controllers, of one',
    DescribeCluster,
    { includeClusterAuthorizedOperations: true, endpointType: 2 },
    { versions: [1, 2] },
  ),
  read(
    'DescribeCluster: the brokers, of a controller',
    DescribeCluster,
    { includeClusterAuthorizedOperations: false, endpointType: 1 },
    { versions: [0, 1, 2] },
  ),
  read('Metadata of a controller', Metadata, { topics: [] }),
  read(
    'DescribeQuorum of a controller',
    DescribeQuorum,
    { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
    { ignoring: [...ofTheLog, 'replicaDirectoryId'] },
  ),
  exchange('CreateTopics on the controller', CreateTopics, { topics: [{ name: 'there', ...plain }], timeoutMs }),
  exchange('CreateTopics on the controller, again', CreateTopics, { topics: [{ name: 'there', ...plain }], timeoutMs }),
  change('a topic', 2, 'there', 'retention.ms', '1000'),
  change('a broker', 4, '1', 'log.cleaner.threads', '2'),
  change('another broker', 4, '7', 'log.cleaner.threads', '2'),
  change('what cannot change while it runs', 4, '1', 'node.id', '3'),
  read('DescribeConfigs of a controller: a topic', DescribeConfigs, {
    resources: [{ resourceType: 2, resourceName: 'there', configurationKeys: ['retention.ms'] }],
    includeSynonyms: false,
    includeDocumentation: false,
  }),
  exchange('AlterClientQuotas on the controller', AlterClientQuotas, {
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'a' }],
        ops: [{ key: 'producer_byte_rate', value: 1, remove: false }],
      },
    ],
    validateOnly: false,
  }),
  read('DescribeAcls of a controller', DescribeAcls, {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  }),
  exchange('ElectLeaders on the controller', ElectLeaders, {
    topicPartitions: [{ topic: 'there', partitions: [0] }],
    timeoutMs,
  }),
  read('ListPartitionReassignments of the controller', ListPartitionReassignments, { timeoutMs, topics: null }),
  exchange('UpdateFeatures on the controller', UpdateFeatures, {
    featureUpdates: [{ feature: 'no.such.version', maxVersionLevel: 1, upgradeType: 1 }],
  }),
  exchange('UnregisterBroker on the controller', UnregisterBroker, { brokerId: 7 }),
  exchange('DeleteTopics on the controller', DeleteTopics, {
    topics: [{ name: null, topicId: 'id:there' }],
    timeoutMs,
  }),
]
