/**
 * What becomes of a batch that is appended, against the log of Apache's broker: thousands of batches, good ones, odd
 * ones and broken ones, of every codec, under all topic configs that matter. Needs no server.
 */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { JavaPeer, peerClassPath } from '../codec/java-peer.ts'
import type { Suite } from '../../harness/suite.ts'
import { appendThere } from './apache-log.ts'
import { batchCase, drawsFrom } from './batch-cases.ts'
import { type Outcome, compare, outcomes } from './comparison.ts'
import { OurLog } from './our-log.ts'

const casesOf = { core: 10_000, all: 200_000 } as const
/** In one question to Java. */
const casesAtOnce = 500

export const suite: Suite = {
  name: 'validation',
  core: true,
  budgetSeconds: 180,
  async prepare() {
    await peerClassPath('ValidationPeer', '4.3.1')
  },
  async run({ check, directory, scope, signal }) {
    const seed = scope === 'core' ? 1 : Date.now() % 1_000_000
    process.stdout.write(`    seed ${seed}\n`)
    await check('a batch is taken or refused as by Apache, for the same reason, and stored as there', async () => {
      const counts = await proven({ seed, directory: join(directory, 'ours'), count: casesOf[scope], signal })
      for (const [outcome, count] of counts) process.stdout.write(`    ${count} ${outcome}\n`)
      // Else this proves less than it says.
      for (const outcome of outcomes) assert.ok((counts.get(outcome) ?? 0) > 0, `never seen: ${outcome}`)
      return `${casesOf[scope]} batches`
    })
  },
}

interface Proof {
  readonly seed: number
  readonly directory: string
  readonly count: number
  readonly signal: AbortSignal
}

async function proven({ seed, directory, count, signal }: Proof): Promise<ReadonlyMap<Outcome, number>> {
  const draw = drawsFrom(seed)
  const counts = new Map<Outcome, number>()
  mkdirSync(directory, { recursive: true })
  await using log = await OurLog.open(directory)
  await using peer = await JavaPeer.start('ValidationPeer')
  for (let done = 0; done < count; done += casesAtOnce) {
    signal.throwIfAborted()
    const cases = Array.from({ length: casesAtOnce }, (_, index) => batchCase(draw, done + index))
    const theirs = await appendThere(peer, cases)
    for (const [index, batch] of cases.entries()) {
      const their = theirs[index]
      assert.ok(their !== undefined)
      const ours = await log.append(batch)
      try {
        const outcome = compare(batch, ours, their)
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      } catch (error) {
        const configs = [...batch.configs].map((pair) => pair.join('=')).join(' ')
        const said = `here ${JSON.stringify(ours.result)}, there ${their.error} ${their.problem}`
        const facts = `${said}\ncase ${done + index}, Produce ${batch.produceVersion}, ${configs}: ${batch.bytes.toString('hex')}`
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${facts}`, { cause: error })
      }
    }
  }
  return counts
}
