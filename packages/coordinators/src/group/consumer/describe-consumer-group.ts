/** ConsumerGroupDescribe (KIP-848). Topics that are gone are left out. */
import type { MetadataImage } from '@gregor/metadata'
import { errorCode } from '@gregor/protocol'
import type { GroupReplies } from '../group-event.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { preferredAssignor } from './subscription.ts'
import { inOrder } from './partition-epochs.ts'

type DescribedGroup = GroupReplies['ConsumerGroupDescribe'][number]
type DescribedMember = DescribedGroup['members'][number]
type DescribedPartitions = NonNullable<NonNullable<DescribedMember['assignment']>['topicPartitions']>

export function describeConsumerGroup(
  group: ConsumerGroup,
  image: MetadataImage,
  defaultAssignor: string | undefined,
): DescribedGroup {
  return {
    errorCode: errorCode('NONE'),
    errorMessage: null,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: preferredAssignor(group.members) ?? defaultAssignor ?? '',
    members: [...group.members].map((member) => describedMember(group, image, member)),
  }
}

function describedMember(group: ConsumerGroup, image: MetadataImage, member: ConsumerMember): DescribedMember {
  const held = new Map<string, number[]>()
  // It answers for what it has to give up until it says that it has.
  for (const [topicId, partitions] of [...member.assigned, ...member.pendingRevocation]) {
    held.set(topicId, [...(held.get(topicId) ?? []), ...partitions.keys()])
  }
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.topicNames],
    subscribedTopicRegex: member.topicRegex,
    assignment: { topicPartitions: named(image, held) },
    targetAssignment: { topicPartitions: named(image, group.targetOf(member.memberId)) },
    memberType: member.classic === null ? 1 : 0,
  }
}

function named(image: MetadataImage, partitions: ReadonlyMap<string, Iterable<number>>): DescribedPartitions {
  return [...partitions].flatMap(([topicId, some]) => {
    const topicName = image.topics.byId.get(topicId)?.name
    return topicName === undefined ? [] : [{ topicId, topicName, partitions: inOrder(some) }]
  })
}

export function describeUnknownConsumerGroup(groupId: string, why: string): DescribedGroup {
  return {
    errorCode: errorCode('GROUP_ID_NOT_FOUND'),
    errorMessage: why,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  }
}
