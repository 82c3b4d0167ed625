/**
 * A whole node with transactional producers of both versions, which are replaced, killed and fenced in the middle of
 * their transactions, an idempotent producer, and consumers, some of which copy what they read exactly once, through the
 * faults of `node-groups`.
 *
 * Holds: the invariants of history/SPEC.md, transactions above all; nothing holds readers up once nothing goes wrong.
 */
import { assert } from '@gregor/base'
import { type StoryPlan, runStory } from '../drivers/node-story.ts'
import { checkHistory } from '../history/check-history.ts'
import { between, chance, seededRandom } from '../simulation/seeded-random.ts'
import { nodeFaults } from '../drivers/faults.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  name: 'node-transactions',
  async run(seed) {
    const plan = transactionsPlan(seed)
    const { history, failure } = await runStory(plan)
    if (failure !== undefined) throw failure.error
    const violations = checkHistory(history, plan)
    const [first] = violations
    assert(first === undefined, `${violations.length} violations, ${first?.invariant}: ${first?.message}`)
  },
}

/** All that varies. */
export function transactionsPlan(seed: number): StoryPlan {
  const random = seededRandom(seed)
  const transactions = (transactionalId: string): StoryPlan['transactions'][number] => ({
    transactionalId,
    transactionCount: between(random, 3, 8),
    joinsImplicitly: chance(random, 60),
  })
  const isCopying = chance(random, 50)
  return {
    seed,
    isSynced: chance(random, 75),
    faults: nodeFaults,
    faultCount: between(random, 1, 4),
    producerCount: 1,
    batchCount: between(random, 2, 10),
    groups: [
      {
        name: 'g',
        protocol: chance(random, 50) ? 'consumer' : 'classic cooperative',
        memberCount: between(random, 1, 2),
        isStatic: false,
        isolation: isCopying || chance(random, 60) ? 'read_committed' : 'read_uncommitted',
        isCopying,
      },
    ],
    transactions: chance(random, 50) ? [transactions('t')] : [transactions('t'), transactions('u')],
  }
}
