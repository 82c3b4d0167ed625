/** AlterPartitionReassignments (key 45): moves replicas to other brokers (KIP-455); decided by the controller. */
import { AlterPartitionReassignments, errorCode, errorMessage } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const alterPartitionReassignments = defineForwarded(AlterPartitionReassignments, {
  refuse: (_request, error) => ({ errorCode: errorCode(error), errorMessage: errorMessage(error), responses: [] }),
})
