/**
 * AssignReplicasToDirs (73): a broker reports in which of its log directories its replicas lie (KIP-858). A replica in
 * a directory that is offline can be neither leader nor in sync.
 */
import { isDirectoryOnline, since } from '@gregor/metadata'
import { AssignReplicasToDirs } from '@gregor/protocol'
import type { MetadataRecordInput, ProtocolError } from '@gregor/protocol'
import { errorFields, problem } from './api-problem.ts'
import { brokerEpochProblem } from './brokers.ts'
import { defineControllerHandler, refusal } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { metadataVersionOf } from './deliberation.ts'
import type { PlacedPartition } from './deliberation.ts'
import { changeIn, departureRecordsOf } from './leadership.ts'

export const assignReplicasToDirs = defineControllerHandler(AssignReplicasToDirs, {
  clusterOperation: 'ClusterAction',
  decide({ brokerId, brokerEpoch, directories }, asked) {
    if (metadataVersionOf(asked) < since.directoryAssignment) {
      return refusal(problem('UNSUPPORTED_VERSION', 'Directory assignment is not supported yet.'))
    }
    const found = brokerEpochProblem(asked, brokerId, brokerEpoch)
    if (found !== undefined) return refusal(found)
    const assignment = new Assignment(brokerId, asked)
    const results = directories.map(({ id, topics }) => ({
      id,
      topics: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: errorFields(problem(assignment.assign(id, topicId, partitionIndex))).errorCode,
        })),
      })),
    }))
    return { response: { errorCode: 0, directories: results }, records: assignment.records(), isSplittable: true }
  },
  refuse: (_, { errorCode }) => ({ errorCode, directories: [] }),
})

class Assignment {
  readonly #brokerId: number
  readonly #asked: Asked
  readonly #assigned: MetadataRecordInput[] = []
  readonly #offline: PlacedPartition[] = []

  constructor(brokerId: number, asked: Asked) {
    this.#brokerId = brokerId
    this.#asked = asked
  }

  assign(directory: string, topicId: string, partitionId: number): ProtocolError {
    const topic = this.#asked.image.topics.byId.get(topicId)
    if (topic === undefined) return 'UNKNOWN_TOPIC_ID'
    const partition = topic.partitions[partitionId]
    if (partition === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION'
    if (!partition.replicas.includes(this.#brokerId)) return 'NOT_LEADER_OR_FOLLOWER'
    const placed = { topic, partitionId, partition }
    const record = changeIn(this.#asked, placed, { directory: { brokerId: this.#brokerId, id: directory } })
    if (record !== undefined) this.#assigned.push(record)
    const online = this.#asked.image.brokers.get(this.#brokerId)?.directories ?? []
    if (!isDirectoryOnline(directory, online)) this.#offline.push(placed)
    return 'NONE'
  }

  records(): readonly MetadataRecordInput[] {
    return [...this.#assigned, ...departureRecordsOf(this.#asked, this.#brokerId, this.#offline)]
  }
}
