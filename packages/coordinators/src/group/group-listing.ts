/** ListGroups, DescribeGroups and ConsumerGroupDescribe. */
import { consumerProtocolType } from './classic/classic-group.ts'
import { describeClassicGroup, describeUnknownGroup } from './classic/describe-groups.ts'
import { describeConsumerGroup, describeUnknownConsumerGroup } from './consumer/describe-consumer-group.ts'
import type { GroupEventOf, GroupReplies } from './group-event.ts'
import type { GroupState } from './group-state.ts'

/** An empty filter lets everything through; names are compared without case. A type nobody knows matches nothing. */
export function listGroups(
  { classicGroups, consumerGroups }: GroupState,
  { statesFilter, typesFilter }: GroupEventOf<'ListGroups'>,
): GroupReplies['ListGroups'] {
  const states = new Set(statesFilter.map((name) => name.trim().toLowerCase()))
  const types = new Set(typesFilter.map((name) => name.toLowerCase()))
  const classic = classicGroups.values().map(({ groupId, protocolType = '', state }) => {
    return { groupId, protocolType, groupState: state, groupType: 'classic' }
  })
  const consumer = consumerGroups.values().map(({ groupId, state }) => {
    return { groupId, protocolType: consumerProtocolType, groupState: state, groupType: 'consumer' }
  })
  return [...classic, ...consumer].filter(
    ({ groupState, groupType }) =>
      (states.size === 0 || states.has(groupState.toLowerCase())) && (types.size === 0 || types.has(groupType)),
  )
}

export function describeGroups(
  { classicGroups, consumerGroups }: GroupState,
  { groupIds, context }: GroupEventOf<'DescribeGroups'>,
): GroupReplies['DescribeGroups'] {
  return groupIds.map((groupId) => {
    const group = classicGroups.get(groupId)
    if (group !== undefined) return describeClassicGroup(group)
    const why = consumerGroups.has(groupId) ? `Group ${groupId} is not a classic group.` : `Group ${groupId} not found.`
    return describeUnknownGroup(groupId, context.apiVersion, why)
  })
}

export function describeConsumerGroups(
  { classicGroups, consumerGroups, image, config }: GroupState,
  { groupIds }: GroupEventOf<'ConsumerGroupDescribe'>,
): GroupReplies['ConsumerGroupDescribe'] {
  return groupIds.map((groupId) => {
    const group = consumerGroups.get(groupId)
    if (group !== undefined) return describeConsumerGroup(group, image, config.consumer.assignors[0])
    const why = classicGroups.has(groupId) ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`
    return describeUnknownConsumerGroup(groupId, why)
  })
}
