/** ListGroups and DescribeGroups. */
import { describeClassicGroup, describeUnknownGroup } from './classic/describe-groups.ts'
import type { GroupEventOf, GroupReplies } from './group-event.ts'
import type { GroupState } from './group-state.ts'

/** An empty filter lets everything through; names are compared without case. A type nobody knows matches nothing. */
export function listGroups(
  { classicGroups }: GroupState,
  { statesFilter, typesFilter }: GroupEventOf<'ListGroups'>,
): GroupReplies['ListGroups'] {
  const states = new Set(statesFilter.map((name) => name.trim().toLowerCase()))
  const types = new Set(typesFilter.map((name) => name.toLowerCase()))
  const listed = classicGroups.values().map(({ groupId, protocolType = '', state }) => {
    return { groupId, protocolType, groupState: state, groupType: 'classic' }
  })
  return [...listed].filter(
    ({ groupState, groupType }) =>
      (states.size === 0 || states.has(groupState.toLowerCase())) && (types.size === 0 || types.has(groupType)),
  )
}

export function describeGroups(
  { classicGroups }: GroupState,
  { groupIds, context }: GroupEventOf<'DescribeGroups'>,
): GroupReplies['DescribeGroups'] {
  return groupIds.map((groupId) => {
    const group = classicGroups.get(groupId)
    if (group !== undefined) return describeClassicGroup(group)
    return describeUnknownGroup(groupId, context.apiVersion, `Group ${groupId} not found.`)
  })
}
