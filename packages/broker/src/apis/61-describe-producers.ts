/** DescribeProducers (key 61): who has written to a partition lately, with open transactions (KIP-664). */
import { DescribeProducers, errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import type { ActiveProducer } from '@gregor/storage'
import { isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type PartitionAnswer = ResponseInput<typeof DescribeProducers>['topics'][number]['partitions'][number]

export const describeProducers = defineHandler(DescribeProducers, {
  handle(request, context, services) {
    return {
      topics: request.topics.map(({ name, partitionIndexes }) => {
        const isPermitted = isAllowedOnTopic(services, context, 'READ', name)
        return {
          name,
          partitions: partitionIndexes.map((partitionIndex): PartitionAnswer => {
            if (!isPermitted) return refused(partitionIndex, 'TOPIC_AUTHORIZATION_FAILED')
            const leader = services.replicas.leader(name, partitionIndex)
            if (typeof leader === 'string') return refused(partitionIndex, leader)
            return {
              partitionIndex,
              errorCode: 0,
              activeProducers: [...leader.log.producers.activeProducers()].map(described),
            }
          }),
        }
      }),
    }
  },
  refuse: (request, error) => ({
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => refused(partitionIndex, error)),
    })),
  }),
})

function described(producer: ActiveProducer): PartitionAnswer['activeProducers'][number] {
  return {
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.lastTimestampMs,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.currentTransactionStartOffset,
  }
}

function refused(partitionIndex: number, error: ProtocolError): PartitionAnswer {
  return { partitionIndex, errorCode: errorCode(error), errorMessage: errorMessage(error), activeProducers: [] }
}
