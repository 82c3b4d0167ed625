/** The cluster and its partitions: who leads, who votes, what moves, which features there are, what is deleted. */

import {
  AlterPartitionReassignments,
  AlterReplicaLogDirs,
  DeleteRecords,
  DescribeCluster,
  DescribeLogDirs,
  DescribeProducers,
  DescribeQuorum,
  DescribeTopicPartitions,
  ElectLeaders,
  InitProducerId,
  ListPartitionReassignments,
  Metadata,
  UnregisterBroker,
  UpdateFeatures,
} from '@gregor/protocol'

import { exchange, read, type Exchange } from '../exchange.ts'

const unknownId = 'BBBBBBBBBBBBBBBBBBBBBQ'
const timeoutMs = 5_000

const metadataCases: readonly Exchange[] = [
  ...[0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13]
    .map((version) =>
      read(
        `Metadata v${version}`,
        Metadata,
        {
          topics: [{ name: 'one' }, { name: 'missing' }, { name: 'a b' }, ...(version >= 1 ? [{ name: '' }] : [])],
          ...(version >= 4 ? { allowAutoTopicCreation: false } : {}),
          ...(version >= 8 ? { includeTopicAuthorizedOperations: true } : {}),
        },
        // Version 0 to 3 create what is missing.
        { versions: [version] },
      ),
    )
    .filter(({ versions }) => (versions?.[0] ?? 0) >= 4),
  read('Metadata: no topics', Metadata, { topics: [] }, { versions: [1, 8, 13] }),
  read(
    'Metadata: cluster operations',
    Metadata,
    { topics: [], includeClusterAuthorizedOperations: true },
    { versions: [8, 10] },
  ),
  read(
    'Metadata: by id',
    Metadata,
    {
      topics: [
        { topicId: 'id:one', name: null },
        { topicId: unknownId, name: null },
      ],
    },
    { versions: [12, 13] },
  ),
  read('Metadata: by id, too early', Metadata, { topics: [{ topicId: 'id:one', name: null }] }, { versions: [10, 11] }),
]

const describeCases: readonly Exchange[] = [
  read('DescribeCluster', DescribeCluster, { includeClusterAuthorizedOperations: true }, { versions: [0, 1, 2] }),
  read('DescribeCluster: without operations', DescribeCluster, { includeClusterAuthorizedOperations: false }),
  read(
    'DescribeCluster: the controllers',
    DescribeCluster,
    { includeClusterAuthorizedOperations: false, endpointType: 2 },
    { versions: [1, 2] },
  ),
  read(
    'DescribeCluster: nobody knows what',
    DescribeCluster,
    { includeClusterAuthorizedOperations: false, endpointType: 9 },
    { versions: [1, 2] },
  ),
  read('DescribeTopicPartitions: some', DescribeTopicPartitions, {
    topics: [{ name: 'one' }, { name: 'three' }, { name: 'missing' }, { name: 'a b' }],
    responsePartitionLimit: 100,
    cursor: null,
  }),
  read('DescribeTopicPartitions: a page', DescribeTopicPartitions, {
    topics: [{ name: 'one' }, { name: 'three' }, { name: 'with.dots' }],
    responsePartitionLimit: 3,
    cursor: null,
  }),
  read('DescribeTopicPartitions: the next page', DescribeTopicPartitions, {
    topics: [{ name: 'one' }, { name: 'three' }, { name: 'with.dots' }],
    responsePartitionLimit: 3,
    cursor: { topicName: 'three', partitionIndex: 2 },
  }),
  read('DescribeTopicPartitions: behind the last', DescribeTopicPartitions, {
    topics: [{ name: 'one' }],
    responsePartitionLimit: 3,
    cursor: { topicName: 'zzz', partitionIndex: 0 },
  }),
  read('DescribeTopicPartitions: a topic that went', DescribeTopicPartitions, {
    topics: [{ name: 'one' }, { name: 'three' }],
    responsePartitionLimit: 100,
    cursor: { topicName: 'opq', partitionIndex: 1 },
  }),
  read('DescribeTopicPartitions: a partition that is not there', DescribeTopicPartitions, {
    topics: [{ name: 'one' }, { name: 'three' }],
    responsePartitionLimit: 100,
    cursor: { topicName: 'one', partitionIndex: 9 },
  }),
  read('DescribeTopicPartitions: a limit of 0', DescribeTopicPartitions, {
    topics: [{ name: 'one' }],
    responsePartitionLimit: 0,
    cursor: null,
  }),
  read('DescribeTopicPartitions: a cursor before the first', DescribeTopicPartitions, {
    topics: [{ name: 'one' }],
    responsePartitionLimit: 5,
    cursor: { topicName: 'one', partitionIndex: -1 },
  }),
]

