/** DescribeProducers (key 61): who has written to a partition lately, with open transactions (KIP-664). */
import { topicNameProblem } from '@gregor/controller'
import { DescribeProducers, errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import type { ActiveProducer } from '@gregor/storage'
import { isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type PartitionAnswer = ResponseInput<typeof DescribeProducers>['topics'][number]['partitions'][number]

interface Problem {
  readonly error: ProtocolError
  readonly message: string | null
}

export const describeProducers = defineHandler(DescribeProducers, {
  handle(request, context, services) {
    return {
      topics: request.topics.map(({ name, partitionIndexes }) => {
        const problem = topicProblem(name, context, services)
        return {
          name,
          partitions: partitionIndexes.map((partitionIndex) =>
            problem === undefined ? answer(name, partitionIndex, services) : refused(partitionIndex, problem),
          ),
        }
      }),
    }
  },
  refuse: (request, error) => ({
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => refused(partitionIndex, plain(error))),
    })),
  }),
})

function topicProblem(name: string, context: RequestContext, services: Services): Problem | undefined {
  const illegal = topicNameProblem(name)
  if (illegal !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: illegal }
  if (!isAllowedOnTopic(services, context, 'READ', name)) return plain('TOPIC_AUTHORIZATION_FAILED')
  return services.metadata.image.topics.byName.has(name) ? undefined : plain('UNKNOWN_TOPIC_OR_PARTITION')
}

function answer(topic: string, partitionIndex: number, { replicas }: Services): PartitionAnswer {
  const leader = replicas.leader(topic, partitionIndex)
  if (typeof leader === 'string') return refused(partitionIndex, { error: leader, message: null })
  const activeProducers = Array.from(leader.log.producers.activeProducers(), described)
  return { partitionIndex, errorCode: 0, activeProducers }
}

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

function plain(error: ProtocolError): Problem {
  return { error, message: errorMessage(error) }
}

function refused(partitionIndex: number, { error, message }: Problem): PartitionAnswer {
  return { partitionIndex, errorCode: errorCode(error), errorMessage: message, activeProducers: [] }
}
