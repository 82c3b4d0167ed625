/** Which topics a pattern means, as Kafka’s tools read it: a regular expression of the whole name, a comma for `|`. */
import { ToolExit } from './tool-exit.ts'

const internalTopics = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])

export function isInternalTopic(topic: string): boolean {
  return internalTopics.has(topic)
}

/** @throws ToolExit where it is no pattern. */
export function topicFilter(pattern: string): (topic: string) => boolean {
  const regex = pattern
    .trim()
    .replaceAll(',', '|')
    .replaceAll(' ', '')
    .replaceAll(/^["']+|["']+$/g, '')
  try {
    const whole = new RegExp(`^(?:${regex})$`, 'u')
    return (topic) => whole.test(topic)
  } catch {
    throw new ToolExit(`${regex} is an invalid regex.`)
  }
}
