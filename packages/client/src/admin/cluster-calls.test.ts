import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddRaftVoter,
  AlterPartitionReassignments,
  AlterReplicaLogDirs,
  ApiVersions,
  DescribeCluster,
  DescribeLogDirs,
  DescribeQuorum,
  ElectLeaders,
  ListPartitionReassignments,
  Metadata,
  RemoveRaftVoter,
  UnregisterBroker,
  UpdateFeatures,
} from '@gregor/protocol'
import { ScriptedCluster, adminOf } from './admin-fixture.ts'

const a0 = { topic: 'a', partition: 0 }
const a1 = { topic: 'a', partition: 1 }
const voterDirectoryId = 'wHz6-Xv5QyKYi4YFrnHFVw'

describe('describeCluster', () => {
  it('tells nodes, id and operations', async () => {
    const cluster = new ScriptedCluster().on(DescribeCluster, () => ({
      errorCode: 0,
      clusterId: 'c',
      controllerId: 2,
      brokers: [{ brokerId: 2, host: 'b2', port: 9092, rack: 'r', isFenced: true }],
      clusterAuthorizedOperations: 1 << 7,
    }))
    const { admin, run } = adminOf(cluster)
    const options = { includeAuthorizedOperations: true, includeFencedBrokers: true, endpoint: 'controller' } as const
    assert.deepEqual(await run(admin.describeCluster(options)), {
      clusterId: 'c',
      controllerId: 2,
      nodes: [{ nodeId: 2, host: 'b2', port: 9092, rack: 'r', isFenced: true }],
      authorizedOperations: ['ALTER'],
    })
    assert.deepEqual(cluster.asked(DescribeCluster)[0]?.request, {
      includeClusterAuthorizedOperations: true,
      endpointType: 2,
      includeFencedBrokers: true,
    })
  })

  it('uses Metadata with nodes older than that', async () => {
    const cluster = new ScriptedCluster()
      .speaks(DescribeCluster, -1)
      .speaks(Metadata, 8)
      .on(Metadata, () => ({
        brokers: [{ nodeId: 1, host: 'b1', port: 9092 }],
        clusterId: 'c',
        controllerId: -1,
        topics: [],
        clusterAuthorizedOperations: 1 << 8,
      }))
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.describeCluster({ includeAuthorizedOperations: true })), {
      clusterId: 'c',
      controllerId: undefined,
      nodes: [{ nodeId: 1, host: 'b1', port: 9092, rack: null, isFenced: false }],
      authorizedOperations: ['DESCRIBE'],
    })
    await assert.rejects(run(admin.describeCluster({ endpoint: 'controller' })), { name: 'UnsupportedVersionError' })
  })

  it('refuses what the version of the node cannot say', async () => {
    const cluster = new ScriptedCluster().on(DescribeCluster, () => ({ errorCode: 0, clusterId: 'c', brokers: [] }))
    const { admin, run } = adminOf(cluster)
    cluster.speaks(DescribeCluster, 1)
    await assert.rejects(run(admin.describeCluster({ includeFencedBrokers: true })), {
      name: 'UnsupportedVersionError',
    })
    cluster.speaks(DescribeCluster, 0)
    await assert.rejects(run(admin.describeCluster({ includeFencedBrokers: true })), {
      name: 'UnsupportedVersionError',
    })
    await assert.rejects(run(admin.describeCluster({ endpoint: 'controller' })), { name: 'UnsupportedVersionError' })
    assert.equal((await run(admin.describeCluster())).controllerId, undefined)
  })
})

