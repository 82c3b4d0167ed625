/** DeleteAcls (key 31): takes back the ACLs that filters mean (KIP-140); decided by the controller. */
import { DeleteAcls, errorCode, errorMessage } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const deleteAcls = defineForwarded(DeleteAcls, {
  refuse: ({ filters }, error) => ({
    filterResults: filters.map(() => ({
      errorCode: errorCode(error),
      errorMessage: errorMessage(error),
      matchingAcls: [],
    })),
  }),
})
