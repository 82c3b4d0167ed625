/** When a group has to be assigned anew: somebody's subscription changed, or the topics behind it did. */
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { groupEpochRecord, legacyTopicMetadataTombstone } from './consumer-records.ts'
import { topicsOfAll } from './subscription.ts'
import type { Members } from './subscription.ts'

/** Returns the group epoch from now on. */
export function bumpEpochIfNeeded(
  turn: Turn,
  group: ConsumerGroup,
  members: Members,
  { isBumped, memberId }: { readonly isBumped: boolean; readonly memberId: string },
): number {
  const { state } = turn
  const { groupId, groupEpoch } = group
  if (!isBumped && state.freshGroups.has(groupId)) return groupEpoch
  const hash = state.topicHashes.ofTopics(state.image, topicsOfAll(members, group.regexes))
  if (group.hasLegacyTopicMetadata) turn.records.push(legacyTopicMetadataTombstone(groupId))
  if (!isBumped && hash === group.metadataHash) {
    state.freshGroups.add(groupId)
    return groupEpoch
  }
  const epoch = groupEpoch + 1
  // Applying it says that the topics are as the group knows them.
  turn.records.push(groupEpochRecord(groupId, epoch, hash))
  const why = isBumped ? `${memberId} has changed its subscription` : 'its topics have changed'
  note(turn, groupId, { kind: 'RebalanceStarted', text: `Epoch ${epoch}: ${why}.` })
  return epoch
}
