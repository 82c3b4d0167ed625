/** The cluster as a whole: nodes, directories, leaders, features, quorum. */
import assert from 'node:assert/strict'

import { codeOf, type AdminCase } from '../admin-case.ts'

const item = { topic: 'three', partition: 0 }

export const clusterCases: readonly AdminCase[] = [
  {
    name: 'the cluster tells its id, its nodes, and what one may do',
    async run({ admin }) {
      const { clusterId, nodes, controllerId, authorizedOperations } = await admin.describeCluster({
        includeAuthorizedOperations: true,
      })
      assert.match(clusterId ?? '', /^[\w-]{22}$/)
      assert.deepEqual([controllerId, nodes.map(({ nodeId, isFenced }) => [nodeId, isFenced])], [1, [[1, false]]])
      assert.ok(authorizedOperations?.includes('ALTER_CONFIGS'))
      assert.equal((await admin.describeCluster()).authorizedOperations, undefined)
    },
  },
  {
    name: 'fenced brokers are told of where they are asked for',
    isNew: true,
    async run({ admin }) {
      assert.equal((await admin.describeCluster({ includeFencedBrokers: true })).nodes.length, 1)
    },
  },
  {
    name: 'controllers are not asked for at a broker',
    async run({ admin }) {
      await assert.rejects(admin.describeCluster({ endpoint: 'controller' }), { code: 'MISMATCHED_ENDPOINT_TYPE' })
    },
  },
  {
    name: 'a node tells which versions it speaks',
    async run({ admin }) {
      const { apis } = await admin.apiVersions(1)
      assert.equal(apis.find(({ name }) => name === 'Produce')?.apiKey, 0)
      assert.ok(apis.length > 50)
    },
  },
  {
    name: 'features are told, and updated all or none',
    async run({ admin }) {
      const { supportedFeatures, finalizedFeatures, finalizedFeaturesEpoch } = await admin.describeFeatures()
      const level = finalizedFeatures.get('metadata.version')?.maxVersionLevel ?? 0
      assert.ok(level > 0 && level <= (supportedFeatures.get('metadata.version')?.maxVersion ?? 0))
      assert.ok((finalizedFeaturesEpoch ?? -1) >= 0)
      const beyond = { feature: 'metadata.version', maxVersionLevel: 9999 }
      const results = await admin.updateFeatures([beyond], { validateOnly: true })
      assert.equal(codeOf(results.get('metadata.version')?.error), 'INVALID_UPDATE_VERSION')
      const same = await admin.updateFeatures([{ feature: 'metadata.version', maxVersionLevel: level }])
      assert.equal(codeOf(same.get('metadata.version')?.error), 'NONE')
    },
  },
  {
    name: 'the metadata quorum is described',
    async run({ admin }) {
      const { leaderId, voters, observers, highWatermark } = await admin.describeMetadataQuorum()
      assert.deepEqual([leaderId, voters.map(({ replicaId }) => replicaId), observers], [1, [1], []])
      assert.ok(highWatermark > 0)
    },
  },
  {
    name: 'a broker that is not registered cannot be forgotten',
    async run({ admin }) {
      await assert.rejects(admin.unregisterBroker(99), { code: 'BROKER_ID_NOT_REGISTERED' })
    },
  },
  {
    name: 'log directories are described, and replicas moved between them',
    async run({ admin, logDirs }) {
      const directories = (await admin.describeLogDirs([1])).value(1)
      assert.deepEqual(directories.map(({ path }) => path).toSorted(), logDirs)
      assert.ok(directories.every(({ error, totalBytes = 0 }) => error === undefined && totalBytes > 0))
      const replica = { ...item, brokerId: 1 }
      const where = async () => (await admin.describeReplicaLogDirs([replica])).value(replica)
      const from = (await where()).current?.path
      const to = logDirs.find((path) => path !== from) ?? ''
      const results = await admin.alterReplicaLogDirs([
        { ...replica, logDir: to },
        { topic: 'three', partition: 1, brokerId: 1, logDir: '/none' },
      ])
      assert.deepEqual(
        Array.from(results, ({ error }) => codeOf(error)),
        ['NONE', 'LOG_DIR_NOT_FOUND'],
      )
      const began = performance.now()
      while ((await where()).current?.path !== to) {
        assert.ok(performance.now() - began < 20_000, 'it was not moved within 20 s')
        await new Promise((resolve) => {
          setTimeout(resolve, 50)
        })
      }
      const nowhere = { topic: 'nowhere', partition: 0, brokerId: 1 }
      assert.deepEqual((await admin.describeReplicaLogDirs([nowhere])).value(nowhere), {
        current: undefined,
        future: undefined,
      })
    },
  },
  {
    name: 'leaders are elected where another is due',
    async run({ admin }) {
      const nowhere = { topic: 'nowhere', partition: 0 }
      const results = await admin.electLeaders('preferred', [item, nowhere])
      assert.deepEqual(
        [results.get(item), results.get(nowhere)].map((one) => codeOf(one?.error)),
        ['ELECTION_NOT_NEEDED', 'UNKNOWN_TOPIC_OR_PARTITION'],
      )
      assert.equal((await admin.electLeaders('unclean', 'all')).size, 0)
    },
  },
  {
    name: 'replicas are reassigned, or why not',
    async run({ admin }) {
      const results = await admin.alterPartitionReassignments([
        { ...item, replicas: [1] },
        { topic: 'three', partition: 1, replicas: [7] },
        { topic: 'three', partition: 2, replicas: undefined },
        { topic: 'nowhere', partition: 0, replicas: [1] },
      ])
      assert.deepEqual(
        Array.from(results, ({ error }) => codeOf(error)),
        ['NONE', 'INVALID_REPLICA_ASSIGNMENT', 'NO_REASSIGNMENT_IN_PROGRESS', 'UNKNOWN_TOPIC_OR_PARTITION'],
      )
      assert.deepEqual(await admin.listPartitionReassignments(), [])
      assert.deepEqual(await admin.listPartitionReassignments([item]), [])
    },
  },
]
