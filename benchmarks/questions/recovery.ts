/**
 * How long a node that was killed takes from the start of its process until it tells where a partition ends, when the
 * whole partition, one segment, lies behind the recovery point: every batch is checked, indexes and producers are made
 * anew. The files are in the page cache. (A node that syncs in the background has a few seconds of appends there.)
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { apacheClassPath, startApacheKafka } from '../../conformance/harness/apache-kafka.ts'
import { RawClient } from '../../conformance/harness/raw-client.ts'
import { startGregor, type Server, type ServerOptions } from '../../conformance/harness/server.ts'
import type { Benchmark, Peer, Sample } from '../harness/benchmark.ts'
import { fillLog } from '../harness/filled-log.ts'
import { kafkaJvm } from '../harness/load.ts'
import { createAndKill, endOffset, partitionFolder } from '../harness/one-partition.ts'
import { cpuSeconds } from '../harness/process-usage.ts'

const mebibyte = 1024 * 1024
/** A node takes connections before it is ready, and answers then. */
const answerTimeoutMs = 300_000
const fillings: Readonly<Record<string, { readonly bytes: number; readonly batchBytes: number }>> = {
  '256 MiB in batches of 16 KiB': { bytes: 256 * mebibyte, batchBytes: 16 * 1024 },
  '256 MiB in batches of 200 B': { bytes: 256 * mebibyte, batchBytes: 200 },
  '1 GiB in batches of 16 KiB': { bytes: 1000 * mebibyte, batchBytes: 16 * 1024 },
  '1 GiB in batches of 200 B': { bytes: 1000 * mebibyte, batchBytes: 200 },
}

export const benchmark: Benchmark = {
  question: 'How long until a node that was killed is ready, with all of a partition behind the recovery point?',
  measures: [
    { name: 'ready', unit: 'ms', better: 'less' },
    { name: 'work', unit: 'CPU-s', better: 'less' },
  ],
  cases: Object.keys(fillings),
  rounds: 5,
  warmUpRounds: 1,
  peers: [
    recovering('Apache Kafka', (options) => startApacheKafka({ ...options, jvm: kafkaJvm }), apacheClassPath),
    recovering('Gregor', startGregor),
  ],
}

function recovering(
  name: string,
  start: (options: ServerOptions) => Promise<Server>,
  prepare: () => Promise<unknown> = () => Promise.resolve(),
): Peer {
  let filled: { readonly caseName: string; readonly directory: string; readonly endOffset: number } | undefined
  const finish = (): Promise<void> => {
    if (filled !== undefined) rmSync(filled.directory, { recursive: true, force: true })
    filled = undefined
    return Promise.resolve()
  }
  return {
    name,
    async prepare() {
      await prepare()
    },
    async measure(caseName) {
      if (filled?.caseName !== caseName) {
        await finish()
        filled = { caseName, ...(await fill(start, caseName)) }
      }
      return restarted(start, filled)
    },
    finish,
  }
}

async function fill(
  start: (options: ServerOptions) => Promise<Server>,
  caseName: string,
): Promise<{ readonly directory: string; readonly endOffset: number }> {
  const filling = fillings[caseName]
  if (filling === undefined) throw new Error(`there is no case ${caseName}`)
  const directory = mkdtempSync(join(tmpdir(), 'gregor-recovery-'))
  await createAndKill(await start({ directory }))
  return { directory, endOffset: fillLog(partitionFolder(directory), filling) }
}

async function restarted(
  start: (options: ServerOptions) => Promise<Server>,
  filled: { readonly directory: string; readonly endOffset: number },
): Promise<Sample> {
  const { directory } = filled
  // Without it, recovery begins where the log does.
  rmSync(join(directory, 'data', 'recovery-point-offset-checkpoint'), { force: true })
  const server = await start({ directory })
  const began = performance.now()
  const client = new RawClient(server.port, { answerTimeoutMs })
  const found = await endOffset(client)
  const ready = server.startMs + performance.now() - began
  const work = cpuSeconds(server.pid)
  client.close()
  await server.kill()
  if (found !== filled.endOffset) throw new Error(`the log ends at ${found}, not at ${filled.endOffset}`)
  return { ready, ...(work !== undefined && { work }) }
}
