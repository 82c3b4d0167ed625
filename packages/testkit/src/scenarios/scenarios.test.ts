/**
 * Some hundred seeds of the scenarios with every run of the tests; `npm run simulate` tries as many as there is time for.
 * A seed that found something stays here.
 */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { runStory } from '../drivers/node-story.ts'
import { clientConsumersPlan, scenario as clientConsumers } from './client-consumers.ts'
import { clientProducersPlan, scenario as clientProducers } from './client-producers.ts'
import { scenario as logPowerLoss } from './log-power-loss.ts'
import { scenario as nodeGroups, groupsPlan } from './node-groups.ts'
import { scenario as nodePowerLoss } from './node-power-loss.ts'
import { scenario as nodeTransactions, transactionsPlan } from './node-transactions.ts'
import type { Scenario } from './scenario.ts'

interface Seeds {
  readonly scenario: Scenario
  /** These found a violation once. */
  readonly keptSeeds: readonly number[]
  /** And so many from 1 on. */
  readonly count: number
}

const all: readonly Seeds[] = [
  // A torn tail that was kept, and a torn offset that was believed.
  { scenario: logPowerLoss, keptSeeds: [676641759, 1917418641], count: 8 },
  { scenario: nodePowerLoss, keptSeeds: [676641759, 1917418641], count: 8 },
  { scenario: nodeGroups, keptSeeds: [], count: 60 },
  // A partition that was made while the disk was full stayed down until the next start.
  { scenario: nodeTransactions, keptSeeds: [40582, 50194], count: 60 },
  { scenario: clientProducers, keptSeeds: [], count: 20 },
  // A timer for less than a millisecond looked again at once, for ever.
  { scenario: clientConsumers, keptSeeds: [770308618], count: 10 },
]

for (const { scenario, keptSeeds, count } of all) {
  describe(`scenario ${scenario.name}`, () => {
    for (const seed of [...keptSeeds, ...Array.from({ length: count }, (_, index) => index + 1)]) {
      it(`holds on seed ${seed}`, () => scenario.run(seed))
    }
  })
}

describe('A story on a seed', () => {
  for (const plan of [groupsPlan(1), transactionsPlan(1), clientProducersPlan(1), clientConsumersPlan(1)]) {
    it(`has the same history each time it is told, with ${plan.producers ?? 'drivers'} and ${plan.transactions.length} transactional ids`, async () => {
      const first = await runStory(plan)
      const second = await runStory(plan)
      assert.equal(second.history.text(), first.history.text())
      assert.equal(second.world.world.time.digest, first.world.world.time.digest)
    })
  }
})
