/** A few seeds of each scenario with every run of the tests; `npm run simulate` tries as many as there is time for. */

import { describe, it } from 'node:test'

import { scenario as logPowerLoss } from './log-power-loss.ts'
import { scenario as nodePowerLoss } from './node-power-loss.ts'
import type { Scenario } from './scenario.ts'

const scenarios: readonly Scenario[] = [logPowerLoss, nodePowerLoss]
/** The first two found a torn tail that was kept, and a torn offset that was believed. */
const seeds = [676641759, 1917418641, 1, 2, 3, 4, 5, 6, 7, 8]

for (const { name, run } of scenarios) {
  describe(`scenario ${name}`, () => {
    for (const seed of seeds) {
      it(`holds on seed ${seed}`, () => run(seed))
    }
  })
}
