/** What a topic may be called, and which topics are the cluster’s own. */

const nameBytesMax = 249
const legalName = /^[a-zA-Z0-9._-]+$/
const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])

export function isValidTopicName(name: string): boolean {
  return name.length <= nameBytesMax && name !== '.' && name !== '..' && legalName.test(name)
}

/** Written by the cluster only; clients see it marked as internal. */
export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}