describe('apiVersions and describeFeatures', () => {
  const answer = {
    errorCode: 0,
    apiKeys: [
      { apiKey: 3, minVersion: 0, maxVersion: 13 },
      { apiKey: 0, minVersion: 0, maxVersion: 12 },
      { apiKey: 999, minVersion: 0, maxVersion: 1 },
    ],
    supportedFeatures: [{ name: 'metadata.version', minVersion: 7, maxVersion: 29 }],
    finalizedFeaturesEpoch: 40,
    finalizedFeatures: [{ name: 'metadata.version', minVersionLevel: 7, maxVersionLevel: 27 }],
  }

  it('tell what one node speaks', async () => {
    const cluster = new ScriptedCluster().on(ApiVersions, () => answer)
    const { admin, run } = adminOf(cluster)
    const { apis } = await run(admin.apiVersions(3))
    assert.deepEqual(apis, [
      { apiKey: 0, minVersion: 0, maxVersion: 12, name: 'Produce' },
      { apiKey: 3, minVersion: 0, maxVersion: 13, name: 'Metadata' },
      { apiKey: 999, minVersion: 0, maxVersion: 1, name: undefined },
    ])
    assert.equal(cluster.asked(ApiVersions)[0]?.node, 3)
  })

  it('tell what it could do, and what all have agreed on', async () => {
    const cluster = new ScriptedCluster().on(ApiVersions, () => answer)
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.describeFeatures({ nodeId: 2 })), {
      supportedFeatures: new Map([['metadata.version', { minVersion: 7, maxVersion: 29 }]]),
      finalizedFeatures: new Map([['metadata.version', { minVersionLevel: 7, maxVersionLevel: 27 }]]),
      finalizedFeaturesEpoch: 40,
    })
    cluster.speaks(ApiVersions, 2).on(ApiVersions, () => ({ errorCode: 0, apiKeys: [] }))
    assert.equal((await run(admin.describeFeatures())).finalizedFeaturesEpoch, undefined)
  })
})

