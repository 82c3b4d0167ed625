/** AlterClientQuotas (key 49): sets and removes quotas (KIP-546, KIP-612); decided by the controller. */
import { AlterClientQuotas, errorCode, errorMessage } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const alterClientQuotas = defineForwarded(AlterClientQuotas, {
  refuse: ({ entries }, error) => ({
    entries: entries.map(({ entity }) => ({ errorCode: errorCode(error), errorMessage: errorMessage(error), entity })),
  }),
})
