/** ElectLeaders (key 43): moves leadership to the preferred replica, or to any live one; decided by the controller. */
import { ElectLeaders, errorCode, errorMessage } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const electLeaders = defineForwarded(ElectLeaders, {
  refuse: ({ topicPartitions }, error, { apiVersion }) => ({
    // Version 0 can say it for each partition only.
    ...(apiVersion === 0 ? {} : { errorCode: errorCode(error) }),
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({
        partitionId,
        errorCode: errorCode(error),
        errorMessage: errorMessage(error),
      })),
    })),
  }),
})
