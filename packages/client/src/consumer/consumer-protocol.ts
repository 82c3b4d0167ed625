/**
 * The classic groups of consumers: what a member says of its subscription, and how an assignment is written (KIP-429, 792,
 * 881). The same bytes as Java’s, so that both may share a group.
 */
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '@gregor/protocol'
import type { AssignableMember } from './assignors/assignor.ts'
import type { ClassicProtocol } from './classic-membership.ts'
import type { JoinedMember } from './membership.ts'
import { type TopicPartition, byTopic, flattened } from './partition-set.ts'

export interface ConsumerProtocolOptions {
  /** Asked before each JoinGroup. */
  readonly topics: () => readonly string[]
  /** Names of assignors, the preferred first. All of them must be of `rebalanceProtocol`. */
  readonly assignors: readonly string[]
  readonly rebalanceProtocol: 'eager' | 'cooperative'
  readonly rack?: string | undefined
  /** What this member tells the leader besides, by assignor. Default: nothing. */
  readonly userData?: (assignor: string, topics: readonly string[]) => Buffer | null
}

export function consumerProtocol(options: ConsumerProtocolOptions): ClassicProtocol {
  const { assignors, rack, rebalanceProtocol, userData } = options
  return {
    type: 'consumer',
    rebalanceProtocol,
    offers({ owned, generationId }) {
      const topics = options.topics()
      const ownedPartitions = byTopic(owned).map(({ topic, partitions }) => ({ topic, partitions: [...partitions] }))
      return assignors.map((name) => ({
        name,
        metadata: encodeSubscription({
          topics: [...topics],
          userData: userData?.(name, topics) ?? null,
          ownedPartitions,
          generationId,
          rackId: rack ?? null,
        }),
      }))
    },
    partitionsOf(assignment) {
      return flattened(decodeAssignment(assignment).assignedPartitions)
    },
  }
}

/** A consumer as the leader of its group sees it. @throws MalformedMessageError where it is none. */
export function subscribedMember({ memberId, instanceId, metadata }: JoinedMember): AssignableMember {
  const { topics, ownedPartitions, generationId, rackId, userData } = decodeSubscription(metadata)
  const owned = ownedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
  return { memberId, instanceId, topics, owned, generationId, rack: rackId, userData }
}

/** As SyncGroup wants it from the leader. */
export function assignmentBytes(partitions: readonly TopicPartition[], userData: Buffer | null = null): Buffer {
  const assignedPartitions = byTopic(partitions).map(({ topic, partitions: ofTopic }) => ({
    topic,
    partitions: [...ofTopic],
  }))
  return encodeAssignment({ assignedPartitions, userData })
}
