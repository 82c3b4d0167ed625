/**
 * Clients that mean no good, or do not know better: only their own connections suffer, others are answered meanwhile,
 * and the server's memory grows by less than 64 MiB at each of them. Needs Linux, which tells about memory and descriptors.
 */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { Unavailable, type Suite, type SuiteContext } from '../../harness/suite.ts'
import { crowdCases, idleOnesAreClosed, oneMoreOfAllWaits, oneMoreOfAnAddressIsClosed } from './crowd-cases.ts'
import { greedyCases } from './greedy-cases.ts'
import { batchCount, countBatches, fill } from './honest-client.ts'
import { badFramesAreToldOfNowAndThen, malformedCases, prepareBomb } from './malformed-cases.ts'
import { residentMiB, watched } from './watch.ts'

/** While one thing is done to it. */
const grownMiBMax = 64
/**
 * Over all of it, with compiled code, garbage, what malloc keeps for itself, and the topics and groups that so many
 * well-formed requests have made: four times as many with `--all`.
 */
const grownMiBMaxOfAll = { core: 200, all: 300 } as const
/** By then who holds memory and does nothing is closed. */
const afterMs = 3_000

export const suite: Suite = {
  name: 'abuse',
  core: true,
  budgetSeconds: 150,
  async prepare() {
    if (!existsSync('/proc/self/status')) throw new Unavailable('there is no /proc here')
    prepareBomb()
  },
  async run(context) {
    await abuse(context)
    await limits(context)
  },
}

async function abuse({ check, scope, startServer }: SuiteContext): Promise<void> {
  const server = await startServer({ properties: { 'num.partitions': 1 } })
  await fill(server)
  const before = residentMiB(server)
  let most = before
  for (const { name, body } of [...malformedCases, ...crowdCases, ...greedyCases]) {
    await check(name, async () => {
      const beforeThis = residentMiB(server)
      let said: string | void = undefined
      const {
        residentMiB: resident,
        medianMs,
        slowestMs,
      } = await watched(server, async () => {
        said = await body(server, scope === 'all' ? 4 : 1)
      })
      most = Math.max(most, resident)
      const grown = Math.round(resident - beforeThis)
      assert.ok(grown < grownMiBMax, `memory grew by ${grown} MiB; ${said ?? ''}`)
      const others = `others within ${medianMs.toFixed(1)} ms (median), ${Math.round(slowestMs)} ms (slowest)`
      return [said, `+${grown} MiB`, others].filter(Boolean).join('; ')
    })
  }
  await check('afterwards a client reads all that was there before, and the server stops in order', async () => {
    await sleep(afterMs)
    const after = residentMiB(server)
    assert.equal(await countBatches(server), batchCount)
    await server.stop()
    assert.ok(most - before < grownMiBMaxOfAll[scope], `memory grew by ${Math.round(most - before)} MiB`)
    return `memory before ${Math.round(before)}, at most ${Math.round(most)}, afterwards ${Math.round(after)} MiB`
  })
}

async function limits({ check, startServer }: SuiteContext): Promise<void> {
  const idle = await startServer({ properties: { 'connections.max.idle.ms': 1_500, 'max.connections.per.ip': 20 } })
  await check('who sends nothing, half a frame or single bytes is closed after connections.max.idle.ms', () =>
    idleOnesAreClosed(idle),
  )
  await check('bad frames without end: the log tells of the first of them, and how many more there were', () =>
    badFramesAreToldOfNowAndThen(idle),
  )
  await check('max.connections.per.ip: more of them are closed at once, the others are served', () =>
    oneMoreOfAnAddressIsClosed(idle),
  )
  const full = await startServer({ properties: { 'max.connections': 20 } })
  await check('max.connections: more of them wait until one leaves, the others are served', () =>
    oneMoreOfAllWaits(full),
  )
}
