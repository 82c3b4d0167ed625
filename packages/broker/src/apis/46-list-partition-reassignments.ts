/** ListPartitionReassignments (key 46): the moves under way (KIP-455), as the controller knows them. */
import { errorCode, errorMessage, ListPartitionReassignments } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const listPartitionReassignments = defineForwarded(ListPartitionReassignments, {
  refuse: (_request, error) => ({ errorCode: errorCode(error), errorMessage: errorMessage(error), topics: [] }),
})
