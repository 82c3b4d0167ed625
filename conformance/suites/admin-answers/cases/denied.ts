/**
 * What somebody is told who may not: first of a topic, then of the cluster. The servers let everybody do what no ACL
 * speaks of, so that they themselves go on; the ACLs that forbid are made by those they will forbid.
 */

import {
  AlterClientQuotas,
  AlterConfigs,
  AlterPartitionReassignments,
  AlterReplicaLogDirs,
  AlterUserScramCredentials,
  CreateAcls,
  CreatePartitions,
  CreateTopics,
  DeleteAcls,
  DeleteRecords,
  DeleteTopics,
  DescribeAcls,
  DescribeClientQuotas,
  DescribeCluster,
  DescribeConfigs,
  DescribeLogDirs,
  DescribeProducers,
  DescribeQuorum,
  DescribeTopicPartitions,
  ElectLeaders,
  IncrementalAlterConfigs,
  InitProducerId,
  ListConfigResources,
  ListOffsets,
  ListPartitionReassignments,
  Metadata,
  OffsetForLeaderEpoch,
  UnregisterBroker,
  UpdateFeatures,
} from '@gregor/protocol'

import { exchange, read, type Exchange } from '../exchange.ts'

const timeoutMs = 5_000
const everybody = 'User:ANONYMOUS'
const [topic, cluster] = [2, 4] as const
const [literal, prefixed] = [3, 4] as const
const [deny, allow] = [2, 3] as const
const all = 2
const clusterAction = 9
const anyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}

function acl(resourceType: number, resourceName: string, operation: number, permissionType: number) {
  return {
    resourceType,
    resourceName,
    resourcePatternType: literal,
    principal: everybody,
    host: '*',
    operation,
    permissionType,
  }
}

function newTopic(name: string) {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
}

const topics = [{ name: 'open' }, { name: 'secret' }, { name: 'secret-missing' }]

const ofTopics: readonly Exchange[] = [
  exchange('CreateTopics, for what follows', CreateTopics, {
    topics: [newTopic('open'), newTopic('secret')],
    timeoutMs,
  }),
  exchange('CreateAcls: nobody may do anything to what begins with secret', CreateAcls, {
    creations: [{ ...acl(topic, 'secret', all, deny), resourcePatternType: prefixed }],
  }),
  read(
    'Metadata of a topic that is not to be known',
    Metadata,
    { topics, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: true },
    { versions: [8, 12, 13] },
  ),
  read('Metadata of all topics', Metadata, { topics: null }),
  read('Metadata by the id of a topic that is not to be known', Metadata, {
    topics: [{ name: null, topicId: 'id:open' }],
  }),
  read('DescribeTopicPartitions, denied', DescribeTopicPartitions, {
    topics,
    responsePartitionLimit: 10,
    cursor: null,
  }),
  read('DescribeTopicPartitions of all', DescribeTopicPartitions, {
    topics: [],
    responsePartitionLimit: 10,
    cursor: null,
  }),
  read('DescribeConfigs, denied', DescribeConfigs, {
    resources: [{ resourceType: topic, resourceName: 'secret', configurationKeys: null }],
    includeSynonyms: false,
    includeDocumentation: false,
  }),
  exchange('AlterConfigs, denied', AlterConfigs, {
    resources: [{ resourceType: topic, resourceName: 'secret', configs: [] }],
    validateOnly: false,
  }),
  exchange('IncrementalAlterConfigs, denied', IncrementalAlterConfigs, {
    resources: [
      {
        resourceType: topic,
        resourceName: 'secret',
        configs: [{ name: 'retention.ms', configOperation: 0, value: '1' }],
      },
    ],
    validateOnly: false,
  }),
  exchange('CreateTopics, denied', CreateTopics, {
    topics: [newTopic('secret-new'), newTopic('secret')],
    timeoutMs,
    validateOnly: true,
  }),
  exchange('CreatePartitions, denied', CreatePartitions, {
    topics: [{ name: 'secret', count: 2, assignments: null }],
    timeoutMs,
    validateOnly: false,
  }),
  exchange('DeleteTopics, denied', DeleteTopics, {
    topics: [
      { name: 'secret', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { name: 'secret-missing', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
    ],
    timeoutMs,
  }),
  exchange('DeleteRecords, denied', DeleteRecords, {
    topics: [{ name: 'secret', partitions: [{ partitionIndex: 0, offset: 0 }] }],
    timeoutMs,
  }),
  read('DescribeProducers, denied', DescribeProducers, { topics: [{ name: 'secret', partitionIndexes: [0] }] }),
  read('ListOffsets, denied', ListOffsets, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: 'secret', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }],
  }),
  read('OffsetForLeaderEpoch, denied', OffsetForLeaderEpoch, {
    replicaId: -1,
    topics: [{ topic: 'secret', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }],
  }),
]

