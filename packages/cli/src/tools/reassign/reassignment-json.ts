/** The JSON of kafka-reassign-partitions, read and written; pure. */
import type { PartitionReassignment, TopicPartition, TopicPartitionReplica } from '@gregor/client'
import { ToolExit } from '../tool-exit.ts'

export interface Target extends TopicPartition {
  readonly replicas: readonly number[]
}

export interface TargetDirectory extends TopicPartitionReplica {
  readonly logDir: string
}

/** What a file asks for. A replica may go to any directory unless one is named. */
export interface Reassignment {
  readonly targets: readonly Target[]
  readonly directories: readonly TargetDirectory[]
}

const anyDirectory = 'any'

/** @throws ToolExit */
export function parseReassignment(json: string): Reassignment {
  const { version = 1, partitions } = parsedObject(json)
  checkVersion(version)
  const targets: Target[] = []
  const directories: TargetDirectory[] = []
  for (const each of listFrom(partitions, 'partitions')) {
    const { topic, partition, replicas: list, log_dirs: dirs } = objectFrom(each, 'each of partitions')
    if (typeof topic !== 'string') throw new ToolExit('topic: expected a string')
    const index = wholeFrom(partition, 'partition')
    const replicas = listFrom(list ?? 0, 'replicas').map((one) => wholeFrom(one, 'replicas'))
    const logDirs = dirs === undefined ? replicas.map(() => anyDirectory) : listFrom(dirs, 'log_dirs').map(String)
    if (replicas.length !== logDirs.length) {
      throw new ToolExit(
        `Size of replicas list [${replicas.join(', ')}] is different from size of log dirs list [${logDirs.join(', ')}] for partition ${topic}-${index}`,
      )
    }
    targets.push({ topic, partition: index, replicas })
    for (const [at, logDir] of logDirs.entries()) {
      const brokerId = replicas[at]
      if (brokerId !== undefined && logDir !== anyDirectory) {
        directories.push({ topic, partition: index, brokerId, logDir })
      }
    }
  }
  return { targets, directories }
}

/** As `parseReassignment`, for what is to be begun: nothing empty, nothing twice. @throws ToolExit */
export function parseExecutable(json: string): Reassignment {
  const reassignment = parseReassignment(json)
  const { targets } = reassignment
  if (targets.length === 0) throw new ToolExit('Partition reassignment list cannot be empty')
  if (targets.some(({ replicas }) => replicas.length === 0))
    throw new ToolExit('Partition replica list cannot be empty')
  const twice = duplicates(targets.map(partitionText))
  if (twice.length > 0) {
    throw new ToolExit(`Partition reassignment contains duplicate topic partitions: ${twice.join(',')}`)
  }
  const doubled = targets.flatMap((target) => {
    const ids = duplicates(target.replicas)
    return ids.length === 0 ? [] : [`${partitionText(target)} contains multiple entries for ${ids.join(',')}`]
  })
  if (doubled.length > 0) {
    throw new ToolExit(`Partition replica lists may not contain duplicate entries: ${doubled.join('. ')}`)
  }
  return reassignment
}

/** @throws ToolExit */
export function parseTopics(json: string): readonly string[] {
  const { version = 1, topics = [] } = parsedObject(json)
  checkVersion(version)
  return listFrom(topics, 'topics').map((each) => {
    const { topic } = objectFrom(each, 'each of topics')
    if (typeof topic !== 'string') throw new ToolExit('topic: expected a string')
    return topic
  })
}

/** In the order of topics and partitions. */
export function reassignmentJson(targets: readonly Target[], directories: ReadonlyMap<string, string>): string {
  const partitions = targets.toSorted(comparePartitions).map(({ topic, partition, replicas }) => ({
    topic,
    partition,
    replicas,
    log_dirs: replicas.map((brokerId) => directories.get(replicaText({ topic, partition, brokerId })) ?? anyDirectory),
  }))
  return JSON.stringify({ version: 1, partitions })
}

export function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
}

export function compareReplicas(a: TopicPartitionReplica, b: TopicPartitionReplica): number {
  return a.brokerId - b.brokerId || comparePartitions(a, b)
}

export function partitionText({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

export function replicaText({ topic, partition, brokerId }: TopicPartitionReplica): string {
  return `${topic}-${partition}-${brokerId}`
}

/** What occurs more than once, each once. */
export function duplicates<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items.filter((item, index) => items.indexOf(item) !== index))]
}

export function toAlterations(targets: readonly Target[]): readonly PartitionReassignment[] {
  return targets.map(({ topic, partition, replicas }) => ({ topic, partition, replicas }))
}

function checkVersion(version: unknown): void {
  if (version !== 1) throw new ToolExit(`Not supported version field value ${String(version)}`)
}

function parsedObject(json: string): Readonly<Record<string, unknown>> {
  try {
    return objectFrom(JSON.parse(json), 'it')
  } catch (error) {
    if (error instanceof ToolExit) throw error
    throw new ToolExit('The input string is not a valid JSON')
  }
}

function objectFrom(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new ToolExit(`${what}: expected a JSON object`)
}

function listFrom(value: unknown, what: string): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  throw new ToolExit(`${what}: expected an array`)
}

function wholeFrom(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw new ToolExit(`${what}: expected a whole number`)
}
