/** One group, half of it the Java client: in both protocols, with every assignor, led by either. */

import assert from 'node:assert/strict'

import { GroupMember, type GroupProtocol, until } from '../groups/member.ts'
import { Member, createTopic, produce } from './reading.ts'
import type { ConsumerCase, Given } from './suite.ts'

const msMax = 40_000
const partitions = 4
const classes = 'org.apache.kafka.clients.consumer.'

interface Sharing {
  readonly what: string
  readonly protocol: GroupProtocol
  /** Ours, and the Java client’s class. */
  readonly assignor?: readonly [ours: string, theirs: string]
  /** Only with `--all`. */
  readonly isLong?: boolean
}

const sharings: readonly Sharing[] = [
  { what: 'the default assignors', protocol: 'classic' },
  { what: 'cooperative-sticky', protocol: 'classic', assignor: ['cooperative-sticky', 'CooperativeStickyAssignor'] },
  { what: 'sticky', protocol: 'classic', assignor: ['sticky', 'StickyAssignor'], isLong: true },
  { what: 'roundrobin', protocol: 'classic', assignor: ['roundrobin', 'RoundRobinAssignor'], isLong: true },
  { what: 'the protocol of KIP-848', protocol: 'consumer' },
]

export function sharedCases(scope: 'core' | 'all'): readonly ConsumerCase[] {
  return sharings
    .filter(({ isLong }) => scope === 'all' || isLong !== true)
    .map((sharing) => ({
      name: `shares a group with the Java client, by ${sharing.what}: each partition has one owner, each record is read once`,
      body: (given) => share(given, sharing),
    }))
}

/** Ours leads first, as it is alone; then it leaves, the Java client leads, and ours comes again. */
async function share(given: Given, { what, protocol, assignor }: Sharing): Promise<string> {
  const topic = `shared-${what.replaceAll(/\W/g, '-')}`
  await createTopic(given, topic, partitions)
  const [ours, theirs] = assignor ?? []
  const options = {
    groupId: topic,
    groupProtocol: protocol,
    ...(ours === undefined ? {} : { partitionAssignmentStrategy: [ours] }),
    ...(protocol === 'classic' ? { heartbeatIntervalMs: 500 } : {}),
  }
  let member = new Member(given, topic, options)
  const properties = theirs === undefined ? {} : { 'partition.assignment.strategy': classes + theirs }
  const membership = { bootstrap: given.bootstrap, topic, group: topic, protocol, sessionTimeoutMs: 6_000, properties }
  const java = GroupMember.start(given.javaMember, membership)
  const read: string[] = []
  const javaRead = (): readonly string[] => java.consumed.map(([partition, offset]) => `${partition}@${offset}`)
  const present = (): unknown => [
    member.owned,
    java.assigned,
    read.length,
    member.read.length,
    java.consumed.length,
    java.complaints,
  ]
  const isShared = (): boolean =>
    [...member.owned, ...java.assigned].toSorted((a, b) => a - b).join() === '0,1,2,3' && member.owned.length === 2
  let total = 0
  const readAll = async (): Promise<void> => {
    await produce(given, topic, 100, partitions)
    total += 100
    const count = (): number => new Set([...read, ...member.read, ...javaRead()]).size
    await until('all is read', () => count() === total, { msMax, present })
  }
  try {
    await until('ours has all', () => member.owned.length === partitions, { msMax, present })
    await readAll()
    const led = await until('it is shared', isShared, { msMax, present })
    await readAll()
    const toldBefore = [...member.told]
    await member.close()
    read.push(...member.read)
    await until('the Java client has all', () => java.assigned.length === partitions, { msMax, present })
    member = new Member(given, topic, options)
    await until('it is shared again', isShared, { msMax, present })
    await readAll()
    const all = [...read, ...member.read, ...javaRead()]
    assert.equal(all.length, total, `read twice: ${all.length - total}`)
    if (ours === 'cooperative-sticky' || protocol === 'consumer') {
      // What stays is not taken away and given again.
      assert.ok(!toldBefore.includes('revoking 0 1 2 3'), toldBefore.join(', '))
    }
    return `shared after ${Math.round(led)} ms`
  } finally {
    await member.close()
    await java.leave()
  }
}
