/** UnregisterBroker (key 64): forgets a broker that will not come back (KIP-631); decided by the controller. */
import { errorCode, errorMessage, UnregisterBroker } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const unregisterBroker = defineForwarded(UnregisterBroker, {
  refuse: (_request, error) => ({ errorCode: errorCode(error), errorMessage: errorMessage(error) }),
})
