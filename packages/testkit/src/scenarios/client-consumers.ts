/**
 * The consumers of the client library, as programs use them, in groups against a whole node: sessions, fetching ahead,
 * rebalances in both protocols, commits, members that are killed, come back or are too slow; through the faults of
 * `node-groups`, while drivers produce.
 *
 * Holds: the invariants of history/SPEC.md, and that every group was handed every record that is there.
 */
import { assert } from '@gregor/base'
import { nodeFaults } from '../drivers/faults.ts'
import { type StoryPlan, runStory } from '../drivers/node-story.ts'
import { checkHistory } from '../history/check-history.ts'
import { type History, keyOf } from '../history/history.ts'
import { finalReader } from '../history/violation.ts'
import { between, chance, seededRandom } from '../simulation/seeded-random.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  name: 'client-consumers',
  async run(seed) {
    const plan = clientConsumersPlan(seed)
    const { history, failure } = await runStory(plan)
    if (failure !== undefined) throw failure.error
    const violations = checkHistory(history, plan)
    const [first] = violations
    assert(first === undefined, `${violations.length} violations, ${first?.invariant}: ${first?.message}`)
    const [missed] = notHandedOut(history, plan)
    assert(missed === undefined, `${missed} was never handed out`)
  },
}

const protocols = ['classic eager', 'classic cooperative', 'consumer'] as const

/** All that varies. */
export function clientConsumersPlan(seed: number): StoryPlan {
  const random = seededRandom(seed)
  const isTransactional = chance(random, 40)
  const group = (name: string): StoryPlan['groups'][number] => ({
    name,
    protocol: protocols[random.below(protocols.length)] ?? 'consumer',
    memberCount: between(random, 1, 3),
    isStatic: chance(random, 30),
    isolation: isTransactional && chance(random, 60) ? 'read_committed' : 'read_uncommitted',
  })
  return {
    seed,
    // What is fetched ahead may come from before a loss: with the sync policy nothing that was readable is lost.
    isSynced: true,
    faults: nodeFaults,
    faultCount: between(random, 1, 4),
    producerCount: between(random, 1, 2),
    batchCount: between(random, 20, 100),
    consumers: 'library',
    groups: chance(random, 30) ? [group('g'), group('h')] : [group('g')],
    transactions: isTransactional ? [{ transactionalId: 't', transactionCount: 6, joinsImplicitly: true }] : [],
  }
}

/** `GROUP value`, of each that is in the log and that no member of the group was handed. */
function notHandedOut(history: History, { groups }: StoryPlan): readonly string[] {
  const fetches = history.done('fetch').filter(({ result }) => result.error === 'NONE')
  return groups.flatMap(({ name, isolation }) => {
    const valuesOf = (isTheirs: (reader: string) => boolean): ReadonlySet<string> =>
      new Set(
        fetches
          .filter(({ call }) => isTheirs(call.reader) && call.isolation === isolation)
          .flatMap(({ call, result }) =>
            result.batches.flatMap(({ records }) => records.map(({ value }) => `${keyOf(call)} ${value}`)),
          ),
      )
    const handedOut = valuesOf((reader) => reader.startsWith(`${name} `))
    const there = valuesOf((reader) => reader === finalReader)
    return [...there].filter((value) => !handedOut.has(value)).map((value) => `${name} ${value}`)
  })
}
