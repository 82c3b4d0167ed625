/** What a coordinator must bear: a start with much to load, far too many members, metadata without measure. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'

import {
  CreateTopics,
  DescribeGroups,
  errorCode,
  FindCoordinator,
  JoinGroup,
  LeaveGroup,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
  type Api,
  type RequestInput,
  type ResponseOf,
} from '@gregor/protocol'

import { RawClient } from '../../harness/raw-client.ts'
import type { Server } from '../../harness/server.ts'
import type { SuiteContext } from '../../harness/suite.ts'
import { untilCoordinated } from './coordinated.ts'

const groupCount = 1_000
const partitionCount = 100
const startMsMax = 2_000
const metadata = Buffer.from('any')

/** Members that are asked for, and how many of them a group takes. */
const askedCount = 10_000
const sizeMax = 250

export async function coordinatorCases({ check, startServer, directory }: SuiteContext): Promise<void> {
  const properties = { 'group.initial.rebalance.delay.ms': 0, 'group.max.size': sizeMax }
  let server = await startServer({ directory: `${directory}/many`, properties })
  await untilCoordinated(server.port)
  await fill(server)

  for (const [title, end] of [
    ['a stop', (running: Server) => running.stop()],
    ['kill -9', (running: Server) => running.kill()],
  ] as const) {
    await check(
      `after ${title}, ${groupCount} groups with ${groupCount * partitionCount} offsets are served within ${startMsMax} ms`,
      async () => {
        await end(server)
        server = await startServer({ directory: `${directory}/many`, properties })
        const servedMs = server.startMs + (await untilServed(server))
        const cpuMs = cpuTimeMs(server.pid)
        const isAlone = (loadavg()[0] ?? 0) < availableParallelism()
        // Where others have the processors, what they leave says nothing: then its own time counts.
        assert.ok((isAlone ? servedMs : cpuMs) <= startMsMax, `after ${Math.round(servedMs)} ms, ${cpuMs} ms of CPU`)
        return `${Math.round(servedMs)} ms from the start of the process, ${cpuMs} ms of CPU`
      },
    )
  }
  await check(`of ${askedCount} members that ask for one group, group.max.size are let in`, () => askForTooMany(server))
  await check('an id is given to 10,000 members that never come back with it', () => askForIds(server))
  await check('metadata that the log cannot take is refused, and the group goes on', () => giantMetadata(server))
  await check('metadata larger than a request may be closes the connection, and no other', () => tooLarge(server))
}

const joining = {
  sessionTimeoutMs: 60_000,
  rebalanceTimeoutMs: 60_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata }],
}
/** JoinGroup lets a member in at once. */
const atOnce = 3

/** Each group with a member that has committed all partitions of a topic. */
async function fill(server: Server): Promise<void> {
  const topic = { name: 'many', numPartitions: partitionCount, replicationFactor: 1, assignments: [], configs: [] }
  const clients = Array.from({ length: 8 }, () => new RawClient(server.port))
  await answered(clients[0], CreateTopics, { topics: [topic], timeoutMs: 30_000 })
  const partitions = Array.from({ length: partitionCount }, (_, partitionIndex) => {
    return { partitionIndex, committedOffset: partitionIndex, committedMetadata: 'somewhere' }
  })
  const fillGroup = async (client: RawClient, groupId: string): Promise<void> => {
    const { memberId, generationId } = await answered(client, JoinGroup, { ...joining, groupId }, atOnce)
    await answered(
      client,
      SyncGroup,
      { groupId, memberId, generationId, assignments: [{ memberId, assignment: metadata }] },
      3,
    )
    const commit = {
      groupId,
      memberId,
      generationIdOrMemberEpoch: generationId,
      topics: [{ name: 'many', partitions }],
    }
    const committed = await answered(client, OffsetCommit, commit, 9)
    assert.ok(committed.topics[0]?.partitions.every(({ errorCode: code }) => code === 0))
  }
  await untilServing(clients[0], 'many')
  await Promise.all(
    clients.map(async (client, first) => {
      for (let index = first; index < groupCount; index += clients.length) await fillGroup(client, `group-${index}`)
    }),
  )
  for (const client of clients) client.close()
}

/** Until the broker that has made a topic knows of it. */
async function untilServing(client: RawClient | undefined, name: string): Promise<void> {
  for (let isServed = false; !isServed;) {
    const { topics } = await answered(client, Metadata, { topics: [{ name }] })
    isServed = topics[0]?.partitions.length === partitionCount
  }
}