const electionCases: readonly Exchange[] = [
  exchange(
    'ElectLeaders: where nothing is to do, or nothing is',
    ElectLeaders,
    {
      topicPartitions: [
        { topic: 'one', partitions: [0, 5] },
        { topic: 'missing', partitions: [0] },
      ],
      timeoutMs,
    },
    { versions: [0, 1, 2] },
  ),
  exchange('ElectLeaders: any leader', ElectLeaders, {
    electionType: 1,
    topicPartitions: [{ topic: 'one', partitions: [0] }],
    timeoutMs,
  }),
  exchange('ElectLeaders: all', ElectLeaders, { topicPartitions: null, timeoutMs }),
  exchange('ElectLeaders: all, any', ElectLeaders, { electionType: 1, topicPartitions: null, timeoutMs }),
  exchange('ElectLeaders: an election that nobody knows', ElectLeaders, {
    electionType: 7,
    topicPartitions: [{ topic: 'one', partitions: [0] }],
    timeoutMs,
  }),
  exchange('ElectLeaders: none', ElectLeaders, { topicPartitions: [], timeoutMs }),
  exchange(
    'AlterPartitionReassignments: what cannot be',
    AlterPartitionReassignments,
    {
      timeoutMs,
      topics: [
        { name: 'missing', partitions: [{ partitionIndex: 0, replicas: [1] }] },
        {
          name: 'three',
          partitions: [
            { partitionIndex: 0, replicas: [7] },
            { partitionIndex: 1, replicas: [] },
            { partitionIndex: 2, replicas: [1, 1] },
            { partitionIndex: 9, replicas: [1] },
            { partitionIndex: 3, replicas: null },
          ],
        },
      ],
    },
    { versions: [0, 1] },
  ),
  exchange('AlterPartitionReassignments: to where it is', AlterPartitionReassignments, {
    timeoutMs,
    topics: [{ name: 'one', partitions: [{ partitionIndex: 0, replicas: [1] }] }],
  }),
  exchange('AlterPartitionReassignments: to other counts', AlterPartitionReassignments, {
    timeoutMs,
    allowReplicationFactorChange: false,
    topics: [{ name: 'one', partitions: [{ partitionIndex: 0, replicas: [1, 2] }] }],
  }),
  exchange('AlterPartitionReassignments: nothing', AlterPartitionReassignments, { timeoutMs, topics: [] }),
  read('ListPartitionReassignments: all', ListPartitionReassignments, { timeoutMs, topics: null }),
  read('ListPartitionReassignments: some', ListPartitionReassignments, {
    timeoutMs,
    topics: [
      { name: 'one', partitionIndexes: [0] },
      { name: 'missing', partitionIndexes: [0] },
    ],
  }),
]

const ofTheLog = [
  'leaderEpoch',
  'highWatermark',
  'logEndOffset',
  'lastFetchTimestamp',
  'lastCaughtUpTimestamp',
  'nodes',
]

