/**
 * Groups with unmodified clients: members that share partitions, are killed and stopped, in both protocols; and what a
 * coordinator must bear: a start with many groups and offsets, too many members, members that never sync.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'

import type { Program } from '../../clients/driver.ts'
import { Unavailable, type Suite, type SuiteContext } from '../../harness/suite.ts'
import { runWell } from '../../harness/process.ts'
import { freePort } from '../../harness/server.ts'
import { memberClients } from './clients.ts'
import { untilCoordinated } from './coordinated.ts'
import { coordinatorCases } from './coordinator-cases.ts'
import { produceAndRead, twoGroups } from './walkthrough-cases.ts'
import { groupOfKilled, killOne, pauseOne, sessionTimeoutMs, type MemberCase } from './member-cases.ts'

const gregor = join(import.meta.dirname, '..', '..', '..', 'bin', 'gregor')

/** At a time: members that wait for the processor are not heard from. */
const casesAtOnce = 3

const pausedInCore = new Set(['Java', 'confluent-kafka', 'franz-go'])

const programs = new Map<string, Program>()

export const suite: Suite = {
  name: 'groups',
  core: true,
  budgetSeconds: 240,
  async prepare() {
    for (const { name, program } of memberClients) {
      try {
        programs.set(name, await program())
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
      }
    }
    if (programs.size === 0) throw new Unavailable('no client can be had')
  },
  async run(context) {
    await coordinatorCases(context)
    await memberCases(context)
  },
}

async function memberCases({ check, gap, scope, startServer }: SuiteContext): Promise<void> {
  const monitoring = `127.0.0.1:${await freePort()}`
  const server = await startServer({
    properties: {
      'gregor.monitoring.address': monitoring,
      'group.initial.rebalance.delay.ms': 0,
      'group.min.session.timeout.ms': 1_000,
      'group.consumer.min.session.timeout.ms': 1_000,
      'group.consumer.session.timeout.ms': sessionTimeoutMs,
      'group.consumer.min.heartbeat.interval.ms': 100,
      'group.consumer.heartbeat.interval.ms': 1_000,
      'offsets.topic.num.partitions': 4,
    },
  })
  await untilCoordinated(server.port)
  const given = memberClients.flatMap(({ name, protocols }): readonly MemberCase[] => {
    const program = programs.get(name)
    if (program !== undefined) return protocols.map((protocol) => ({ server, program, protocol, name }))
    gap(`members of ${name}`, 'the client cannot be had here')
    return []
  })
  const confluentGo = programs.get('confluent-kafka-go')
  if (confluentGo !== undefined) {
    await check('W7: confluent-kafka-go produces, and reads in a group', () => produceAndRead(confluentGo, server))
    await check('W10: each of two groups gets everything, and one that comes later, too', () =>
      twoGroups(confluentGo, server, 'w7'),
    )
  }
  // One client after the other, so that not all that run at a time are those that start slowly.
  const paused = given.filter(({ name }) => scope === 'all' || pausedInCore.has(name))
  const waiting = [
    ...given.map((one) => () => check(`two members share, and one is killed: ${labelOf(one)}`, () => killOne(one))),
    ...paused.map((one) => () => check(`a member is stopped past its session: ${labelOf(one)}`, () => pauseOne(one))),
  ]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next()
  }
  await Promise.all(Array.from({ length: casesAtOnce }, worker))
  if (server.name !== 'Gregor') return
  for (const one of given.slice(0, 2)) {
    await check(`gregor groups explain tells why the group rebalanced: ${labelOf(one)}`, () => explain(one, monitoring))
  }
}

async function explain(killed: MemberCase, monitoring: string): Promise<string> {
  const group = groupOfKilled(killed)
  const text = await runWell(gregor, ['groups', 'explain', group, '--monitoring', monitoring])
  assert.match(text, /Joined from \/127\.0\.0\.1 as /)
  assert.match(text, /was not heard from/i)
  assert.match(text, /RebalanceStarted/)
  assert.match(text, new RegExp(`Assigned .*${group} \\d \\d \\d \\d.*\\(\\d+ ms\\)`))
  const listed = await runWell(gregor, ['groups', 'list', '--bootstrap', killed.server.bootstrap])
  assert.match(listed, new RegExp(`^${group} `, 'm'))
  return `${text.trim().split('\n').length} events`
}

function labelOf({ name, protocol }: MemberCase): string {
  return `${name}, ${protocol} protocol`
}
