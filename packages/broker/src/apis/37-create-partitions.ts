/** CreatePartitions (key 37): raises a topic’s partition count; decided by the controller. */
import { CreatePartitions, errorCode, errorMessage } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const createPartitions = defineForwarded(CreatePartitions, {
  refuse: ({ topics }, error) => ({
    results: topics.map(({ name }) => ({ name, errorCode: errorCode(error), errorMessage: errorMessage(error) })),
  }),
})
