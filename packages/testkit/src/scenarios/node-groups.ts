/**
 * A whole node with idempotent producers, consumer groups of all three protocols, some migrated while they go on, dynamic
 * and static members that come, go and die, and an administrator, while processes are killed, power is lost, syncs fail,
 * disks are slow or full, and connections are cut, slow or silent. With the sync policy, and without.
 *
 * Holds: the invariants of history/SPEC.md; the node starts again, and all comes to rest once nothing goes wrong.
 */
import { assert } from '@gregor/base'
import { type GroupPlan, type StoryPlan, runStory } from '../drivers/node-story.ts'
import { nodeFaults } from '../drivers/faults.ts'
import { checkHistory } from '../history/check-history.ts'
import { between, chance, seededRandom } from '../simulation/seeded-random.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  name: 'node-groups',
  async run(seed) {
    const plan = groupsPlan(seed)
    const { history, failure } = await runStory(plan)
    if (failure !== undefined) throw failure.error
    const violations = checkHistory(history, plan)
    const [first] = violations
    assert(first === undefined, `${violations.length} violations, ${first?.invariant}: ${first?.message}`)
  },
}

const protocols: readonly GroupPlan['protocol'][] = ['classic eager', 'classic cooperative', 'consumer', 'mixed']

/** All that varies. */
export function groupsPlan(seed: number): StoryPlan {
  const random = seededRandom(seed)
  const group = (name: string): GroupPlan => ({
    name,
    protocol: protocols[random.below(protocols.length)] ?? 'consumer',
    memberCount: between(random, 1, 3),
    isStatic: chance(random, 25),
    isolation: 'read_uncommitted',
  })
  return {
    seed,
    isSynced: chance(random, 75),
    faults: nodeFaults,
    faultCount: between(random, 1, 4),
    producerCount: between(random, 1, 2),
    batchCount: between(random, 5, 20),
    groups: chance(random, 60) ? [group('g')] : [group('g'), group('h')],
    transactions: [],
  }
}
