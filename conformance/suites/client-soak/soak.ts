/** Runs the soak and judges it: starts the programs, breaks things on schedule, then reads the topic as a whole. */

import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import { connect } from '@gregor/client'

import { background, ended } from '../../harness/process.ts'
import type { Server } from '../../harness/server.ts'
import type { SuiteContext } from '../../harness/suite.ts'
import { requireAtLeastOnce } from './at-least-once.ts'
import { requireFlat } from './flat-memory.ts'
import type { MemberLine, Memory, ProducerLine } from './soak-lines.ts'

interface SoakOptions {
  readonly startServer: SuiteContext['startServer']
  readonly directory: string
  readonly minutes: number
}

const topic = 'soak'
const partitionCount = 6
const perSecond = 500
const membersPerGroup = 3
const restartEveryMs = 60_000
const killEveryMs = 45_000
const catchUpMsMax = 120_000
const groups = [
  { groupId: 'soak-classic', groupProtocol: 'classic' },
  { groupId: 'soak-consumer', groupProtocol: 'consumer' },
] as const
const properties = {
  'group.initial.rebalance.delay.ms': 0,
  'group.consumer.min.session.timeout.ms': 6_000,
  'group.consumer.session.timeout.ms': 6_000,
  'group.consumer.min.heartbeat.interval.ms': 1_000,
  'group.consumer.heartbeat.interval.ms': 1_000,
}

export async function soak({ startServer, directory, minutes }: SoakOptions): Promise<string> {
  const server = new RestartedServer(startServer, directory)
  await server.start()
  await createTopic(server.bootstrap)
  const producer = new SoakingProducer(server.bootstrap)
  const members = groups.map((group) => new SoakingGroup(server.bootstrap, group))
  await breakThings({ untilMs: Date.now() + minutes * 60_000, server, members })
  const total = await producer.stop()
  assert.deepEqual(total.failures.slice(0, 3), [], `${total.failures.length} records failed`)
  assert.equal(total.acknowledged, total.sent)

  const ends = await requireNumbers(server.bootstrap, total.sent)
  const said: string[] = []
  for (const group of members) {
    const lines = await group.stopWhenDone(ends)
    said.push(`${group.groupId} ${requireAtLeastOnce(lines, ends)}`)
  }
  const memory = [
    `producer ${requireFlat('the producer', producer.memory)}`,
    ...members.map((group) => `${group.groupId} ${requireFlat(group.groupId, group.memoryOfFirst())}`),
  ]
  await server.stop()
  return `${total.sent} records, ${server.restartCount} restarts, ${said.join(', ')}; MiB: ${memory.join(', ')}`
}

async function breakThings(given: {
  readonly untilMs: number
  readonly server: RestartedServer
  readonly members: readonly SoakingGroup[]
}): Promise<void> {
  const { untilMs, server, members } = given
  let nextRestartMs = Date.now() + restartEveryMs
  let nextKillMs = Date.now() + killEveryMs
  for (let killCount = 0; ;) {
    const nextMs = Math.min(nextRestartMs, nextKillMs, untilMs)
    await sleep(Math.max(0, nextMs - Date.now()))
    if (nextMs === untilMs) return
    if (nextMs === nextRestartMs) {
      await server.restart()
      nextRestartMs += restartEveryMs
    } else {
      members[killCount++ % members.length]?.killOne()
      nextKillMs += killEveryMs
    }
  }
}

/** On one port and one directory; by turns stopped in order and killed. */
class RestartedServer {
  restartCount = 0
  readonly #startServer: SoakOptions['startServer']
  readonly #directory: string
  #server: Server | undefined

  constructor(startServer: SoakOptions['startServer'], directory: string) {
    this.#startServer = startServer
    this.#directory = directory
  }

  get bootstrap(): string {
    return this.#server?.bootstrap ?? ''
  }

