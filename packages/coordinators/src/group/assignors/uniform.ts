/**
 * The assignor `uniform`: nobody has more than one partition more than anybody else who could have it, and of that
 * everybody keeps as much as possible. Which of two ways leads there depends on whether all subscribe to the same.
 */
import { assignUniformlyBySubscription } from './uniform-by-subscription.ts'
import { assignUniformlyToAll } from './uniform-to-all.ts'
import type { Assignor } from './assignor.ts'

export const assignUniformly: Assignor = (input) => {
  return input.isHomogeneous ? assignUniformlyToAll(input) : assignUniformlyBySubscription(input)
}