/** After it nobody may change an ACL any more. */
const lastAcls = exchange('CreateAcls: nobody may do anything to the cluster, but servers', CreateAcls, {
  creations: [acl(cluster, 'kafka-cluster', clusterAction, allow), acl(topic, 'no-such', all, deny)],
})

const anyLeader = { electionType: 0, topicPartitions: [{ topic: 'open', partitions: [0] }], timeoutMs }

const ofTheCluster: readonly Exchange[] = [
  lastAcls,
  read('DescribeCluster, denied', DescribeCluster, { includeClusterAuthorizedOperations: true }),
  exchange('CreateTopics without the cluster', CreateTopics, {
    topics: [newTopic('secret-2'), newTopic('open-2')],
    timeoutMs,
    validateOnly: true,
  }),
  read('DescribeAcls, denied', DescribeAcls, anyAcl),
  exchange('CreateAcls, denied', CreateAcls, { creations: [acl(topic, 'x', all, allow)] }),
  exchange('DeleteAcls, denied', DeleteAcls, { filters: [anyAcl] }),
  read('DescribeConfigs of a broker, denied', DescribeConfigs, {
    resources: [
      { resourceType: 4, resourceName: '1', configurationKeys: null },
      { resourceType: 8, resourceName: '1', configurationKeys: null },
      { resourceType: 16, resourceName: 's', configurationKeys: null },
    ],
    includeSynonyms: false,
    includeDocumentation: false,
  }),
  exchange('IncrementalAlterConfigs of a broker, denied', IncrementalAlterConfigs, {
    resources: [
      {
        resourceType: 4,
        resourceName: '1',
        configs: [{ name: 'log.cleaner.threads', configOperation: 0, value: '1' }],
      },
      { resourceType: 8, resourceName: '1', configs: [{ name: 'root', configOperation: 0, value: 'INFO' }] },
      { resourceType: 16, resourceName: 's', configs: [{ name: 'interval.ms', configOperation: 0, value: '1000' }] },
    ],
    validateOnly: true,
  }),
  exchange('AlterConfigs of a broker, denied', AlterConfigs, {
    resources: [{ resourceType: 4, resourceName: '1', configs: [] }],
    validateOnly: true,
  }),
  read('ListConfigResources, denied', ListConfigResources, { resourceTypes: [] }),
  exchange('AlterReplicaLogDirs, denied', AlterReplicaLogDirs, {
    dirs: [{ path: '/x', topics: [{ name: 'open', partitions: [0] }] }],
  }),
  read('DescribeLogDirs, denied', DescribeLogDirs, { topics: null }, { versions: [1, 2, 3, 4] }),
  exchange('ElectLeaders, denied', ElectLeaders, anyLeader, { versions: [0, 1, 2].slice(1) }),
  exchange('AlterPartitionReassignments, denied', AlterPartitionReassignments, {
    timeoutMs,
    topics: [{ name: 'open', partitions: [{ partitionIndex: 0, replicas: [1] }] }],
  }),
  read('ListPartitionReassignments, denied', ListPartitionReassignments, { timeoutMs, topics: null }),
  read('DescribeClientQuotas, denied', DescribeClientQuotas, { components: [], strict: false }),
  exchange('AlterClientQuotas, denied', AlterClientQuotas, {
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'a' }],
        ops: [{ key: 'producer_byte_rate', value: 1, remove: false }],
      },
    ],
    validateOnly: false,
  }),
  // DescribeUserScramCredentials is not among them: Apache Kafka never answers.
  exchange('AlterUserScramCredentials, denied', AlterUserScramCredentials, {
    deletions: [{ name: 'a', mechanism: 1 }],
    upsertions: [],
  }),
  read('DescribeQuorum, denied', DescribeQuorum, {
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  }),
  exchange('UpdateFeatures, denied', UpdateFeatures, {
    featureUpdates: [{ feature: 'group.version', maxVersionLevel: 1, upgradeType: 1 }],
  }),
  exchange('UnregisterBroker, denied', UnregisterBroker, { brokerId: 7 }),
  read(
    'InitProducerId with WRITE on some topic',
    InitProducerId,
    { transactionalId: null, transactionTimeoutMs: 1 },
    { ignoring: ['producerId'] },
  ),
]

export const deniedCases: readonly Exchange[] = [...ofTopics, ...ofTheCluster]
