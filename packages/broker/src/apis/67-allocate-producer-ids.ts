/** AllocateProducerIds (key 67): a broker asks for a block of producer ids (KIP-730). On the controllers’ listener only. */
import { errorCode, AllocateProducerIds } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const allocateProducerIds = defineForwarded(AllocateProducerIds, {
  refuse: (_request, error) => ({ errorCode: errorCode(error), producerIdStart: 0, producerIdLen: 0 }),
  isExemptFromQuotas: true,
})
