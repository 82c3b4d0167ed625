/** `kafka-reassign-partitions --execute` and `--cancel`: begins a reassignment, or takes it back. */
import type { Admin, OngoingReassignment, Results, TopicPartition } from '@gregor/client'
import type { Program } from '../../program.ts'
import { errorCodeOf } from '../java-errors.ts'
import { javaHashOrder } from '../java-map-order.ts'
import { ToolExit } from '../tool-exit.ts'
import { directoriesOf, replicasOfPartitions } from './current-replicas.ts'
import {
  type Target,
  type TargetDirectory,
  comparePartitions,
  compareReplicas,
  parseExecutable,
  parseReassignment,
  partitionText,
  reassignmentJson,
  replicaText,
  toAlterations,
} from './reassignment-json.ts'
import { clearAllThrottles, throttleLogDirs, throttleReassignment } from './throttles.ts'
import { directoryMoves } from './verify.ts'

export interface Execution {
  readonly json: string
  readonly isAdditional: boolean
  /** Negative: none. */
  readonly interBrokerThrottle: number
  readonly logDirThrottle: number
  readonly timeoutMs: number
  readonly allowReplicationFactorChange: boolean
}

/** A replica that comes to a broker has to be there before it can be moved between directories. */
const moveRetryMs = 100

export async function executeReassignment(admin: Admin, execution: Execution, program: Program): Promise<void> {
  const { out } = program
  const { targets, directories } = parseExecutable(execution.json)
  const ongoing = await admin.listPartitionReassignments()
  if (!execution.isAdditional && ongoing.length > 0) {
    throw said(
      'Cannot execute because there is an existing partition assignment.  Use --additional to override this and create a new partition assignment in addition to the existing one. The --additional flag can also be used to change the throttle by resubmitting the current reassignment.',
    )
  }
  await checkBrokers(admin, targets)
  const current = await replicasOfPartitions(admin, targets)
  const json = reassignmentJson(current, await directoriesOf(admin, current))
  out.line(
    `Current partition replica assignment\n\n${json}\n\nSave this to use as the --reassignment-json-file option during rollback`,
  )
  await throttle(admin, execution, { targets, directories, ongoing, current }, program)
  const { allowReplicationFactorChange } = execution
  const results = await admin.alterPartitionReassignments(toAlterations(targets), { allowReplicationFactorChange })
  if (results.failures.length > 0) throw said(`Error reassigning partition(s):\n${failureLines(results)}`)
  const names = targets.toSorted(comparePartitions).map(partitionText).join(',')
  out.line(`Successfully started partition reassignment${plural(targets)} for ${names}`)
  if (directories.length > 0) await startMoves(admin, directories, execution.timeoutMs, program)
}

export async function cancelReassignment(
  admin: Admin,
  given: { readonly json: string; readonly preserveThrottles: boolean; readonly timeoutMs: number },
  program: Program,
): Promise<void> {
  const { out } = program
  const { targets, directories } = parseReassignment(given.json)
  const partitions = targets.map(({ topic, partition }) => ({ topic, partition }))
  const ongoing = (await admin.listPartitionReassignments(partitions))
    .filter(({ addingReplicas, removingReplicas }) => addingReplicas.length + removingReplicas.length > 0)
    .map(({ topic, partition }) => ({ topic, partition }))
  if (ongoing.length === 0) out.line('None of the specified partition reassignments are active.')
  else await takeBack(admin, ongoing, program)
  const moves = (await directoryMoves(admin, directories)).flatMap(({ replica, movingFrom }) =>
    movingFrom === undefined ? [] : [{ ...replica, logDir: movingFrom }],
  )
  if (moves.length === 0) out.write('None of the specified partition moves are active.')
  else await startMoves(admin, moves, given.timeoutMs, program)
  if (!given.preserveThrottles) await clearAllThrottles(admin, targets, program)
}

async function takeBack(admin: Admin, ongoing: readonly TopicPartition[], { out }: Program): Promise<void> {
  const results = await admin.alterPartitionReassignments(ongoing.map((one) => ({ ...one, replicas: undefined })))
  const { failures } = results
  if (failures.length > 0) {
    throw said(`Error cancelling partition reassignment${plural(failures)} for:\n${failureLines(results)}`)
  }
  const names = ongoing.toSorted(comparePartitions).map(partitionText).join(',')
  out.line(`Successfully cancelled partition reassignment${plural(ongoing)} for: ${names}`)
}

async function throttle(
  admin: Admin,
  { interBrokerThrottle, logDirThrottle }: Execution,
  known: {
    readonly targets: readonly Target[]
    readonly directories: readonly TargetDirectory[]
    readonly ongoing: readonly OngoingReassignment[]
    readonly current: readonly Target[]
  },
  program: Program,
): Promise<void> {
  if (interBrokerThrottle < 0 && logDirThrottle < 0) return
  program.out.line(
    'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.',
  )
  if (interBrokerThrottle >= 0) {
    await throttleReassignment(admin, { ...known, bytesPerSecond: interBrokerThrottle }, program)
  }
  if (logDirThrottle < 0) return
  const brokers = [...new Set(known.directories.map(({ brokerId }) => brokerId))]
  await throttleLogDirs(admin, brokers, logDirThrottle, program)
}

async function checkBrokers(admin: Admin, targets: readonly Target[]): Promise<void> {
  const { nodes } = await admin.describeCluster()
  const ids = [...new Set(targets.flatMap(({ replicas }) => replicas))]
  const unknown = javaHashOrder(ids, (id) => id).find((id) => !nodes.some(({ nodeId }) => nodeId === id))
  if (unknown !== undefined) throw new ToolExit(`Unknown broker id ${unknown}`)
}

async function startMoves(
  admin: Admin,
  moves: readonly TargetDirectory[],
  timeoutMs: number,
  { out, environment: { clock } }: Program,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + timeoutMs
  let pending = moves.toSorted(compareReplicas)
  for (;;) {
    const results = await admin.alterReplicaLogDirs(pending)
    const later: TargetDirectory[] = []
    for (const move of pending) {
      const { topic, partition, brokerId, logDir } = move
      const error = results.get({ topic, partition, brokerId })?.error
      if (errorCodeOf(error) === 'REPLICA_NOT_AVAILABLE') later.push(move)
      else if (error !== undefined) throw new ToolExit(`Failed to alter dir for ${replicaText(move)}`)
      else {
        const name = `${partitionText(move)} with broker ${brokerId}`
        out.line(`Successfully started moving log directory to ${logDir} for replica ${name} `)
      }
    }
    if (later.length === 0) return
    if (clock.monotonicMs() >= deadlineMs) {
      const names = later.map(replicaText).join(',')
      throw said(`Timed out before log directory move${plural(later)} could be started for: ${names}`)
    }
    pending = later
    await new Promise<void>((resolve) => {
      clock.schedule(moveRetryMs, resolve)
    })
  }
}

function failureLines(results: Results<TopicPartition, void>): string {
  const failures = results.failures.toSorted((a, b) => comparePartitions(a.item, b.item))
  return failures.map(({ item, error }) => `${partitionText(item)}: ${error.message}`).join('\n')
}

function plural(items: readonly unknown[]): string {
  return items.length === 1 ? '' : 's'
}

/** Told on standard output, as it is. */
function said(message: string): ToolExit {
  return new ToolExit(message, { stream: 'line' })
}
