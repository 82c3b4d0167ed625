/** Walkthroughs about groups that belong to no client's own suite. */

import assert from 'node:assert/strict'

import type { Program } from '../../clients/driver.ts'
import { runWell } from '../../harness/process.ts'
import type { Server } from '../../harness/server.ts'
import { GroupMember, until, type Membership } from './member.ts'
import { sessionTimeoutMs } from './member-cases.ts'

const waitMsMax = 60_000

/** W7: the topic is made by the first send, the words are read in a group. */
export async function produceAndRead(program: Program, { bootstrap }: Server): Promise<void> {
  const topic = 'w7'
  const said = await runWell(program.command, [...program.given, 'produce', bootstrap, topic])
  const produced = said.trim().split('\n').length
  assert.equal(produced, 7)
  const group: Membership = { bootstrap, topic, group: 'w7', protocol: 'classic', sessionTimeoutMs }
  const member = GroupMember.start(program, group)
  try {
    await untilRead(member, produced)
  } finally {
    await member.leave()
  }
}

/** W10: two groups each get everything, whoever has read it before; a record stays, read or not. */
export async function twoGroups(program: Program, { bootstrap }: Server, topic: string): Promise<void> {
  const membership = { bootstrap, topic, protocol: 'classic', sessionTimeoutMs } as const
  const [one, other] = ['w10-one', 'w10-other'].map((group) => GroupMember.start(program, { ...membership, group }))
  assert.ok(one !== undefined && other !== undefined)
  await Promise.all([untilRead(one, 7), untilRead(other, 7)])
  assert.deepEqual(one.consumed.toSorted(byPlace), other.consumed.toSorted(byPlace))
  await Promise.all([one.leave(), other.leave()])
  const late = GroupMember.start(program, { ...membership, group: 'w10-late' })
  await untilRead(late, 7)
  await late.leave()
}

function untilRead(member: GroupMember, count: number): Promise<number> {
  const present = () => ({ read: member.consumed.length, complaints: member.complaints })
  return until(`${count} records are read`, () => member.consumed.length === count, { msMax: waitMsMax, present })
}

function byPlace([a, atA]: readonly [number, number], [b, atB]: readonly [number, number]): number {
  return a - b || atA - atB
}
