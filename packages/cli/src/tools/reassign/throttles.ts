/** How fast replicas may move: set before a reassignment begins, taken away once it is done (KIP-73, 455). */
import type { Admin, AlterConfigOperation, ConfigAlteration, OngoingReassignment } from '@gregor/client'
import type { Program } from '../../program.ts'
import { javaHashOrder, javaMapOrder } from '../java-map-order.ts'
import type { Target } from './reassignment-json.ts'
import { partitionText } from './reassignment-json.ts'

const leaderRate = 'leader.replication.throttled.rate'
const followerRate = 'follower.replication.throttled.rate'
const logDirRate = 'replica.alter.log.dirs.io.max.bytes.per.second'
const leaderReplicas = 'leader.replication.throttled.replicas'
const followerReplicas = 'follower.replication.throttled.replicas'

/** Of every broker there is, as nobody knows any more which ones took part. */
export async function clearAllThrottles(admin: Admin, targets: readonly Target[], { out }: Program): Promise<void> {
  const { nodes } = await admin.describeCluster()
  const ids = new Set([...nodes.map(({ nodeId }) => nodeId), ...targets.flatMap(({ replicas }) => replicas)])
  const brokers = javaHashOrder([...ids], asIs)
  out.line(`Clearing broker-level throttles on broker${brokers.length === 1 ? '' : 's'} ${brokers.join(',')}`)
  await alter(
    admin,
    brokers.map((id) => ofBroker(id, [unset(leaderRate), unset(followerRate), unset(logDirRate)])),
  )
  const topics = javaMapOrder([...new Set(targets.map(({ topic }) => topic))])
  out.line(`Clearing topic-level throttles on topic${topics.length === 1 ? '' : 's'} ${topics.join(',')}`)
  await alter(
    admin,
    topics.map((topic) => ofTopic(topic, [unset(leaderReplicas), unset(followerReplicas)])),
  )
}

/** From which brokers, and to which, a partition’s records move. */
interface Move {
  readonly topic: string
  readonly partition: number
  readonly sources: ReadonlySet<number>
  readonly destinations: ReadonlySet<number>
}

export async function throttleReassignment(
  admin: Admin,
  given: {
    readonly ongoing: readonly OngoingReassignment[]
    readonly targets: readonly Target[]
    readonly current: readonly Target[]
    readonly bytesPerSecond: number
  },
  { out }: Program,
): Promise<void> {
  const moves = movesOf(given)
  const byTopic = Map.groupBy(moves, ({ topic }) => topic)
  await alter(
    admin,
    Array.from(byTopic, ([topic, own]) =>
      ofTopic(topic, [
        set(
          leaderReplicas,
          replicaList(own, ({ sources }) => [...sources]),
        ),
        set(
          followerReplicas,
          replicaList(own, ({ destinations }) => [...destinations]),
        ),
      ]),
    ),
  )
  const rate = String(given.bytesPerSecond)
  const brokers = new Set(moves.flatMap(({ sources, destinations }) => [...sources, ...destinations]))
  await alter(
    admin,
    Array.from(brokers, (id) => ofBroker(id, [set(leaderRate, rate), set(followerRate, rate)])),
  )
  out.line(`The inter-broker throttle limit was set to ${rate} B/s`)
}

export async function throttleLogDirs(
  admin: Admin,
  brokers: readonly number[],
  bytesPerSecond: number,
  { out }: Program,
): Promise<void> {
  const rate = String(bytesPerSecond)
  await alter(
    admin,
    brokers.map((id) => ofBroker(id, [set(logDirRate, rate)])),
  )
  out.line(`The replica-alter-dir throttle limit was set to ${rate} B/s`)
}

function movesOf({
  ongoing,
  targets,
  current,
}: {
  readonly ongoing: readonly OngoingReassignment[]
  readonly targets: readonly Target[]
  readonly current: readonly Target[]
}): readonly Move[] {
  const moves = new Map<string, Move>()
  for (const { topic, partition, replicas, addingReplicas } of ongoing) {
    const destinations = new Set(addingReplicas)
    const sources = new Set(replicas).difference(destinations)
    moves.set(partitionText({ topic, partition }), { topic, partition, sources, destinations })
  }
  const replicasNow = new Map(current.map((one) => [partitionText(one), one.replicas]))
  for (const { topic, partition, replicas } of targets) {
    const key = partitionText({ topic, partition })
    const sources = moves.get(key)?.sources ?? new Set(replicasNow.get(key))
    moves.set(key, { topic, partition, sources, destinations: new Set(replicas).difference(sources) })
  }
  return [...moves.values()]
}

/** `0:1,0:2,1:1`: partition and broker, sorted as text. */
function replicaList(moves: readonly Move[], brokersOf: (move: Move) => readonly number[]): string {
  const all = moves.flatMap((move) => brokersOf(move).map((id) => `${move.partition}:${id}`))
  return [...new Set(all)].toSorted().join(',')
}

async function alter(admin: Admin, alterations: readonly ConfigAlteration[]): Promise<void> {
  const results = await admin.incrementalAlterConfigs(alterations)
  results.all()
}

function ofBroker(id: number, operations: readonly AlterConfigOperation[]): ConfigAlteration {
  return { resource: { type: 'BROKER', name: String(id) }, operations }
}

function ofTopic(topic: string, operations: readonly AlterConfigOperation[]): ConfigAlteration {
  return { resource: { type: 'TOPIC', name: topic }, operations }
}

function set(name: string, value: string): AlterConfigOperation {
  return { operation: 'SET', name, value }
}

function unset(name: string): AlterConfigOperation {
  return { operation: 'DELETE', name }
}

function asIs(id: number): number {
  return id
}
