/** CreateAcls (key 30): lets somebody do something, or not (KIP-140); decided by the controller. */
import { CreateAcls, errorCode, errorMessage } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const createAcls = defineForwarded(CreateAcls, {
  refuse: ({ creations }, error) => ({
    results: creations.map(() => ({ errorCode: errorCode(error), errorMessage: errorMessage(error) })),
  }),
})
