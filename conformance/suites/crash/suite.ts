/**
 * kill -9 under load, and what a node makes of damaged files when it starts again: nothing acknowledged is lost, nothing
 * is doubled, and what can be rebuilt is. Against Apache Kafka only what both promise is asked.
 */

import type { Suite } from '../../harness/suite.ts'
import { damageCases } from './damage-cases.ts'
import { canMount, refusesWhileFull } from './full-disk-case.ts'
import { installedLoads, killUnderLoad, readyAfterMuch, type Loads } from './kill-cases.ts'
import { knowsFiveBatches } from './retry-cases.ts'

export const suite: Suite = {
  name: 'crash',
  core: true,
  budgetSeconds: 600,
  async prepare() {
    loads = await installedLoads()
  },
  async run({ check, scope, directory, startServer }) {
    const rounds = scope === 'all' ? 20 : 4
    await check(
      `kill -9 under load, ${rounds} times: no acknowledged record is lost or doubled, and order is kept`,
      () => killUnderLoad({ startServer, directory: `${directory}/load`, loads, rounds }),
    )
    await check('ready in less than a second with 256 MiB behind the recovery point', () =>
      readyAfterMuch({ startServer, directory: `${directory}/much`, loads }),
    )
    for (const [end, how] of [
      ['kill', 'kill -9'],
      ['stop', 'a clean stop'],
    ] as const) {
      await check(`a producer’s last five batches are known again after ${how}`, () =>
        knowsFiveBatches({ startServer, directory: `${directory}/${end}` }, end),
      )
    }
    const full = 'a full disk refuses writes, lets reads go on, and takes writes when there is space'
    if (await canMount(`${directory}/full`))
      await check(full, () => refusesWhileFull({ startServer, directory: `${directory}/full` }))
    for (const { name, body } of damageCases) {
      await check(name, () => body({ startServer, directory: `${directory}/damage`, loads }))
    }
  },
}

let loads: Loads = []
