/** Clients send while the server is killed and started again; what was acknowledged is then looked for. */

import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Driver, type LoadResult, type Program } from '../../clients/driver.ts'
import { goClient, javaClient, pythonProgram } from '../../clients/programs.ts'
import { largeRecord } from '../../clients/sample-records.ts'
import type { Server } from '../../harness/server.ts'
import { Unavailable, type SuiteContext } from '../../harness/suite.ts'

export type Loads = readonly { readonly name: string; readonly program: Program }[]

export interface CrashContext {
  readonly startServer: SuiteContext['startServer']
  readonly directory: string
  readonly loads: Loads
}

const perSecond = 3_000
/** How long a round lasts until the server is killed. */
const roundMs = { min: 400, max: 1_600 }

/** The kinds of client that can be had here; `Unavailable` where there is none. */
export async function installedLoads(): Promise<Loads> {
  const wanted = {
    'confluent-kafka': () => pythonProgram('requirements-confluent-kafka.txt', 'confluent.py'),
    'franz-go': () => goClient('franz-go'),
    java: javaClient,
  }
  const found: { name: string; program: Program }[] = []
  const reasons: string[] = []
  for (const [name, program] of Object.entries(wanted)) {
    try {
      found.push({ name, program: await program() })
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      reasons.push(error.message)
    }
  }
  if (found.length === 0) throw new Unavailable(reasons.join('; '))
  return found
}

export async function killUnderLoad(context: CrashContext & { readonly rounds: number }): Promise<string> {
  const { startServer, directory, loads, rounds } = context
  let server = await startServer({ directory })
  const { port } = server
  const drivers = loads.map(({ name, program }) => ({ topic: `load-of-${name}`, driver: started(program, server) }))
  const readyMs: number[] = []
  for (const { topic, driver } of drivers) {
    await driver.call('create', { topic, partitions: 2, configs: { 'segment.bytes': '1048576' } })
    await driver.call('startLoad', { topic, perSecond })
  }
  for (let round = 0; round < rounds; round++) {
    await sleep(roundMs.min + ((round * 389) % (roundMs.max - roundMs.min)))
    await server.kill()
    server = await startServer({ directory, port })
    readyMs.push(Math.round(server.startMs))
  }
  await sleep(roundMs.max)
  const said: string[] = []
  for (const { topic, driver } of drivers) {
    const result = await driver.call('stopLoad', {})
    said.push(`${topic} ${await requireAll(driver, topic, result)}`)
    await driver.close()
  }
  await server.stop()
  return `${said.join(', ')}; ready in ${readyMs.toSorted((a, b) => a - b).join(', ')} ms`
}

/** Every acknowledged record is where it was said to be; each number once, and in the order in which it was sent. */
async function requireAll(driver: Driver, topic: string, result: LoadResult): Promise<string> {
  const { sent, acknowledged, failures } = result
  assert.deepEqual(failures.slice(0, 3), [], `${topic}: ${failures.length} records failed`)
  assert.equal(acknowledged.length, sent, `${topic}: not all were answered`)
  const offsetOf = new Map(acknowledged.map(([number, partition, offset]) => [number, { partition, offset }]))
  for (const partition of [0, 1]) {
    const { latest } = await driver.call('offsets', { topic, partition, timestamp: 0 })
    const read = await driver.call('consume', { topic, partition, from: 'earliest', count: latest })
    assert.equal(read.length, latest, `${topic}-${partition} has a hole`)
    let last = -1
    for (const { offset, value } of read) {
      const number = Number.parseInt(Buffer.from(value ?? '', 'base64').toString(), 10)
      assert.ok(number > last, `${topic}-${partition}: ${number} at offset ${offset} comes after ${last}`)
      assert.deepEqual(offsetOf.get(number), { partition, offset }, `${topic}: record ${number}`)
      offsetOf.delete(number)
      last = number
    }
  }
  const lost = [...offsetOf.keys()]
  assert.deepEqual(lost.slice(0, 10), [], `${topic}: ${lost.length} acknowledged records are lost`)
  return String(sent)
}

/** The recovery point is put back by hand: it would move within a second. */
export async function readyAfterMuch({ startServer, directory, loads }: CrashContext): Promise<string> {
  const topic = 'much'
  let server = await startServer({ directory })
  const { port } = server
  const [load] = loads
  assert.ok(load !== undefined)
  const driver = started(load.program, server)
  try {
    await driver.call('create', { topic, partitions: 1, configs: {} })
    const records = Array.from({ length: 16 }, () => largeRecord(900_000))
    const wanted = 256 * 1024 * 1024
    const log = join(directory, 'data', `${topic}-0`, '00000000000000000000.log')
    while (statSync(log).size < wanted)
      await driver.call('produce', { topic, codec: 'none', acks: '1', idempotent: false, records })
    const { latest } = await driver.call('offsets', { topic, partition: 0, timestamp: 0 })
    const times: number[] = []
    for (let attempt = 0; attempt < 5; attempt++) {
      await server.kill()
      forgetRecoveryPoint(directory, topic)
      server = await startServer({ directory, port })
      times.push(Math.round(server.startMs))
    }
    assert.equal((await driver.call('offsets', { topic, partition: 0, timestamp: 0 })).latest, latest)
    await server.stop()
    assert.ok(Math.min(...times) < 1_000, `ready in ${times.join(', ')} ms`)
    return `ready in ${times.toSorted((a, b) => a - b).join(', ')} ms`
  } finally {
    await driver.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

function forgetRecoveryPoint(directory: string, topic: string): void {
  const file = join(directory, 'data', 'recovery-point-offset-checkpoint')
  // It is written once a minute: without one, recovery begins where the log does.
  if (!existsSync(file)) return
  writeFileSync(file, readFileSync(file, 'utf8').replace(new RegExp(`^${topic} 0 \\d+$`, 'm'), `${topic} 0 0`))
}

export function started(program: Program, server: Server): Driver {
  return Driver.start(program, server.bootstrap)
}
