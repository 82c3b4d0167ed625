/**
 * `npm run simulate [-- SCENARIO ...] [--seed N] [--seconds N]`: the scenarios of packages/testkit/src/scenarios on fresh
 * seeds for a while (60 s), or on one. Each seed that breaks something is printed with what repeats it; on one seed, what
 * it threw as well. A seed that found a bug is kept: `keptSeeds` in scenarios.test.ts.
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
  for (const scenario of scenarios) await scenario.run(Number(values.seed))
  process.stdout.write(`no violation on seed ${values.seed}\n`)
} else {
  await runFreshSeeds(Number(values.seconds) * 1000)
}

/** In turns, so that each scenario has its share of the time. */
async function runFreshSeeds(durationMs: number): Promise<void> {
  const first = randomInt(2 ** 31)
  const began = performance.now()
  let count = 0
  let failureCount = 0
  for (; performance.now() - began < durationMs; count++) {
    for (const scenario of scenarios) failureCount += await failuresOn(scenario, first + count)
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  for (const { name } of scenarios) process.stdout.write(`${name}: ${count} seeds from ${first} on\n`)
  const found = failureCount === 0 ? 'no violation' : `${failureCount} failures`
  process.stdout.write(`${found} in ${count * scenarios.length} runs, ${seconds} s\n`)
  if (failureCount > 0) process.exitCode = 1
}

async function failuresOn(scenario: Scenario, seed: number): Promise<number> {
  try {
    await scenario.run(seed)
    return 0
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const again = `npm run simulate -- ${scenario.name} --seed ${seed}`
    process.stdout.write(`✖ ${scenario.name} on seed ${seed}: ${reason}\n  again with: ${again}\n`)
    return 1
  }
}

async function findScenarios(): Promise<readonly Scenario[]> {
  const files = globSync('packages/testkit/src/scenarios/*.ts', {
    exclude: ['**/scenario.ts', '**/*.test.ts'],
  }).toSorted()
  const modules = await Promise.all(files.map((file) => import(resolve(file)) as Promise<{ scenario: Scenario }>))
  return modules.map(({ scenario }) => scenario)
}