describe('updateFeatures', () => {
  it('has one outcome for all with new nodes', async () => {
    let errorCode = 0
    const cluster = new ScriptedCluster().on(UpdateFeatures, () => ({ errorCode, errorMessage: 'odd' }))
    const { admin, run } = adminOf(cluster)
    const updates = [
      { feature: 'f', maxVersionLevel: 2 },
      { feature: 'g', maxVersionLevel: 0, upgradeType: 'unsafe-downgrade' },
    ] as const
    const results = await run(admin.updateFeatures(updates, { validateOnly: true }))
    assert.deepEqual(results.failures, [])
    assert.deepEqual(cluster.asked(UpdateFeatures)[0]?.request, {
      timeoutMs: 30_000,
      featureUpdates: [
        { feature: 'f', maxVersionLevel: 2, upgradeType: 1, allowDowngrade: false },
        { feature: 'g', maxVersionLevel: 0, upgradeType: 3, allowDowngrade: false },
      ],
      validateOnly: true,
    })
    errorCode = 95
    const failed = await run(admin.updateFeatures(updates))
    assert.equal(failed.failures.length, 2)
    assert.throws(() => failed.value('g'), { code: 'INVALID_UPDATE_VERSION', message: 'odd' })
  })

  it('has one for each with older ones', async () => {
    const cluster = new ScriptedCluster().speaks(UpdateFeatures, 0).on(UpdateFeatures, ({ featureUpdates }) => ({
      errorCode: 0,
      results: featureUpdates.map(({ feature }) => ({ feature, errorCode: feature === 'g' ? 95 : 0 })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(
      admin.updateFeatures([
        { feature: 'f', maxVersionLevel: 2, upgradeType: 'safe-downgrade' },
        { feature: 'g', maxVersionLevel: 1 },
      ]),
    )
    assert.equal(results.get('f')?.error, undefined)
    assert.throws(() => results.value('g'), { code: 'INVALID_UPDATE_VERSION' })
    const unsafe = await run(
      admin.updateFeatures([{ feature: 'f', maxVersionLevel: 2, upgradeType: 'unsafe-downgrade' }]),
    )
    assert.throws(() => unsafe.value('f'), { name: 'UnsupportedVersionError' })
  })
})

describe('the metadata quorum', () => {
  const replica = { replicaId: 1, replicaDirectoryId: voterDirectoryId, logEndOffset: 9 }

  it('is described with its voters and observers', async () => {
    let errorCode = 0
    const cluster = new ScriptedCluster().on(DescribeQuorum, () => ({
      errorCode: 0,
      errorMessage: null,
      topics: [
        {
          topicName: '__cluster_metadata',
          partitions: [
            {
              partitionIndex: 0,
              errorCode,
              errorMessage: null,
              leaderId: 1,
              leaderEpoch: 3,
              highWatermark: 8,
              currentVoters: [{ ...replica, lastFetchTimestamp: 5, lastCaughtUpTimestamp: -1 }],
              observers: [],
            },
          ],
        },
      ],
      nodes: [{ nodeId: 1, listeners: [{ name: 'CONTROLLER', host: 'h', port: 9093 }] }],
    }))
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.describeMetadataQuorum()), {
      leaderId: 1,
      leaderEpoch: 3,
      highWatermark: 8,
      voters: [{ ...replica, lastFetchTimestamp: 5, lastCaughtUpTimestamp: undefined }],
      observers: [],
      nodes: new Map([[1, [{ name: 'CONTROLLER', host: 'h', port: 9093 }]]]),
    })
    errorCode = 3
    await assert.rejects(run(admin.describeMetadataQuorum({ timeoutMs: 200 })), { name: 'TimeoutError' })
    cluster.on(DescribeQuorum, () => ({ errorCode: 0, errorMessage: null, topics: [], nodes: [] }))
    await assert.rejects(run(admin.describeMetadataQuorum()), { code: 'UNKNOWN_SERVER_ERROR' })
  })

  it('gains and loses voters', async () => {
    const cluster = new ScriptedCluster()
      .on(AddRaftVoter, () => ({ errorCode: 0 }))
      .on(RemoveRaftVoter, () => ({ errorCode: 127, errorMessage: 'no voter' }))
      .on(UnregisterBroker, () => ({ errorCode: 102, errorMessage: null }))
    const { admin, run } = adminOf(cluster)
    const listeners = [{ name: 'CONTROLLER', host: 'h', port: 9093 }]
    await run(admin.addRaftVoter({ voterId: 4, voterDirectoryId, listeners }, { clusterId: 'c' }))
    assert.partialDeepStrictEqual(cluster.asked(AddRaftVoter)[0]?.request, {
      clusterId: 'c',
      voterId: 4,
      voterDirectoryId,
      listeners,
    })
    const gone = run(admin.removeRaftVoter({ voterId: 4, voterDirectoryId }))
    await assert.rejects(gone, { code: 'VOTER_NOT_FOUND', message: 'no voter' })
    await assert.rejects(run(admin.unregisterBroker(9)), { code: 'BROKER_ID_NOT_REGISTERED' })
  })
})

describe('log directories', () => {
  const answer = {
    errorCode: 0,
    results: [
      {
        errorCode: 0,
        logDir: '/d1',
        topics: [
          { name: 'a', partitions: [{ partitionIndex: 0, partitionSize: 100, offsetLag: 0, isFutureKey: false }] },
        ],
        totalBytes: 1000,
        usableBytes: 500,
      },
      {
        errorCode: 56,
        logDir: '/d2',
        topics: [
          { name: 'a', partitions: [{ partitionIndex: 0, partitionSize: 60, offsetLag: 4, isFutureKey: true }] },
        ],
      },
    ],
  }

  it('are described broker by broker', async () => {
    const cluster = new ScriptedCluster().on(DescribeLogDirs, (_, { node }) =>
      node === 2 ? { errorCode: 0, results: [] } : answer,
    )
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeLogDirs([1, 2]))
    const [first, second] = results.value(1)
    assert.deepEqual(first, {
      path: '/d1',
      error: undefined,
      replicas: [{ ...a0, sizeBytes: 100, offsetLag: 0, isFuture: false }],
      totalBytes: 1000,
      usableBytes: 500,
      isCordoned: false,
    })
    assert.partialDeepStrictEqual(second, { path: '/d2', totalBytes: undefined, usableBytes: undefined })
    assert.match(second?.error?.message ?? '', /^\/d2: /)
    assert.throws(() => results.value(2), { code: 'CLUSTER_AUTHORIZATION_FAILED' })
  })

  it('tell where a replica is and where it moves to', async () => {
    const cluster = new ScriptedCluster().on(DescribeLogDirs, () => answer)
    const { admin, run } = adminOf(cluster)
    const here = { ...a0, brokerId: 1 }
    const nowhere = { ...a1, brokerId: 1 }
    const results = await run(admin.describeReplicaLogDirs([here, nowhere]))
    assert.deepEqual(results.value(here), {
      current: { path: '/d1', offsetLag: 0 },
      future: { path: '/d2', offsetLag: 4 },
    })
    // It may be in the directory that failed.
    assert.throws(() => results.value(nowhere), { code: 'KAFKA_STORAGE_ERROR' })
    cluster.on(DescribeLogDirs, () => ({ errorCode: 0, results: answer.results.slice(0, 1) }))
    const healthy = await run(admin.describeReplicaLogDirs([nowhere]))
    assert.deepEqual(healthy.value(nowhere), { current: undefined, future: undefined })
  })

  it('take replicas from each other', async () => {
    const cluster = new ScriptedCluster().on(AlterReplicaLogDirs, () => ({
      results: [
        {
          topicName: 'a',
          partitions: [
            { partitionIndex: 0, errorCode: 0 },
            { partitionIndex: 1, errorCode: 57 },
          ],
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(
      admin.alterReplicaLogDirs([
        { ...a0, brokerId: 2, logDir: '/d2' },
        { ...a1, brokerId: 2, logDir: '/x' },
      ]),
    )
    assert.equal(results.get({ ...a0, brokerId: 2 })?.error, undefined)
    assert.throws(() => results.value({ ...a1, brokerId: 2 }), { code: 'LOG_DIR_NOT_FOUND' })
    const [asked] = cluster.asked(AlterReplicaLogDirs)
    assert.equal(asked?.node, 2)
    assert.deepEqual(asked.request.dirs, [
      { path: '/d2', topics: [{ name: 'a', partitions: [0] }] },
      { path: '/x', topics: [{ name: 'a', partitions: [1] }] },
    ])
  })
})

describe('leaders and replicas', () => {
  it('are elected, each partition with its outcome', async () => {
    const cluster = new ScriptedCluster().on(ElectLeaders, () => ({
      errorCode: 0,
      replicaElectionResults: [
        {
          topic: 'a',
          partitionResult: [
            { partitionId: 0, errorCode: 0 },
            { partitionId: 1, errorCode: 84, errorMessage: 'it leads' },
          ],
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.electLeaders('unclean', [a0, a1]))
    assert.equal(results.get(a0)?.error, undefined)
    assert.throws(() => results.value(a1), { code: 'ELECTION_NOT_NEEDED', message: 'it leads' })
    await run(admin.electLeaders('preferred', 'all'))
    assert.deepEqual(
      cluster.asked(ElectLeaders).map(({ request }) => [request.electionType, request.topicPartitions]),
      [
        [1, [{ topic: 'a', partitions: [0, 1] }]],
        [0, null],
      ],
    )
    cluster.speaks(ElectLeaders, 0)
    await assert.rejects(run(admin.electLeaders('unclean', 'all')), { name: 'UnsupportedVersionError' })
    await run(admin.electLeaders('preferred', 'all'))
  })

  it('are reassigned, or that is taken back', async () => {
    const cluster = new ScriptedCluster().on(AlterPartitionReassignments, () => ({
      errorCode: 0,
      responses: [
        {
          name: 'a',
          partitions: [
            { partitionIndex: 0, errorCode: 0 },
            { partitionIndex: 1, errorCode: 85 },
          ],
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const changes = [
      { ...a0, replicas: [3, 1] },
      { ...a1, replicas: undefined },
    ]
    const results = await run(admin.alterPartitionReassignments(changes, { allowReplicationFactorChange: false }))
    assert.equal(results.get(a0)?.error, undefined)
    assert.throws(() => results.value(a1), { code: 'NO_REASSIGNMENT_IN_PROGRESS' })
    const [asked] = cluster.asked(AlterPartitionReassignments)
    assert.equal(asked?.request.allowReplicationFactorChange, false)
    assert.deepEqual(asked.request.topics[0]?.partitions, [
      { partitionIndex: 0, replicas: [3, 1] },
      { partitionIndex: 1, replicas: null },
    ])
  })

  it('tell which reassignments are under way', async () => {
    const lists = { replicas: [1, 2, 3], addingReplicas: [3], removingReplicas: [1] }
    const cluster = new ScriptedCluster().on(ListPartitionReassignments, () => ({
      errorCode: 0,
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, ...lists }] }],
    }))
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.listPartitionReassignments()), [{ ...a0, ...lists }])
    await run(admin.listPartitionReassignments([a0]))
    assert.deepEqual(
      cluster.asked(ListPartitionReassignments).map(({ request }) => request.topics),
      [null, [{ name: 'a', partitionIndexes: [0] }]],
    )
  })
})
