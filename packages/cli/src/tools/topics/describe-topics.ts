/** `kafka-topics --describe`: a line for each topic and one for each of its partitions, tabs between the fields. */
import type { Admin, Configs, PartitionDescription, OngoingReassignment, TopicDescription } from '@gregor/client'
import type { Program } from '../../program.ts'
import { javaMapOrder } from '../java-map-order.ts'
import type { TopicsGiven } from '../kafka-topics.ts'

interface Asked {
  readonly given: TopicsGiven
  readonly admin: Admin
  readonly program: Program
}

export async function describeTopics(
  topics: readonly string[] | { readonly ids: readonly string[] },
  { given, admin, program }: Asked,
): Promise<void> {
  const limit = given.value('partition-size-limit-per-response')
  const described = await admin.describeTopics(
    topics,
    limit === undefined ? {} : { partitionSizeLimitPerResponse: limit },
  )
  const all = described.all()
  const configs = await admin.describeConfigs(all.map(({ name }) => ({ type: 'TOPIC', name })))
  const { nodes } = await admin.describeCluster()
  const liveBrokers = new Set(nodes.map(({ nodeId }) => nodeId))
  const reassignments = await reassignmentsOf(all, admin)
  for (const topic of all) {
    const ofTopic = configs.value({ type: 'TOPIC', name: topic.name })
    const view: TopicView = { topic, configs: ofTopic, liveBrokers, moves: reassignments }
    if (saysTopic(view, given)) program.out.line(topicLine(view))
    if (given.has('topics-with-overrides')) continue
    for (const partition of topic.partitions) {
      if (saysPartition(partition, view, given)) program.out.line(partitionLine(partition, view))
    }
  }
}

interface TopicView {
  readonly topic: TopicDescription
  readonly configs: Configs
  readonly liveBrokers: ReadonlySet<number>
  readonly moves: ReadonlyMap<string, OngoingReassignment>
}

/** Where the cluster is too old to tell of them, or we may not ask, there are none. */
async function reassignmentsOf(
  topics: readonly TopicDescription[],
  admin: Admin,
): Promise<ReadonlyMap<string, OngoingReassignment>> {
  const partitions = topics.flatMap(({ name, partitions: all }) =>
    all.map(({ partition }) => ({ topic: name, partition })),
  )
  if (partitions.length === 0) return new Map()
  try {
    const listed = await admin.listPartitionReassignments(partitions)
    return new Map(listed.map((each) => [moveKey(each.topic, each.partition), each]))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'UNSUPPORTED_VERSION' || code === 'CLUSTER_AUTHORIZATION_FAILED') return new Map()
    throw error
  }
}

function moveKey(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

const reports = [
  'under-replicated-partitions',
  'unavailable-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
] as const

function saysTopic({ configs }: TopicView, given: TopicsGiven): boolean {
  if (given.hasAny(...reports)) return false
  return !given.has('topics-with-overrides') || [...configs.values()].some(({ isDefault }) => !isDefault)
}

function saysPartition(partition: PartitionDescription, view: TopicView, given: TopicsGiven): boolean {
  if (!given.hasAny(...reports)) return true
  const isrCount = partition.inSyncReplicas.length
  const minIsr = Number(view.configs.get('min.insync.replicas')?.value)
  const hasLeader = partition.leaderId !== -1
  return (
    (given.has('under-replicated-partitions') && replicationFactor(partition, view) > isrCount) ||
    (given.has('unavailable-partitions') && (!hasLeader || !view.liveBrokers.has(partition.leaderId))) ||
    (given.has('under-min-isr-partitions') && (!hasLeader || isrCount < minIsr)) ||
    (given.has('at-min-isr-partitions') && isrCount === minIsr)
  )
}

function topicLine(view: TopicView): string {
  const { topic, configs } = view
  const own = javaMapOrder([...configs.keys()]).flatMap((name) => {
    const entry = configs.get(name)
    return entry === undefined || entry.isDefault ? [] : [`${name}=${entry.value ?? 'null'}`]
  })
  const [first] = topic.partitions
  return [
    `Topic: ${topic.name}`,
    ...(/^A+$/.test(topic.topicId) ? [] : [`TopicId: ${topic.topicId}`]),
    `PartitionCount: ${topic.partitions.length}`,
    `ReplicationFactor: ${first === undefined ? 0 : replicationFactor(first, view)}`,
    `Configs: ${own.join(',')}`,
  ].join('\t')
}

function partitionLine(partition: PartitionDescription, { topic, moves }: TopicView): string {
  const move = moves.get(moveKey(topic.name, partition.partition))
  return [
    '',
    `Topic: ${topic.name}`,
    `Partition: ${partition.partition}`,
    `Leader: ${partition.leaderId === -1 ? 'none' : partition.leaderId}`,
    `Replicas: ${partition.replicas.join(',')}`,
    `Isr: ${partition.inSyncReplicas.join(',')}`,
    ...(move === undefined
      ? []
      : [`Adding Replicas: ${move.addingReplicas.join(',')}`, `Removing Replicas: ${move.removingReplicas.join(',')}`]),
    `Elr: ${partition.eligibleLeaderReplicas?.join(',') ?? 'N/A'}`,
    `LastKnownElr: ${partition.lastKnownEligibleLeaderReplicas?.join(',') ?? 'N/A'}`,
  ].join('\t')
}

/** While a partition moves, without the replicas that it is getting. */
function replicationFactor(partition: PartitionDescription, { topic, moves }: TopicView): number {
  const move = moves.get(moveKey(topic.name, partition.partition))
  const changing = move === undefined ? [] : [...move.addingReplicas, ...move.removingReplicas]
  const isMoving = partition.replicas.some((replica) => changing.includes(replica))
  return move !== undefined && isMoving ? move.replicas.length - move.addingReplicas.length : partition.replicas.length
}