const quorumCases: readonly Exchange[] = [
  read(
    'DescribeQuorum',
    DescribeQuorum,
    { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
    { versions: [0, 1, 2], ignoring: [...ofTheLog, 'replicaDirectoryId'] },
  ),
  read(
    'DescribeQuorum: another topic',
    DescribeQuorum,
    { topics: [{ topicName: 'one', partitions: [{ partitionIndex: 0 }] }] },
    { versions: [0, 2] },
  ),
  read('DescribeQuorum: two partitions', DescribeQuorum, {
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }],
  }),
  read('DescribeQuorum: nothing', DescribeQuorum, { topics: [] }),
  exchange(
    'UpdateFeatures: a feature that nobody knows',
    UpdateFeatures,
    {
      featureUpdates: [{ feature: 'no.such.version', maxVersionLevel: 1, upgradeType: 1 }],
    },
    { versions: [1, 2] },
  ),
  exchange(
    'UpdateFeatures: a level that is not supported',
    UpdateFeatures,
    {
      featureUpdates: [{ feature: 'group.version', maxVersionLevel: 9, upgradeType: 1 }],
    },
    { versions: [1, 2] },
  ),
  exchange('UpdateFeatures: a level below none', UpdateFeatures, {
    featureUpdates: [{ feature: 'group.version', maxVersionLevel: -1, upgradeType: 1 }],
  }),
  exchange('UpdateFeatures: the same twice', UpdateFeatures, {
    featureUpdates: [
      { feature: 'group.version', maxVersionLevel: 1, upgradeType: 1 },
      { feature: 'group.version', maxVersionLevel: 0, upgradeType: 2 },
    ],
  }),
  exchange('UpdateFeatures: a downgrade that is none', UpdateFeatures, {
    featureUpdates: [{ feature: 'group.version', maxVersionLevel: 0, upgradeType: 1 }],
  }),
  exchange('UpdateFeatures: a type that nobody knows', UpdateFeatures, {
    featureUpdates: [{ feature: 'group.version', maxVersionLevel: 1, upgradeType: 9 }],
  }),
  exchange('UpdateFeatures: metadata.version too low', UpdateFeatures, {
    featureUpdates: [{ feature: 'metadata.version', maxVersionLevel: 3, upgradeType: 2 }],
  }),
  exchange('UpdateFeatures: metadata.version back, checked', UpdateFeatures, {
    featureUpdates: [{ feature: 'metadata.version', maxVersionLevel: 29, upgradeType: 2 }],
    validateOnly: true,
  }),
  ...[29, 28, 27, 25, 20, 14, 8, 7, 6, 31, 99].flatMap((maxVersionLevel) =>
    ([1, 2, 3] as const).map((upgradeType) =>
      exchange(
        `UpdateFeatures: metadata.version ${maxVersionLevel}, type ${upgradeType}, checked`,
        UpdateFeatures,
        { featureUpdates: [{ feature: 'metadata.version', maxVersionLevel, upgradeType }], validateOnly: true },
        { versions: [1, 2] },
      ),
    ),
  ),
  // The one is at 0, as its voters are in its file, the other at 1.
  ...[2, -1].map((maxVersionLevel) =>
    exchange(`UpdateFeatures: kraft.version ${maxVersionLevel}`, UpdateFeatures, {
      featureUpdates: [{ feature: 'kraft.version', maxVersionLevel, upgradeType: 1 }],
    }),
  ),
  exchange('UpdateFeatures: kraft.version 1', UpdateFeatures, {
    featureUpdates: [{ feature: 'kraft.version', maxVersionLevel: 1, upgradeType: 1 }],
  }),
  ...([1, 2, 3] as const).map((upgradeType) =>
    exchange(`UpdateFeatures: kraft.version back, type ${upgradeType}`, UpdateFeatures, {
      featureUpdates: [{ feature: 'kraft.version', maxVersionLevel: 0, upgradeType }],
    }),
  ),
  ...[
    ['eligible.leader.replicas.version', 0],
    ['eligible.leader.replicas.version', 2],
    ['transaction.version', 0],
    ['transaction.version', 1],
    ['transaction.version', 3],
    ['group.version', 0],
  ].flatMap(([feature, maxVersionLevel]) =>
    [1, 2, 3].map((upgradeType) =>
      exchange(`UpdateFeatures: ${feature} ${maxVersionLevel}, type ${upgradeType}, checked`, UpdateFeatures, {
        featureUpdates: [{ feature: String(feature), maxVersionLevel: Number(maxVersionLevel), upgradeType }],
        validateOnly: true,
      }),
    ),
  ),
  // Version 0 has a flag for downgrades, which Apache does not look at.
  exchange('UpdateFeatures: nothing', UpdateFeatures, { featureUpdates: [] }),
  exchange('UnregisterBroker: one that is missing', UnregisterBroker, { brokerId: 7 }),
]

