/**
 * The producers of the client library, as programs use them, against a whole node: batching, five requests in flight,
 * retries over broken connections and through crashes, too little memory, and transactions whose producers are killed
 * and replaced; through the faults of `node-groups`, with consumers that read what is committed.
 *
 * Holds: the invariants of history/SPEC.md: what is acknowledged is there, once and in order; a transaction is there
 * whole or not at all; everything comes to rest once nothing goes wrong.
 */
import { assert } from '@gregor/base'
import { nodeFaults } from '../drivers/faults.ts'
import { type StoryPlan, runStory } from '../drivers/node-story.ts'
import { checkHistory } from '../history/check-history.ts'
import { between, chance, seededRandom } from '../simulation/seeded-random.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  name: 'client-producers',
  async run(seed) {
    const plan = clientProducersPlan(seed)
    const { history, failure } = await runStory(plan)
    if (failure !== undefined) throw failure.error
    const violations = checkHistory(history, plan)
    const [first] = violations
    assert(first === undefined, `${violations.length} violations, ${first?.invariant}: ${first?.message}`)
  },
}

/** All that varies. */
export function clientProducersPlan(seed: number): StoryPlan {
  const random = seededRandom(seed)
  const transactions = { transactionalId: 't', transactionCount: between(random, 2, 8), joinsImplicitly: true }
  return {
    seed,
    isSynced: chance(random, 75),
    faults: nodeFaults,
    faultCount: between(random, 1, 4),
    producerCount: between(random, 1, 2),
    batchCount: between(random, 20, 150),
    producers: 'library',
    groups: [
      {
        name: 'g',
        protocol: 'consumer',
        memberCount: 1,
        isStatic: false,
        isolation: chance(random, 60) ? 'read_committed' : 'read_uncommitted',
      },
    ],
    transactions: chance(random, 70) ? [transactions] : [],
  }
}
