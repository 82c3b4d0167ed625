/** `kafka-reassign-partitions --generate`: where the partitions of topics are, and a proposal where they may go. */
import type { Admin } from '@gregor/client'
import { type UsableBroker, placeReplicas } from '@gregor/controller'
import type { Program } from '../../program.ts'
import { javaHashOrder } from '../java-map-order.ts'
import { ToolExit } from '../tool-exit.ts'
import { directoriesOf, replicasOfTopics } from './current-replicas.ts'
import { type Target, duplicates, parseTopics, reassignmentJson } from './reassignment-json.ts'

export async function generateReassignment(
  admin: Admin,
  given: { readonly json: string; readonly brokerList: string; readonly isRackAware: boolean },
  { out, environment }: Program,
): Promise<void> {
  const ids = brokerIds(given.brokerList)
  const topics = parseTopics(given.json)
  const twice = duplicates(topics)
  if (twice.length > 0) {
    throw new ToolExit(`List of topics to reassign contains duplicate entries: [${twice.join(', ')}]`)
  }
  const current = await replicasOfTopics(admin, topics)
  const directories = await directoriesOf(admin, current)
  const brokers = await usableBrokers(admin, ids, given.isRackAware)
  const proposed = [...Map.groupBy(current, ({ topic }) => topic)].flatMap(([topic, own]) => {
    const spec = { partitionCount: own.length, replicationFactor: own[0]?.replicas.length ?? 1 }
    const placed = placeReplicas(brokers, spec, environment.random)
    if (!isPlaced(placed)) throw new ToolExit(placed.message ?? placed.error)
    return placed.map((replicas, partition): Target => ({ topic, partition, replicas }))
  })
  out.line(`Current partition replica assignment\n${reassignmentJson(current, directories)}\n`)
  out.line(`Proposed partition reassignment configuration\n${reassignmentJson(proposed, new Map())}`)
}

type Placement = ReturnType<typeof placeReplicas>

function isPlaced(placement: Placement): placement is readonly (readonly number[])[] {
  return Array.isArray(placement)
}

function brokerIds(list: string): readonly number[] {
  const ids = list.split(',').map((text) => {
    if (!/^[+-]?\d+$/.test(text)) throw new ToolExit(`For input string: "${text}"`)
    return Number(text)
  })
  const twice = duplicates(ids)
  if (twice.length > 0) {
    throw new ToolExit(`Broker list contains duplicate entries: [${javaHashOrder(twice, (id) => id).join(', ')}]`)
  }
  return ids
}

async function usableBrokers(
  admin: Admin,
  ids: readonly number[],
  isRackAware: boolean,
): Promise<readonly UsableBroker[]> {
  const { nodes } = await admin.describeCluster()
  const brokers = nodes
    .filter(({ nodeId }) => ids.includes(nodeId))
    .map(({ nodeId, rack }) => ({ id: nodeId, rack: isRackAware ? (rack ?? undefined) : undefined, isFenced: false }))
  const rackless = brokers.filter(({ rack }) => rack === undefined).length
  if (isRackAware && rackless !== 0 && rackless !== brokers.length) {
    throw new ToolExit(
      'Not all brokers have rack information. Add --disable-rack-aware in command line to make replica assignment without rack information.',
    )
  }
  return brokers
}
