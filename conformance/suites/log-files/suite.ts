/**
 * The files of a partition against Apache Kafka's own classes: random logs of ours, with transactions and all codecs,
 * are opened and compacted by both, round after round. Needs no server.
 */

import assert from 'node:assert/strict'
import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { apacheClassPath, javaArguments } from '../../harness/apache-kafka.ts'
import { runWell } from '../../harness/process.ts'
import type { Suite } from '../../harness/suite.ts'
import { abortsIn, batchesIn } from './batches.ts'
import { KeyedLog, segmentBytes } from './keyed-log.ts'

export const suite: Suite = {
  name: 'log-files',
  core: true,
  budgetSeconds: 300,
  async prepare() {
    await apacheClassPath()
  },
  async run({ check, directory, scope, signal }) {
    const logCount = scope === 'core' ? 60 : 400
    let rounds: readonly Round[] = []
    await check('Apache opens our logs, and knows the same producers', async () => {
      rounds = await liveLogs(join(directory, 'logs'), { logCount, signal })
      const answers = await askApache(rounds)
      for (const [index, { producerCount, end }] of answers.entries()) {
        const round = rounds[index]
        assert.ok(round !== undefined)
        assert.equal(round.producerCount, producerCount, round.copy)
        assert.equal(round.to, end, round.copy)
      }
      return `${rounds.length} logs`
    })
    await check('compaction leaves what Apache leaves, batch by batch', () => compareBatches(rounds))
    await check('Apache takes no notice of our producer-batches files', () => {
      const left = rounds.filter(({ copy }) => readdirSync(copy).some((name) => name.endsWith('.producer-batches')))
      assert.ok(left.length > 0)
      return Promise.resolve(`in ${left.length} directories`)
    })
  },
}

/** A log before compaction, for Apache, and after ours. */
interface Round {
  readonly copy: string
  readonly compacted: string
  readonly from: number
  readonly to: number
  readonly nowMs: number
  readonly producerCount: number
}

async function liveLogs(
  directory: string,
  { logCount, signal }: { logCount: number; signal: AbortSignal },
): Promise<readonly Round[]> {
  const rounds: Round[] = []
  const draw = draws(4711)
  for (let number = 0; number < logCount && !signal.aborted; number++) {
    const keyed = new KeyedLog(join(directory, `${number}`, 'ours'), draw)
    for (let round = 0; round < 1 + draw(4); round++) {
      keyed.write(await keyed.open())
      await keyed.close()
      // A day and an hour: what was marked for deletion is due the next time.
      keyed.nowMs += 90_000_000
      const [copy, compacted] = ['before', 'after'].map((when) =>
        join(directory, `${number}`, `${when}-${round}`, 'events-0'),
      )
      assert.ok(copy !== undefined && compacted !== undefined)
      cpSync(keyed.path, copy, { recursive: true })
      const log = await keyed.open()
      const producerCount = log.producers.producerCount
      const range = await keyed.compact()
      await keyed.close()
      if (range === undefined) continue
      cpSync(keyed.path, compacted, { recursive: true })
      rounds.push({ copy, compacted, ...range, nowMs: keyed.nowMs, producerCount })
    }
  }
  return rounds
}

async function askApache(
  rounds: readonly Round[],
): Promise<readonly { readonly producerCount: number; readonly end: number }[]> {
  const input = rounds.map(({ copy, from, nowMs }) => `${[copy, from, nowMs, segmentBytes].join('\t')}\n`).join('')
  const program = join(import.meta.dirname, 'java', 'LogPeer.java')
  const output = await runWell('java', await javaArguments(program, []), { input })
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').map(Number))
    .map(([producerCount = -1, end = -1]) => ({ producerCount, end }))
}

/**
 * Two differences, on purpose: our segments end where their sources ended, with an empty batch if need be; and the last
 * marker of a producer stays whole, where Apache empties it and so forgets the producer's epoch.
 */
async function compareBatches(rounds: readonly Round[]): Promise<string> {
  let same = 0
  let kept = 0
  for (const { copy, compacted } of rounds) {
    const [ours, theirs] = [batchesIn(compacted), batchesIn(copy)]
    for (const [offset, batch] of theirs) {
      const our = ours.get(offset)
      assert.ok(our !== undefined, `${compacted} lacks the batch at ${offset}`)
      if (batch.isControl && batch.recordCount === 0 && our.recordCount === 1) continue
      assert.equal(our.text, batch.text, `${compacted} at ${offset}`)
      same++
    }
    for (const [offset, batch] of ours) {
      if (theirs.has(offset)) continue
      assert.ok(batch.recordCount === 0 || batch.isControl, `${compacted} has records at ${offset} that Apache drops`)
      kept++
    }
    assert.equal(abortsIn(compacted), abortsIn(copy), `the aborted transactions of ${compacted}`)
    assert.ok(!existsSync(join(compacted, '00000000000000000000.log.cleaned')))
  }
  return await Promise.resolve(`${same} batches alike, ${kept} empty ones and markers that only we keep`)
}

/** Random, and the same every time. */
function draws(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % bound
  }
}
