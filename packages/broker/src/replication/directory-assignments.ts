/**
 * Tells the controller in which log directories the replicas of this node lie (KIP-858), where the metadata say
 * something else: with several directories a new partition is assigned to none until its log is made. So the controller
 * knows what a directory takes with it when it fails, and the next start where a log must be, if that directory is not
 * there.
 */
import { background } from '@gregor/base'
import { localChanges, type MetadataChange } from '@gregor/metadata'
import type { Clock, Logger, Timer } from '@gregor/platform'
import { AssignReplicasToDirs, errorName, type ProtocolError, type ResponseOf } from '@gregor/protocol'
import { partitionName, type LogDirectories } from '@gregor/storage'
import type { ControllerCalls } from '../metadata/controller-calls.ts'

export interface DirectoryAssignmentsOptions {
  readonly logDirectories: Pick<LogDirectories, 'directoryOf' | 'getFuture'>
  readonly calls: Pick<ControllerCalls, 'call'>
  readonly nodeId: number
  readonly brokerEpoch: () => number
  readonly clock: Pick<Clock, 'schedule'>
  readonly logger: Logger
  readonly timeoutMs: () => number
}

interface Assignment {
  readonly name: string
  readonly topicId: string
  readonly partitionIndex: number
  readonly directoryId: string
}

/** In one request, as Apache Kafka bounds it. */
const assignmentsMax = 2_250
const retryMs = 1_000
/** Asking again would be answered the same. */
const finalErrors: ReadonlySet<ProtocolError> = new Set([
  'NONE',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
])

export class DirectoryAssignments {
  readonly #options: DirectoryAssignmentsOptions
  /** By the partition’s name, oldest first. */
  readonly #waiting = new Map<string, Assignment>()
  #isSending = false
  #retry: Timer | undefined
  #isClosed = false

  constructor(options: DirectoryAssignmentsOptions) {
    this.#options = options
  }

  /** Call when the logs of the partitions have been made. A log on its way to another directory tells by itself. */
  publish({ delta }: MetadataChange): void {
    const { logDirectories, nodeId } = this.#options
    const { leading, following } = localChanges(delta.topics, nodeId)
    for (const { topic, topicId, partitionId, directory } of [...leading, ...following]) {
      const topicPartition = { topic, partition: partitionId }
      const actual = logDirectories.directoryOf(topicPartition)
      if (actual === undefined || logDirectories.getFuture(topicPartition) !== undefined) continue
      const name = partitionName(topicPartition)
      const { directoryId } = actual
      if (directoryId === directory) this.#waiting.delete(name)
      else this.#waiting.set(name, { name, topicId, partitionIndex: partitionId, directoryId })
    }
    this.#begin()
  }

  /** Nothing is told any more. */
  close(): void {
    this.#isClosed = true
    this.#retry?.cancel()
  }

  #begin(): void {
    if (this.#isSending || this.#waiting.size === 0 || this.#isClosed) return
    this.#isSending = true
    this.#retry?.cancel()
    const { clock, logger } = this.#options
    const sent = this.#send().finally(() => {
      this.#isSending = false
      if (this.#waiting.size > 0 && !this.#isClosed) this.#retry = clock.schedule(retryMs, () => this.#begin())
    })
    background('telling the controller where replicas lie', sent, (name, error) => {
      logger.warn(`${name} did not succeed`, { error: error instanceof Error ? error : String(error) })
    })
  }

  async #send(): Promise<void> {
    const { calls, nodeId, brokerEpoch, logger, timeoutMs } = this.#options
    for (let some = this.#oldest(); some.length > 0; some = this.#oldest()) {
      const request = { brokerId: nodeId, brokerEpoch: brokerEpoch(), directories: directoriesOf(some) }
      const response = await calls.call(AssignReplicasToDirs, request, { timeoutMs: timeoutMs() })
      if (this.#isClosed) return
      const error = errorName(response.errorCode)
      // Metadata of before directories had ids have no place for it.
      if (error === 'UNSUPPORTED_VERSION') this.#waiting.clear()
      else if (error !== 'NONE') logger.warn('The controller took no assignments of directories', { error })
      if (error !== 'NONE' || !this.#settle(some, response)) return
    }
  }

  #oldest(): readonly Assignment[] {
    return this.#isClosed ? [] : [...this.#waiting.values()].slice(0, assignmentsMax)
  }

  /** False: some must be told again, later. */
  #settle(sent: readonly Assignment[], { directories }: ResponseOf<typeof AssignReplicasToDirs>): boolean {
    const errors = new Map<string, ProtocolError>()
    for (const { topics } of directories)
      for (const { topicId, partitions } of topics)
        for (const { partitionIndex, errorCode: code } of partitions)
          errors.set(`${topicId}-${partitionIndex}`, errorName(code))
    let isAllTaken = true
    for (const assignment of sent) {
      const error = errors.get(`${assignment.topicId}-${assignment.partitionIndex}`)
      if (error === undefined || !finalErrors.has(error)) isAllTaken = false
      // Unless it lies elsewhere by now.
      else if (this.#waiting.get(assignment.name) === assignment) this.#waiting.delete(assignment.name)
    }
    return isAllTaken
  }
}

function directoriesOf(assignments: readonly Assignment[]) {
  const byDirectory = new Map<string, Map<string, number[]>>()
  for (const { directoryId, topicId, partitionIndex } of assignments) {
    const byTopic = byDirectory.get(directoryId) ?? new Map<string, number[]>()
    byDirectory.set(directoryId, byTopic)
    byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), partitionIndex])
  }
  return Array.from(byDirectory, ([id, byTopic]) => ({
    id,
    topics: Array.from(byTopic, ([topicId, indexes]) => ({
      topicId,
      partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
    })),
  }))
}
