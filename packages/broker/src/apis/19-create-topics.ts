/** CreateTopics (key 19): decided by the controller, answered once its records are committed. */
import { CreateTopics, errorCode, errorMessage } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const createTopics = defineForwarded(CreateTopics, {
  refuse: ({ topics }, error) => ({
    topics: topics.map(({ name }) => ({
      name,
      errorCode: errorCode(error),
      errorMessage: errorMessage(error),
      configs: null,
    })),
  }),
})