  async start(): Promise<void> {
    const port = this.#server?.port
    const place = { directory: join(this.#directory, 'server'), ...(port === undefined ? {} : { port }) }
    this.#server = await this.#startServer({ ...place, properties })
  }

  async restart(): Promise<void> {
    if (this.restartCount++ % 2 === 0) await this.#server?.kill()
    else await this.#server?.stop()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
  }
}

class SoakingProducer {
  readonly memory: Memory[] = []
  readonly #child: ChildProcess
  readonly #last: Promise<ProducerLine>

  constructor(bootstrap: string) {
    this.#child = program('producer.ts', [bootstrap, topic, String(perSecond)])
    const last = Promise.withResolvers<ProducerLine>()
    this.#last = last.promise
    readLines<ProducerLine>(this.#child, (line) => {
      this.memory.push(line.memory)
      if (line.isLast) last.resolve(line)
    })
  }

  async stop(): Promise<ProducerLine> {
    this.#child.stdin?.write('stop\n')
    const failed = ended(this.#child).then(({ status }) => {
      throw new Error(`the producer ended with ${status} and said nothing of its records`)
    })
    return await Promise.race([this.#last, failed])
  }
}

class SoakingGroup {
  readonly groupId: string
  readonly #start: () => ChildProcess
  readonly #members: ChildProcess[] = []
  readonly #lines: MemberLine[] = []
  readonly #memory = new Map<ChildProcess, Memory[]>()
  #longestLived: ChildProcess | undefined

  constructor(bootstrap: string, { groupId, groupProtocol }: (typeof groups)[number]) {
    this.groupId = groupId
    this.#start = () => program('member.ts', [bootstrap, topic, groupId, groupProtocol])
    for (let index = 0; index < membersPerGroup; index++) this.#addOne()
    this.#longestLived = this.#members[0]
  }

  /** The one that came second longest ago: the first lives on, so that its memory can be watched. */
  killOne(): void {
    this.#members.splice(1, 1)[0]?.kill('SIGKILL')
    this.#addOne()
  }

  memoryOfFirst(): readonly Memory[] {
    return this.#longestLived === undefined ? [] : (this.#memory.get(this.#longestLived) ?? [])
  }

  /** Waits until everything was committed. */
  async stopWhenDone(ends: readonly number[]): Promise<readonly MemberLine[]> {
    const deadlineMs = Date.now() + catchUpMsMax
    while (!this.#hasCommitted(ends)) {
      assert.ok(Date.now() < deadlineMs, `${this.groupId} has not committed everything after ${catchUpMsMax} ms`)
      await sleep(100)
    }
    for (const member of this.#members) member.stdin?.write('stop\n')
    await Promise.all(this.#members.map((member) => ended(member)))
    return this.#lines
  }

  #hasCommitted(ends: readonly number[]): boolean {
    const committed = ends.map(() => 0)
    for (const { what } of this.#lines) {
      if (what.kind === 'committed') committed[what.partition] = Math.max(committed[what.partition] ?? 0, what.offset)
    }
    return ends.every((end, partition) => committed[partition] === end)
  }

  #addOne(): void {
    const member = this.#start()
    const memory: Memory[] = []
    this.#memory.set(member, memory)
    this.#members.push(member)
    readLines<MemberLine>(member, (line) => {
      if (line.what.kind === 'memory') memory.push(line.what.memory)
      else this.#lines.push(line)
    })
  }
}

async function createTopic(bootstrap: string): Promise<void> {
  await using kafka = await connect({ bootstrap })
  const created = await kafka.admin().createTopics([{ name: topic, numPartitions: partitionCount }])
  created.all()
}

/** The topic holds each number once, those of a key in order. Returns where its partitions end. */
async function requireNumbers(bootstrap: string, count: number): Promise<readonly number[]> {
  await using kafka = await connect({ bootstrap })
  const consumer = kafka.consumer({ maxPollRecords: 10_000 })
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition }))
  consumer.assign(partitions)
  consumer.seekToBeginning()
  const ends = partitions.map(() => 0)
  for (const { partition, offset } of await consumer.endOffsets(partitions)) ends[partition] = offset
  const seen = new Uint8Array(count)
  const lastOfKey = new Map<string, number>()
  const next = ends.map(() => 0)
  while (next.some((offset, partition) => offset < (ends[partition] ?? 0))) {
    for (const { partition, records, next: behind } of await consumer.poll({ timeoutMs: 10_000 })) {
      for (const { offset, key, value } of records) {
        assert.equal(offset, next[partition], `${topic}-${partition} has a hole`)
        next[partition] = offset + 1
        const number = Number(value?.toString())
        assert.equal(seen[number], 0, `${number} at ${topic}-${partition}@${offset} is there twice`)
        seen[number] = 1
        const keyText = String(key?.toString())
        assert.ok((lastOfKey.get(keyText) ?? -1) < number, `${number} is out of order`)
        lastOfKey.set(keyText, number)
      }
      next[partition] = behind.offset
    }
  }
  assert.equal(seen.indexOf(0), -1, `record ${seen.indexOf(0)} is lost`)
  await consumer.close()
  return ends
}

function program(file: string, given: readonly string[]): ChildProcess {
  const child = background(process.execPath, [join(import.meta.dirname, 'programs', file), ...given])
  child.stderr?.on('data', (text: Buffer) => process.stderr.write(`${file}: ${text.toString()}`))
  return child
}

function readLines<Line>(child: ChildProcess, take: (line: Line) => void): void {
  assert.ok(child.stdout !== null)
  // A line of ours; the last one of a member that was killed may be cut.
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.endsWith('}')) take(JSON.parse(line) as Line)
  })
}
