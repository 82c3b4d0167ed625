/**
 * `npm run simulate [-- SCENARIO ...] [--seed N] [--seconds N]`: the scenarios of packages/testkit/src/scenarios on fresh
 * seeds for a while (60 s), or on one. The first seed that breaks something is printed with what repeats it.
 */

import { randomInt } from 'node:crypto'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

import type { Scenario } from '@gregor/testkit'

const { values, positionals: names } = parseArgs({
  options: { seed: { type: 'string' }, seconds: { type: 'string', default: '60' } },
  allowPositionals: true,
})
const scenarios = (await findScenarios()).filter(({ name }) => names.length === 0 || names.includes(name))
if (scenarios.length === 0) {
  process.stderr.write(`there is no scenario ${names.join(', ')}\n`)
  process.exit(2)
}
if (values.seed !== undefined) {
  for (const scenario of scenarios) await runSeed(scenario, Number(values.seed))
} else {
  await runFreshSeeds(Number(values.seconds) * 1000)
}

/** In turns, so that each scenario has its share of the time. */
async function runFreshSeeds(durationMs: number): Promise<void> {
  const first = randomInt(2 ** 31)
  const began = performance.now()
  let count = 0
  for (; performance.now() - began < durationMs; count++) {
    for (const scenario of scenarios) await runSeed(scenario, first + count)
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  for (const { name } of scenarios) process.stdout.write(`✔ ${name}: ${count} seeds from ${first} on\n`)
  process.stdout.write(`no violation in ${count * scenarios.length} runs, ${seconds} s\n`)
}

async function runSeed(scenario: Scenario, seed: number): Promise<void> {
  try {
    await scenario.run(seed)
  } catch (error) {
    const repeat = `npm run simulate -- ${scenario.name} --seed ${seed}`
    process.stdout.write(`✖ ${scenario.name} on seed ${seed}; again with: ${repeat}\n`)
    throw error
  }
}

async function findScenarios(): Promise<readonly Scenario[]> {
  const files = globSync('packages/testkit/src/scenarios/*.ts', {
    exclude: ['**/scenario.ts', '**/*.test.ts'],
  }).toSorted()
  const modules = await Promise.all(files.map((file) => import(resolve(file)) as Promise<{ scenario: Scenario }>))
  return modules.map(({ scenario }) => scenario)
}
