/**
 * AllocateProducerIds (67): hands a broker the next block of producer ids. No id is ever handed out twice: blocks are
 * consecutive, and what is left of one when its broker stops is never used (KIP-730).
 */
import { AllocateProducerIds } from '@gregor/protocol'
import { problem } from './api-problem.ts'
import { brokerEpochProblem } from './brokers.ts'
import { defineControllerHandler, refusal } from './controller-handler.ts'

const idsPerBlock = 1_000

export const allocateProducerIds = defineControllerHandler(AllocateProducerIds, {
  clusterOperation: 'ClusterAction',
  decide({ brokerId, brokerEpoch }, asked) {
    const found = brokerEpochProblem(asked, brokerId, brokerEpoch)
    if (found !== undefined) return refusal(found)
    const producerIdStart = Math.max(0, asked.image.nextProducerId)
    const nextProducerId = producerIdStart + idsPerBlock
    // Ids are numbers here: beyond 2^53 two of them could be one.
    if (!Number.isSafeInteger(nextProducerId)) return refusal(problem('UNKNOWN_SERVER_ERROR'))
    return {
      response: { errorCode: 0, producerIdStart, producerIdLen: idsPerBlock },
      records: [{ type: 'ProducerIdsRecord', brokerId, brokerEpoch, nextProducerId }],
    }
  },
  refuse: (_, { errorCode }) => ({ errorCode, producerIdStart: 0, producerIdLen: 0 }),
})
