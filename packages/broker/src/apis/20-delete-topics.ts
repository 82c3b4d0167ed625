/** DeleteTopics (key 20): by name, from version 6 by id, too; decided by the controller. */
import { DeleteTopics, errorCode } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const deleteTopics = defineForwarded(DeleteTopics, {
  refuse: ({ topics, topicNames }, error) => ({
    responses: [
      ...topics.map(({ name, topicId }) => ({ name, topicId, errorCode: errorCode(error) })),
      ...topicNames.map((name) => ({ name, errorCode: errorCode(error) })),
    ],
  }),
})
