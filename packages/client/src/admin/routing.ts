/**
 * Who has to be asked: the leaders of partitions, the coordinators of groups and transactional ids (many with one
 * request, KIP-699), all brokers. Each gives items in parts by node, and says of those nobody could be named for why.
 */
import { type Api, FindCoordinator } from '@gregor/protocol'
import type { CoordinatorKind, NodeChoice, NodeEndpoint } from '../cluster/cluster.ts'
import { type TopicPartition, partitionKey } from '../consumer/partition-set.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { type AdminContext, type CallOptions, type Report, type Try, call, errorOf, failure } from './call.ts'

const kindCodes: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1, share: 2 }

/** Sends a part to each leader. Metadata is asked for anew from the second try on, and where it knows no leader. */
export async function toLeaders<Item extends TopicPartition, Value>(
  { cluster }: AdminContext,
  items: readonly Item[],
  report: Report<Item, Value>,
  given: Try,
  ask: (nodeId: number, items: readonly Item[]) => Promise<void>,
): Promise<void> {
  const leaderOf = ({ topic, partition }: TopicPartition): number | undefined => {
    const leaderId = cluster.metadata.topic(topic)?.partitions[partition]?.leaderId
    return leaderId === -1 ? undefined : leaderId
  }
  if (given.number > 1 || items.some((item) => leaderOf(item) === undefined)) {
    await cluster.metadata.refresh({ ...given, topics: [...new Set(items.map(({ topic }) => topic))] })
  }
  const parts = new Map<number, Item[]>()
  for (const item of items) {
    const nodeId = leaderOf(item)
    if (nodeId === undefined) report.failed(item, leaderProblem(cluster.metadata.topic(item.topic), item))
    else append(parts, nodeId, item)
  }
  await inParts(parts, report, ask)
}

/** Sends a part to each coordinator: all that one answer named for them. */
export async function toCoordinators<Item, Value>(
  context: AdminContext,
  kind: CoordinatorKind,
  given: {
    readonly items: readonly Item[]
    readonly keyOf: (item: Item) => string
    readonly report: Report<Item, Value>
  },
  attempt: Try,
  ask: (coordinator: NodeEndpoint, items: readonly Item[]) => Promise<void>,
): Promise<void> {
  const { items, keyOf, report } = given
  const found = await coordinators(context, kind, [...new Set(items.map(keyOf))], attempt)
  const parts = new Map<number, Item[]>()
  const endpoints = new Map<number, NodeEndpoint>()
  for (const item of items) {
    const coordinator = found.get(keyOf(item))
    if (coordinator === undefined) continue
    if (coordinator instanceof Error) {
      report.failed(item, coordinator)
      continue
    }
    append(parts, coordinator.nodeId, item)
    endpoints.set(coordinator.nodeId, coordinator)
  }
  await inParts(parts, report, (nodeId, part) => {
    const coordinator = endpoints.get(nodeId)
    return coordinator === undefined ? Promise.resolve() : ask(coordinator, part)
  })
}

/** Sends a part to each node, all at once. */
export async function inParts<Node extends NodeChoice, Item, Value>(
  parts: ReadonlyMap<Node, readonly Item[]>,
  report: Report<Item, Value>,
  ask: (node: Node, items: readonly Item[]) => Promise<void>,
): Promise<void> {
  await Promise.all(Array.from(parts, ([node, items]) => report.part(items, () => ask(node, items))))
}

/** The ids of all brokers that are alive, lowest first. */
export function brokerIds(context: AdminContext, name: string, options: CallOptions): Promise<readonly number[]> {
  const { metadata } = context.cluster
  return call(context, name, options, async (given) => {
    await metadata.refresh({ ...given, topics: [] })
    return [...metadata.nodes.keys()].toSorted((a, b) => a - b)
  })
}

/** Whether the node has the API at all, in a version that we know, from `versionMin` on. */
export async function serves(
  { cluster }: AdminContext,
  node: NodeChoice,
  api: Api,
  given: Try & { readonly versionMin?: number },
): Promise<boolean> {
  try {
    return (await cluster.versionOf(node, api, given)) >= (given.versionMin ?? 0)
  } catch (error) {
    if (error instanceof UnsupportedVersionError) return false
    throw error
  }
}

async function coordinators(
  { cluster }: AdminContext,
  kind: CoordinatorKind,
  keys: readonly string[],
  given: Try,
): Promise<ReadonlyMap<string, NodeEndpoint | Error>> {
  const found = new Map<string, NodeEndpoint | Error>()
  const keyType = kindCodes[kind]
  const note = (key: string, one: FoundCoordinator): void => {
    const error = errorOf(one.errorCode, one.errorMessage)
    found.set(key, error ?? { nodeId: one.nodeId, host: one.host, port: one.port, rack: null })
  }
  const version = await cluster.versionOf('any', FindCoordinator, given)
  if (version >= manyKeysVersion) {
    const { response } = await cluster.send('any', FindCoordinator, { key: '', keyType, coordinatorKeys: keys }, given)
    for (const one of response.coordinators) note(one.key, one)
  } else {
    const oneKey = async (key: string): Promise<void> => {
      const { response } = await cluster.send(
        'any',
        FindCoordinator,
        { key, keyType },
        { ...given, versionMax: manyKeysVersion - 1 },
      )
      note(key, response)
    }
    await Promise.all(keys.map(oneKey))
  }
  const endpoints = [...found.values()].flatMap((one) => (one instanceof Error ? [] : [one]))
  cluster.metadata.hint([], endpoints)
  return found
}

const manyKeysVersion = 4

interface FoundCoordinator {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

function leaderProblem(
  topic: { readonly error: string; readonly partitions: readonly unknown[] } | undefined,
  item: TopicPartition,
): Error {
  if (topic === undefined || topic.error !== 'NONE' || topic.partitions[item.partition] === undefined) {
    return failure('UNKNOWN_TOPIC_OR_PARTITION', null, partitionKey(item))
  }
  return failure('LEADER_NOT_AVAILABLE', null, partitionKey(item))
}

function append<Key, Item>(parts: Map<Key, Item[]>, key: Key, item: Item): void {
  const known = parts.get(key)
  if (known === undefined) parts.set(key, [item])
  else known.push(item)
}
