/** The node among others: its partitions (`ReplicaManager`), the controller’s view (`KafkaController`), the quorum. */
import type { MetadataImage } from '@gregor/metadata'
import type { Partition } from '../replication/partition.ts'
import { effectiveMinIsr } from '../replication/partition-state.ts'
import { single, type MetricFamily, type ObservedNode } from './metric-family.ts'
import { phaseNumbers } from './node-state.ts'

export const clusterFamilies: readonly MetricFamily[] = [
  single(
    {
      name: 'kafka_server_kafkaserver_brokerstate',
      help: '1 starting, 2 recovering, 3 running, 7 stopping, 127 failed.',
      kind: 'gauge',
    },
    ({ state }) => phaseNumbers[state.phase],
  ),
  replicas('partitioncount', 'Partitions on this node.', () => true),
  replicas('leadercount', 'Partitions that this node leads.', (partition) => partition.isLeader),
  replicas(
    'underreplicatedpartitions',
    'Led partitions of which not all replicas are in sync.',
    ({ isLeader, leadership }) => isLeader && leadership.isr.length < leadership.replicas.length,
  ),
  replicas(
    'underminisrpartitioncount',
    'Led partitions with fewer replicas in sync than min.insync.replicas.',
    (partition) => partition.isLeader && partition.leadership.isr.length < minIsr(partition),
  ),
  replicas(
    'atminisrpartitioncount',
    'Led partitions with just as many replicas in sync as min.insync.replicas.',
    (partition) => partition.isLeader && partition.leadership.isr.length === minIsr(partition),
  ),
  single(
    {
      name: 'kafka_server_replicamanager_offlinereplicacount',
      help: 'Partitions of this node in a directory that has failed.',
      kind: 'gauge',
    },
    ({ services }) => services.replicas.offlineCount,
  ),
  single(
    {
      name: 'kafka_server_replicamanager_produceridcount',
      help: 'Producers whose last batches are remembered, over all partitions.',
      kind: 'gauge',
    },
    ({ services }) => sum(services.logDirectories.logs(), (log) => log.producers.producerCount),
  ),
  controller('activecontrollercount', 'Whether this node is the active controller: 1.', ({ quorum }) =>
    quorum.log.leader().isMine ? 1 : 0,
  ),
  controller('globaltopiccount', 'Topics.', ({ quorum }) => quorum.follower.image.topics.byId.size),
  controller('globalpartitioncount', 'Partitions of all topics.', (node) => countPartitions(node, () => true)),
  controller('offlinepartitionscount', 'Partitions without a leader.', (node) =>
    countPartitions(node, ({ leader }) => leader < 0),
  ),
  controller('preferredreplicaimbalancecount', 'Partitions that are not led by their first replica.', (node) =>
    countPartitions(node, ({ leader, replicas: [preferred] }) => leader !== preferred),
  ),
  controller('activebrokercount', 'Brokers that are registered and may lead.', ({ quorum }) =>
    sum(quorum.follower.image.brokers.values(), ({ fenced }) => (fenced ? 0 : 1)),
  ),
  controller('fencedbrokercount', 'Brokers that are registered and may not lead.', ({ quorum }) =>
    sum(quorum.follower.image.brokers.values(), ({ fenced }) => (fenced ? 1 : 0)),
  ),
  controller(
    'lastappliedrecordoffset',
    'The last metadata offset that requests see.',
    ({ quorum }) => quorum.follower.publishedOffset,
  ),
  controller(
    'lastcommittedrecordoffset',
    'The last metadata offset that is committed.',
    ({ quorum }) => quorum.log.committedOffset - 1,
  ),
  {
    definition: {
      name: 'kafka_server_raftmetrics_current_state',
      help: 'The part this node plays in the quorum: 1 for the one that holds.',
      kind: 'gauge',
      labels: ['state'],
    },
    collect: ({ quorum }) => [{ value: 1, labels: [quorum.log.leader().isMine ? 'leader' : 'follower'] }],
  },
  raft('current_leader', 'The node that leads the quorum; -1: none.', ({ quorum }) => quorum.log.leader().id ?? -1),
  raft('current_epoch', 'The epoch of the quorum.', ({ quorum }) => quorum.log.leader().epoch),
  raft('high_watermark', 'Metadata below this offset is committed.', ({ quorum }) => quorum.log.committedOffset),
  raft('log_end_offset', 'The offset that comes next in the metadata log.', ({ quorum }) => quorum.log.endOffset),
  single(
    { name: 'gregor_metadata_log_size_bytes', help: 'Bytes of the metadata log’s segments.', kind: 'gauge' },
    ({ quorum }) => quorum.log.sizeBytes,
  ),
  single(
    { name: 'gregor_broker_epoch', help: 'The epoch under which the controller knows this broker.', kind: 'gauge' },
    ({ lifecycle }) => lifecycle.epoch,
  ),
]

function controller(name: string, help: string, read: (node: ObservedNode) => number): MetricFamily {
  return single({ name: `kafka_controller_kafkacontroller_${name}`, help, kind: 'gauge' }, read)
}

function raft(name: string, help: string, read: (node: ObservedNode) => number): MetricFamily {
  return single({ name: `kafka_server_raftmetrics_${name}`, help, kind: 'gauge' }, read)
}

function replicas(name: string, help: string, counts: (partition: Partition) => boolean): MetricFamily {
  const definition = { name: `kafka_server_replicamanager_${name}`, help, kind: 'gauge' } as const
  return single(definition, ({ services }) => sum(services.replicas.all(), (partition) => (counts(partition) ? 1 : 0)))
}

function minIsr({ leadership, config }: Partition): number {
  return effectiveMinIsr(leadership, config.minInsyncReplicas)
}

type Registration =
  MetadataImage['topics']['byId'] extends Iterable<readonly [string, infer Topic]>
    ? Topic extends { readonly partitions: readonly (infer One)[] }
      ? One
      : never
    : never

function countPartitions({ quorum }: ObservedNode, counts: (partition: Registration) => boolean): number {
  return sum(quorum.follower.image.topics.byId.values(), ({ partitions }) => partitions.filter(counts).length)
}

function sum<Item>(items: Iterable<Item>, pick: (item: Item) => number): number {
  let total = 0
  for (const item of items) total += pick(item)
  return total
}
