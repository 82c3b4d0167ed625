/**
 * DeleteRecords (key 21): moves a partition’s log start, so that everything before it is gone (KIP-107). Offset -1 is the
 * high watermark. Only where the topic’s cleanup policy deletes, and never past what is committed.
 */
import { DeleteRecords, errorCode } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { Services } from '../server/services.ts'
import { isInternalTopic } from '../server/topic-names.ts'

type PartitionAnswer = ResponseInput<typeof DeleteRecords>['topics'][number]['partitions'][number]

export const deleteRecords = defineHandler(DeleteRecords, {
  handle(request, context, services) {
    return {
      topics: request.topics.map(({ name, partitions }) => {
        const isPermitted = isAllowedOnTopic(services, context, 'DELETE', name)
        return {
          name,
          partitions: partitions.map(({ partitionIndex, offset }) =>
            isPermitted
              ? deleteBefore(name, partitionIndex, offset, services)
              : refused(partitionIndex, 'TOPIC_AUTHORIZATION_FAILED'),
          ),
        }
      }),
    }
  },
  refuse: (request, error) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => refused(partitionIndex, error)),
    })),
  }),
})

function deleteBefore(topic: string, partitionIndex: number, asked: number, { replicas }: Services): PartitionAnswer {
  if (isInternalTopic(topic)) return refused(partitionIndex, 'INVALID_TOPIC_EXCEPTION')
  const leader = replicas.leader(topic, partitionIndex)
  if (typeof leader === 'string') return refused(partitionIndex, leader)
  const { delete: deletes, compact: compacts } = leader.config.cleanupPolicy
  if (compacts && !deletes) return refused(partitionIndex, 'POLICY_VIOLATION')
  const { error, logStartOffset } = leader.log.deleteRecordsBefore(asked)
  return error === 'NONE'
    ? { partitionIndex, errorCode: 0, lowWatermark: logStartOffset }
    : refused(partitionIndex, error)
}

function refused(partitionIndex: number, error: ProtocolError): PartitionAnswer {
  return { partitionIndex, errorCode: errorCode(error), lowWatermark: -1 }
}
