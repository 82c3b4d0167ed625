/** Topics have changed: the consumer groups that read them look again with their next heartbeat. */
import type { MetadataImage } from '@gregor/metadata'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { GroupEventOf } from './group-event.ts'
import type { GroupState } from './group-state.ts'

export function followMetadata(
  state: GroupState,
  { image, hasNewTopics = true }: Pick<GroupEventOf<'MetadataChanged'>, 'image' | 'hasNewTopics'>,
): void {
  for (const groupId of state.freshGroups) {
    const group = state.consumerGroups.get(groupId)
    if (group === undefined || hasOtherTopics(group, state.image, image)) state.freshGroups.delete(groupId)
  }
  if (hasNewTopics || state.newTopicsVersion === -1) state.newTopicsVersion = image.offset
  state.image = image
}

/** Images share what did not change. */
function hasOtherTopics({ topicSubscribers }: ConsumerGroup, before: MetadataImage, after: MetadataImage): boolean {
  return topicSubscribers.keys().some((topic) => before.topics.byName.get(topic) !== after.topics.byName.get(topic))
}