/** How long until every group says how far it has come. */
async function untilServed({ port }: Server): Promise<number> {
  const beganMs = performance.now()
  const client = new RawClient(port)
  const groups = Array.from({ length: groupCount }, (_, index) => ({ groupId: `group-${index}`, topics: null }))
  for (;;) {
    const answer = await answered(client, OffsetFetch, { groups, requireStable: true }, 9)
    const served = answer.groups.filter(({ errorCode: code }) => code === 0)
    if (served.length < groupCount) continue
    const tookMs = performance.now() - beganMs
    for (const { topics } of served) assert.equal(topics[0]?.partitions.length, partitionCount)
    client.close()
    return tookMs
  }
}

/** Each on a connection of its own, as each waits for all others. */
async function askForTooMany({ port, pid }: Server): Promise<string> {
  const before = residentMiB(pid)
  const beganMs = performance.now()
  const clients = Array.from({ length: 500 }, () => new RawClient(port))
  const outcomes = { asked: 0, letIn: 0, refused: 0 }
  const ask = async (client: RawClient): Promise<void> => {
    while (outcomes.asked < askedCount) {
      outcomes.asked++
      const request = { ...joining, groupId: 'crowd', rebalanceTimeoutMs: 3_000 }
      const { errorCode: code } = await answered(client, JoinGroup, request, atOnce)
      if (code === 0) outcomes.letIn++
      else outcomes.refused += Number(code === errorCode('GROUP_MAX_SIZE_REACHED'))
    }
  }
  await Promise.all(clients.map(ask))
  const tookMs = performance.now() - beganMs
  const [group] = (await answered(clients[0], DescribeGroups, { groups: ['crowd'] })).groups
  for (const client of clients) client.close()
  assert.equal(outcomes.letIn + outcomes.refused, outcomes.asked)
  assert.ok(outcomes.letIn >= sizeMax, JSON.stringify(outcomes))
  assert.ok((group?.members.length ?? 0) <= sizeMax, `${group?.members.length} members`)
  return `${JSON.stringify(outcomes)} in ${Math.round(tookMs)} ms, ${residentMiB(pid) - before} MiB more`
}

/** Each may come back with its id until its session ends: that costs memory, and must not cost much. */
async function askForIds({ port, pid }: Server): Promise<string> {
  const before = residentMiB(pid)
  const beganMs = performance.now()
  const client = new RawClient(port)
  for (let asked = 0; asked < askedCount; asked++) {
    const { errorCode: code } = await answered(client, JoinGroup, { ...joining, groupId: 'ids' })
    assert.ok(code === errorCode('MEMBER_ID_REQUIRED') || code === errorCode('GROUP_MAX_SIZE_REACHED'), String(code))
  }
  const tookMs = performance.now() - beganMs
  const grown = residentMiB(pid) - before
  client.close()
  assert.ok(grown < 64, `${grown} MiB more`)
  return `${Math.round(tookMs)} ms, ${grown} MiB more`
}

async function giantMetadata({ port }: Server): Promise<void> {
  const client = new RawClient(port)
  const giant = { ...joining, groupId: 'giant', protocols: [{ name: 'range', metadata: Buffer.alloc(1_500_000) }] }
  const { memberId, generationId } = await answered(client, JoinGroup, giant, atOnce)
  const sync = { groupId: 'giant', memberId, generationId, assignments: [{ memberId, assignment: metadata }] }
  assert.equal((await answered(client, SyncGroup, sync, 3)).errorCode, errorCode('UNKNOWN_SERVER_ERROR'))
  await answered(client, LeaveGroup, { groupId: 'giant', memberId, members: [] }, 2)
  const modest = { ...joining, groupId: 'giant' }
  assert.equal((await answered(client, JoinGroup, modest, atOnce)).errorCode, 0)
  client.close()
}

async function tooLarge({ port }: Server): Promise<void> {
  const [client, other] = [new RawClient(port), new RawClient(port)]
  const protocols = [{ name: 'range', metadata: Buffer.alloc(110 * 1_048_576) }]
  const answer = await client.call(JoinGroup, { ...joining, groupId: 'giant', protocols }, atOnce)
  assert.equal(answer, 'closed')
  await answered(other, FindCoordinator, { keyType: 0, coordinatorKeys: ['giant'] })
  other.close()
}

async function answered<A extends Api>(
  client: RawClient | undefined,
  api: A,
  request: RequestInput<A>,
  version?: number,
): Promise<ResponseOf<A>> {
  assert.ok(client !== undefined)
  const answer = await client.call(api, request, version)
  assert.ok(answer !== 'closed', `${api.name} closed the connection`)
  return answer
}

function residentMiB(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  return Math.round((Number(pages) * 4096) / 1_048_576)
}

/** User and system, of all its threads; the kernel counts in hundredths of a second. */
function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
