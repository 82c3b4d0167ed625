/** AlterUserScramCredentials (key 51): sets and removes SCRAM credentials (KIP-554); decided by the controller. */
import { AlterUserScramCredentials, errorCode, errorMessage } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const alterUserScramCredentials = defineForwarded(AlterUserScramCredentials, {
  refuse: ({ deletions, upsertions }, error) => ({
    results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map((user) => ({
      user,
      errorCode: errorCode(error),
      errorMessage: errorMessage(error),
    })),
  }),
})
