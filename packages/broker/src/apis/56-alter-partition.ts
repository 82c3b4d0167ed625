/** AlterPartition (key 56): a leader reports who is in sync (KIP-497). On the controllers’ listener only. */
import { errorCode, AlterPartition } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const alterPartition = defineForwarded(AlterPartition, {
  refuse: (_request, error) => ({ errorCode: errorCode(error), topics: [] }),
  isExemptFromQuotas: true,
})
