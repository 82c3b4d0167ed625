/**
 * The proof of the codecs, against the classes in Apache Kafka's jars: every request, response and stored message in
 * every version, both ways (`messages-proof`), record batches (`batches-proof`), frames of stored records
 * (`frames-proof`). No difference is allowed. The core has the same samples every time; `all` has others, from the seed
 * it prints.
 */

import type { Suite } from '../../harness/suite.ts'
import { proveBatches } from './batches-proof.ts'
import { proveFrames } from './frames-proof.ts'
import { JavaPeer, peerClassPath } from './java-peer.ts'
import { proveMessages } from './messages-proof.ts'
import { Report } from './report.ts'

/** Samples of each message and version, of each codec, of each stored record and version: each way. */
const samplesOf = {
  core: { messages: 50, batches: 60, frames: 20 },
  all: { messages: 500, batches: 300, frames: 100 },
} as const

export const suite: Suite = {
  name: 'codec',
  core: true,
  budgetSeconds: 480,
  async prepare() {
    await peerClassPath('MessagePeer', '4.3.1')
    await peerClassPath('MessagePeer', '3.9.1')
    await peerClassPath('RecordPeer', '4.3.1')
  },
  async run({ check, scope }) {
    const samples = samplesOf[scope]
    const seed = scope === 'core' ? 1 : Date.now() % 1_000_000
    process.stdout.write(`    seed ${seed}\n`)

    await check(
      'every request, response and stored message in every version is the same here and in Java',
      async () => {
        await using current = await JavaPeer.start('MessagePeer', '4.3.1')
        await using previous = await JavaPeer.start('MessagePeer', '3.9.1')
        return await proven((report) =>
          proveMessages({ current, previous }, { samples: samples.messages, seed }, report),
        )
      },
    )
    await check('record batches of all codecs are the same here and in Java', async () => {
      await using peer = await JavaPeer.start('RecordPeer')
      return await proven((report) => proveBatches(peer, { samples: samples.batches, seed }, report))
    })
    await check('the frames of stored records are the same here and in Java', async () => {
      await using peer = await JavaPeer.start('RecordPeer')
      return await proven((report) => proveFrames(peer, { samples: samples.frames, seed }, report))
    })
  },
}

async function proven(proof: (report: Report) => Promise<void>): Promise<string> {
  const report = new Report()
  await proof(report)
  for (const line of report.lines()) process.stdout.write(`    ${line}\n`)
  const summary = `${report.totalCompared} compared, ${report.totalDifferences} different`
  if (report.totalDifferences > 0) throw new Error(summary)
  return summary
}
