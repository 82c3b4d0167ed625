/**
 * What brokers ask of their controller: a broker that only this suite plays is registered, lives, asks for what brokers
 * ask for, and is forgotten. `cluster-id` and `epoch:5` become what the server gave out.
 */

import {
  AllocateProducerIds,
  AlterPartition,
  AssignReplicasToDirs,
  BrokerHeartbeat,
  BrokerRegistration,
  ControllerRegistration,
  CreateTopics,
  UnregisterBroker,
  type Api,
} from '@gregor/protocol'

import type { Exchange } from '../exchange.ts'

const [incarnation, other, directory, unknownId] = [
  'CCCCCCCCCCCCCCCCCCCCCQ',
  'DDDDDDDDDDDDDDDDDDDDDQ',
  'EEEEEEEEEEEEEEEEEEEEEQ',
  'BBBBBBBBBBBBBBBBBBBBBQ',
]

const levels: Readonly<Record<string, number>> = {
  'metadata.version': 30,
  'kraft.version': 1,
  'group.version': 1,
  'transaction.version': 2,
  'eligible.leader.replicas.version': 1,
  'share.version': 1,
  'streams.version': 1,
}
const features = Object.entries(levels).map(([name, maxSupportedVersion]) => ({
  name,
  minSupportedVersion: name === 'metadata.version' ? 7 : 0,
  maxSupportedVersion,
}))

/** With placeholders in it. */
function asked(title: string, api: Api, request: object, versions: readonly number[]): readonly Exchange[] {
  const ignoring = ['brokerEpoch', 'producerIdStart']
  return versions.map((version) => ({ title: `${api.name}: ${title}`, api, request, versions: [version], ignoring }))
}

const listeners = [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9, securityProtocol: 0 }]
const registration = {
  brokerId: 5,
  clusterId: 'cluster-id',
  incarnationId: incarnation,
  listeners,
  features,
  rack: null,
}
const withDirectory = { ...registration, logDirs: [directory] }

function registered(title: string, more: object = {}, versions: readonly number[] = [4]): readonly Exchange[] {
  return versions.flatMap((version) => {
    const { logDirs, ...rest } = { ...withDirectory, ...more }
    return asked(title, BrokerRegistration, version >= 2 ? { ...rest, logDirs } : rest, [version])
  })
}

const heartbeat = {
  brokerId: 5,
  brokerEpoch: 'epoch:5',
  currentMetadataOffset: 0,
  wantFence: false,
  wantShutDown: false,
}

function lived(title: string, more: object = {}, versions: readonly number[] = [0, 1, 2]): readonly Exchange[] {
  return asked(title, BrokerHeartbeat, { ...heartbeat, ...more }, versions)
}

const change = { partitionIndex: 0, leaderEpoch: 0, newIsrWithEpochs: [{ brokerId: 5 }], partitionEpoch: 0 }

function altered(title: string, more: object = {}, partition: object = {}, topicId = 'id:led'): readonly Exchange[] {
  const topics = [{ topicId, partitions: [{ ...change, ...partition }] }]
  return asked(title, AlterPartition, { brokerId: 5, brokerEpoch: 'epoch:5', topics, ...more }, [3])
}

function assigned(title: string, more: object = {}, topicId = 'id:led', partitionIndex = 0): readonly Exchange[] {
  const directories = [{ id: directory, topics: [{ topicId, partitions: [{ partitionIndex }] }] }]
  return asked(title, AssignReplicasToDirs, { brokerId: 5, brokerEpoch: 'epoch:5', directories, ...more }, [0])
}

export const brokerCases: readonly Exchange[] = [
  ...asked(
    'for brokers',
    CreateTopics,
    {
      topics: [{ name: 'led', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 5_000,
    },
    [7],
  ),
  ...registered('of another cluster', { clusterId: unknownId }, [0, 4]),
  ...registered('without features', { features: [] }),
  ...registered('with features that are too old', {
    features: features.map((feature) => ({ ...feature, maxSupportedVersion: feature.minSupportedVersion })),
  }),
  ...registered('without one that is finalized', { features: features.filter(({ name }) => name !== 'group.version') }),
  ...registered('without directories', { logDirs: [] }),
  ...registered('with a directory twice', { logDirs: [directory, directory] }),
  ...registered('with a directory of a reserved id', { logDirs: ['AAAAAAAAAAAAAAAAAAAAAQ'] }),
  ...registered('without listeners', { listeners: [] }),
  // A security protocol that does not exist stops Apache’s controller: not asked.
  ...registered('as a broker that lives', { brokerId: 1 }),
  ...lived('of nobody', { brokerId: 9, brokerEpoch: 7 }),
  ...asked('for nobody', AllocateProducerIds, { brokerId: 9, brokerEpoch: 7 }, [0]),
  ...registered('a new broker', {}, [0, 1, 2, 3, 4]),
  ...registered('a restart', { incarnationId: other }),
  ...registered('the directory of another', { brokerId: 6, incarnationId: incarnation }),
  ...lived('behind', {}),
  ...lived('of an epoch that is over', { brokerEpoch: 1 }),
  ...lived('behind, and wants to stay fenced', { wantFence: true }),
  ...lived('that has all', { currentMetadataOffset: 1_000_000 }),
  ...asked('of an epoch that is over', AllocateProducerIds, { brokerId: 5, brokerEpoch: 1 }, [0]),
  ...asked('for a broker', AllocateProducerIds, { brokerId: 5, brokerEpoch: 'epoch:5' }, [0]),
  ...altered('by an epoch that is over', { brokerEpoch: 1 }),
  ...altered('of no topic', {}, {}, unknownId),
  ...altered('of no partition', {}, { partitionIndex: 4 }),
  ...altered('by one that does not lead'),
  ...altered('of a leader epoch to come', {}, { leaderEpoch: 9 }),
  ...altered('of a partition epoch to come', {}, { partitionEpoch: 9 }),
  ...altered('of nothing', { topics: [] }),
  ...assigned('by an epoch that is over', { brokerEpoch: 1 }),
  ...assigned('of no topic', {}, unknownId),
  ...assigned('of no partition', {}, 'id:led', 4),
  ...assigned('of what is not there'),
  ...assigned('of nothing', { directories: [] }),
  ...lived('that goes', { currentMetadataOffset: 1_000_000, wantShutDown: true }),
  ...lived('that has gone', { currentMetadataOffset: 1_000_000 }),
  ...asked('of a broker', UnregisterBroker, { brokerId: 5 }, [0]),
  ...lived('of one that was forgotten', { brokerEpoch: 1_000_000 }),
  ...asked(
    'of no voter',
    ControllerRegistration,
    { controllerId: 7, incarnationId: incarnation, zkMigrationReady: false, listeners, features },
    [0],
  ),
]