const logCases: readonly Exchange[] = [
  exchange(
    'DeleteRecords: what cannot be',
    DeleteRecords,
    {
      timeoutMs,
      topics: [
        {
          name: 'one',
          partitions: [
            { partitionIndex: 0, offset: 5 },
            { partitionIndex: 9, offset: 0 },
          ],
        },
        { name: 'missing', partitions: [{ partitionIndex: 0, offset: 0 }] },
        { name: 'configured', partitions: [{ partitionIndex: 0, offset: 0 }] },
        { name: 'with.dots', partitions: [{ partitionIndex: 0, offset: -7 }] },
      ],
    },
    { versions: [0, 1, 2] },
  ),
  exchange('DeleteRecords: to the end', DeleteRecords, {
    timeoutMs,
    topics: [{ name: 'one', partitions: [{ partitionIndex: 0, offset: -1 }] }],
  }),
  exchange('DeleteRecords: nothing', DeleteRecords, { timeoutMs, topics: [] }),
  read('DescribeProducers', DescribeProducers, {
    topics: [
      { name: 'one', partitionIndexes: [0, 9] },
      { name: 'missing', partitionIndexes: [0] },
    ],
  }),
  read(
    'DescribeLogDirs: some',
    DescribeLogDirs,
    {
      topics: [
        { topic: 'one', partitions: [0, 9] },
        { topic: 'missing', partitions: [0] },
      ],
    },
    { versions: [1, 2, 3, 4, 5], ignoring: ['logDir', 'totalBytes', 'usableBytes'] },
  ),
  read('DescribeLogDirs: none', DescribeLogDirs, { topics: [] }, { ignoring: ['logDir', 'totalBytes', 'usableBytes'] }),
  exchange(
    'AlterReplicaLogDirs: what cannot be',
    AlterReplicaLogDirs,
    {
      dirs: [
        {
          path: '/no/such/directory',
          topics: [
            { name: 'one', partitions: [0, 9] },
            { name: 'missing', partitions: [0] },
          ],
        },
      ],
    },
    { versions: [1, 2] },
  ),
  exchange('AlterReplicaLogDirs: nothing', AlterReplicaLogDirs, { dirs: [] }),
  read(
    'InitProducerId: without a transaction',
    InitProducerId,
    { transactionalId: null, transactionTimeoutMs: 1000 },
    { versions: [0, 1, 2, 3, 4, 5], ignoring: ['producerId'] },
  ),
  exchange('InitProducerId: an id without its epoch', InitProducerId, {
    transactionalId: null,
    transactionTimeoutMs: 1000,
    producerId: 5,
    producerEpoch: -1,
  }),
  read(
    'InitProducerId: with an id and its epoch',
    InitProducerId,
    {
      transactionalId: null,
      transactionTimeoutMs: 1000,
      producerId: 5,
      producerEpoch: 3,
    },
    { ignoring: ['producerId'] },
  ),
]

export const clusterCases: readonly Exchange[] = [
  ...metadataCases,
  ...describeCases,
  ...electionCases,
  ...quorumCases,
  ...logCases,
]
