/** `kafka-reassign-partitions --verify`: how far a reassignment is. */
import type { Admin, TopicPartition } from '@gregor/client'
import type { Program } from '../../program.ts'
import { errorCodeOf } from '../java-errors.ts'
import {
  type Target,
  type TargetDirectory,
  comparePartitions,
  compareReplicas,
  parseReassignment,
  partitionText,
  replicaText,
} from './reassignment-json.ts'
import { clearAllThrottles } from './throttles.ts'

export async function verifyReassignment(
  admin: Admin,
  given: { readonly json: string; readonly preserveThrottles: boolean },
  program: Program,
): Promise<void> {
  const { out } = program
  const { targets, directories } = parseReassignment(given.json)
  const ongoing = await admin.listPartitionReassignments()
  const moving = new Set(ongoing.map(partitionText))
  const settled = await settledReplicas(
    admin,
    targets.filter((target) => !moving.has(partitionText(target))),
  )
  const lines = targets.toSorted(comparePartitions).map((target) => {
    const now = settled.get(partitionText(target))
    return stateText(target, now)
  })
  out.line(['Status of partition reassignment:', ...lines].join('\n'))
  const moves = await directoryMoves(admin, directories)
  out.line(moves.map(({ text }) => text).join('\n'))
  const isDone = ongoing.length === 0 && moves.every((move) => move.isDone)
  if (isDone && !given.preserveThrottles) await clearAllThrottles(admin, targets, program)
}

/** The replicas of partitions that do not move; none where there is no such topic. */
async function settledReplicas(
  admin: Admin,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>(partitions.map((one) => [partitionText(one), []]))
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  for (const { value, error } of await admin.describeTopics(topics)) {
    if (error !== undefined && errorCodeOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
    for (const { partition, replicas } of value?.partitions ?? []) {
      const key = partitionText({ topic: value?.name ?? '', partition })
      if (found.has(key)) found.set(key, replicas)
    }
  }
  return found
}

/** @param now - `undefined`: it moves. */
function stateText(target: Target, now: readonly number[] | undefined): string {
  const name = partitionText(target)
  if (now === undefined) return `Reassignment of partition ${name} is still in progress.`
  const [current, wanted] = [now.join(','), target.replicas.join(',')]
  if (current === wanted) return `Reassignment of partition ${name} is completed.`
  return `There is no active reassignment of partition ${name}, but replica set is ${current} rather than ${wanted}.`
}

export interface DirectoryMove {
  readonly replica: TargetDirectory
  readonly text: string
  readonly isDone: boolean
  /** Where it is while it moves. */
  readonly movingFrom: string | undefined
}

export async function directoryMoves(
  admin: Admin,
  directories: readonly TargetDirectory[],
): Promise<readonly DirectoryMove[]> {
  const results = await admin.describeReplicaLogDirs(
    directories.map(({ topic, partition, brokerId }) => ({ topic, partition, brokerId })),
  )
  results.all()
  return directories.toSorted(compareReplicas).map((replica) => {
    const { topic, partition, brokerId, logDir } = replica
    const { current, future } = results.value({ topic, partition, brokerId })
    const name = partitionText(replica)
    if (current === undefined) {
      const text = `Partition ${name} is not found in any live log dir on broker ${brokerId}. There is likely an offline log directory on the broker.`
      return { replica, text, isDone: false, movingFrom: undefined }
    }
    if (future === undefined) {
      const text =
        current.path === logDir
          ? `Reassignment of replica ${replicaText(replica)} completed successfully.`
          : `Partition ${name} on broker ${brokerId} is not being moved from log dir ${current.path} to ${logDir}.`
      return { replica, text, isDone: true, movingFrom: undefined }
    }
    const text =
      future.path === logDir
        ? `Reassignment of replica ${replicaText(replica)} is still in progress.`
        : `Partition ${name} on broker ${brokerId} is being moved to log dir ${future.path} instead of ${logDir}.`
    return { replica, text, isDone: false, movingFrom: current.path }
  })
}
