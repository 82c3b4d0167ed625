/** UpdateFeatures (key 57): raises and lowers finalized feature levels (KIP-584); decided by the controller. */
import { errorCode, errorMessage, UpdateFeatures } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const updateFeatures = defineForwarded(UpdateFeatures, {
  refuse: ({ featureUpdates }, error) => ({
    errorCode: errorCode(error),
    errorMessage: errorMessage(error),
    results: featureUpdates.map(({ feature }) => ({
      feature,
      errorCode: errorCode(error),
      errorMessage: errorMessage(error),
    })),
  }),
})
