/**
 * OffsetForLeaderEpoch (key 23): where an epoch of the partition’s log ended, so that a client or a follower
 * can find out whether its own log parted from the leader’s (KIP-101, KIP-279, KIP-320).
 */
import { errorCode, OffsetForLeaderEpoch } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { isAllowedOnCluster, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type PartitionAnswer = ResponseInput<typeof OffsetForLeaderEpoch>['topics'][number]['partitions'][number]

export const offsetForLeaderEpoch = defineHandler(OffsetForLeaderEpoch, {
  handle(request, context, services) {
    const isServer = isAllowedOnCluster(services, context, 'CLUSTER_ACTION')
    return {
      topics: request.topics.map(({ topic, partitions }) => {
        const isPermitted = isServer || isAllowedOnTopic(services, context, 'DESCRIBE', topic)
        return {
          topic,
          partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
            if (!isPermitted) return refused(partition, 'TOPIC_AUTHORIZATION_FAILED')
            const leader = services.replicas.leader(topic, partition)
            if (typeof leader === 'string') return refused(partition, leader)
            const error = leader.check(currentLeaderEpoch)
            if (error !== 'NONE') return refused(partition, error)
            const found = leader.log.endOffsetForEpoch(leaderEpoch)
            return { partition, errorCode: 0, leaderEpoch: found.leaderEpoch, endOffset: found.endOffset }
          }),
        }
      }),
    }
  },
  refuse: (request, error) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => refused(partition, error)),
    })),
  }),
})

function refused(partition: number, error: ProtocolError): PartitionAnswer {
  return { partition, errorCode: errorCode(error), leaderEpoch: -1, endOffset: -1 }
}
