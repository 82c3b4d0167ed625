import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MetadataDelta, emptyImage, partitionOf } from '@gregor/metadata'
import type { PartitionRegistration } from '@gregor/metadata'
import { decodeMetadataRecord, encodeMetadataRecord } from '@gregor/protocol'
import { idOf } from './cluster-fixture.ts'
import { changeOfPartition } from './partition-change.ts'
import type { PartitionRules, PartitionWish } from './partition-change.ts'

const place = { topicId: idOf(1), partitionId: 0 }

const partition: PartitionRegistration = {
  replicas: [1, 2, 3],
  directories: [idOf(1), idOf(2), idOf(3)],
  isr: [1, 2, 3],
  removingReplicas: [],
  addingReplicas: [],
  leader: 1,
  leaderRecoveryState: 0,
  leaderEpoch: 5,
  partitionEpoch: 8,
  elr: [],
  lastKnownElr: [],
}

interface Case {
  readonly before?: Partial<PartitionRegistration>
  readonly wish?: PartitionWish
  /** Who is up; left out: all. */
  readonly up?: readonly number[]
  readonly minIsr?: number
  readonly isElrEnabled?: boolean
  readonly metadataVersion?: number
}

/** The change in short: only what it names. */
function changeOf({ before = {}, wish = {}, up, minIsr = 1, isElrEnabled = true, metadataVersion = 30 }: Case) {
  const rules: PartitionRules = {
    metadataVersion,
    isElrEnabled,
    minIsr,
    mayLead: (replica) => up === undefined || up.includes(replica),
    defaultDirectory: idOf,
  }
  const change = changeOfPartition(place, { ...partition, ...before }, { wish, rules })
  if (change === undefined) return undefined
  const { type: _type, topicId: _topicId, partitionId: _partitionId, ...named } = change
  return named
}

function table(cases: Readonly<Record<string, readonly [Case, ReturnType<typeof changeOf>]>>): void {
  for (const [name, [given, expected]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(changeOf(given), expected))
  }
}

describe('A change of a partition', () => {
  table({
    'is none where nothing is wanted and the leader is fine': [{}, undefined],
    'shrinks the ISR without a new leader epoch': [{ wish: { isr: [1, 2] } }, { isr: [1, 2] }],
    'shrinks the ISR with a new leader epoch before 3.6-IV0': [
      { wish: { isr: [1, 2] }, metadataVersion: 11, isElrEnabled: false },
      { isr: [1, 2], leader: 1 },
    ],
    'expands the ISR without a new leader epoch': [
      { before: { isr: [1] }, wish: { isr: [1, 2] }, metadataVersion: 11 },
      { isr: [1, 2] },
    ],
    'marks a leader as recovered': [
      { before: { leaderRecoveryState: 1, isr: [1] }, wish: { leaderRecoveryState: 0 } },
      { leaderRecoveryState: 0 },
    ],
    'moves a replica to another directory': [
      { wish: { directory: { brokerId: 2, id: idOf(22) } } },
      { directories: [idOf(1), idOf(22), idOf(3)] },
    ],
    'says nothing of directories that this version does not know': [
      { wish: { directory: { brokerId: 2, id: idOf(22) } }, metadataVersion: 16 },
      undefined,
    ],
  })
})

describe('An election', () => {
  table({
    'keeps the leader that may stay': [{ wish: { election: 'online' } }, undefined],
    'takes the first replica in sync that is up': [
      { wish: { isr: [2, 3] }, up: [2, 3] },
      { isr: [2, 3], leader: 2 },
    ],
    'takes the preferred replica, though the leader is fine': [
      { before: { leader: 2 }, wish: { election: 'preferred' } },
      { leader: 1 },
    ],
    'keeps the leader where the preferred replica is not in sync': [
      { before: { leader: 2, isr: [2, 3] }, wish: { election: 'preferred' } },
      undefined,
    ],
    'takes another replica where neither the preferred one nor the leader can': [
      { before: { leader: 2 }, wish: { election: 'preferred' }, up: [3] },
      { leader: 3 },
    ],
    'leaves the partition without a leader rather than lose data': [
      { before: { isr: [1] }, up: [2, 3], isElrEnabled: false },
      { leader: -1 },
    ],
    'may lose data where that is allowed, and says so': [
      { before: { isr: [1] }, wish: { election: 'unclean' }, up: [2, 3], isElrEnabled: false },
      { isr: [2], leader: 2, leaderRecoveryState: 1 },
    ],
    'that is unclean twice does not say twice that it recovers': [
      { before: { isr: [1], leaderRecoveryState: 1 }, wish: { election: 'unclean' }, up: [2], isElrEnabled: false },
      { isr: [2], leader: 2 },
    ],
    'that may be unclean is clean where it can': [{ wish: { election: 'unclean' }, up: [3] }, { leader: 3 }],
    'that may be unclean finds nobody where nobody is up': [
      { wish: { election: 'unclean' }, up: [], isElrEnabled: false },
      { leader: -1 },
    ],
  })
})

describe('Without ELR', () => {
  table({
    'the last member stays in the ISR': [
      { before: { isr: [1] }, wish: { isr: [] }, up: [], isElrEnabled: false },
      { leader: -1 },
    ],
    'an ELR from before is dropped': [
      { before: { isr: [1], elr: [2] }, isElrEnabled: false, minIsr: 2 },
      { eligibleLeaderReplicas: [] },
    ],
  })
})

describe('With ELR', () => {
  table({
    'who leaves while enough stay is not eligible': [{ wish: { isr: [1, 2] }, minIsr: 2 }, { isr: [1, 2] }],
    'who leaves while too few stay is eligible': [
      { wish: { isr: [1] }, minIsr: 2 },
      { isr: [1], eligibleLeaderReplicas: [2, 3] },
    ],
    'the ISR may become empty; the last leader is remembered': [
      { before: { isr: [1], elr: [2] }, wish: { isr: [] }, up: [], minIsr: 2 },
      { isr: [], leader: -1, eligibleLeaderReplicas: [1, 2], lastKnownElr: [1] },
    ],
    'an eligible replica leads when nobody is in sync, and is in sync alone': [
      { before: { isr: [], leader: -1, elr: [1, 2], lastKnownElr: [1] }, up: [2], minIsr: 2 },
      { isr: [2], leader: 2, eligibleLeaderReplicas: [1], lastKnownElr: [] },
    ],
    'an eligible leader leaves nobody eligible where one in sync is enough': [
      { before: { isr: [], leader: -1, elr: [1, 2], lastKnownElr: [1] }, up: [2], minIsr: 1 },
      { isr: [2], leader: 2, eligibleLeaderReplicas: [], lastKnownElr: [] },
    ],
    'an eligible replica does not lead while somebody is in sync': [
      { before: { isr: [1], elr: [2] }, up: [2], minIsr: 2 },
      { leader: -1, lastKnownElr: [1] },
    ],
    'nobody is eligible any more once enough are in sync': [
      { before: { isr: [1], elr: [2, 3] }, wish: { isr: [1, 2] }, minIsr: 2 },
      { isr: [1, 2], eligibleLeaderReplicas: [] },
    ],
    'who came back uncleanly is neither in sync nor eligible': [
      { before: { isr: [1], elr: [2] }, wish: { isr: [1], uncleanReplica: 2 }, minIsr: 2 },
      { eligibleLeaderReplicas: [] },
    ],
    'the last known leader leads when nobody is in sync or eligible, and recovers': [
      { before: { isr: [], leader: -1, elr: [], lastKnownElr: [3] }, minIsr: 2 },
      { isr: [3], leader: 3, lastKnownElr: [], leaderRecoveryState: 1 },
    ],
    'the last known leader does not lead while it is down': [
      { before: { isr: [], leader: -1, elr: [], lastKnownElr: [3] }, up: [1], minIsr: 2 },
      undefined,
    ],
    'two last known ones are one too many to trust either': [
      { before: { isr: [], leader: -1, elr: [], lastKnownElr: [2, 3] }, minIsr: 2 },
      undefined,
    ],
    'an unclean leader leaves nobody eligible': [
      {
        before: { isr: [], leader: -1, elr: [2], lastKnownElr: [2] },
        wish: { election: 'unclean' },
        up: [3],
        minIsr: 2,
      },
      { isr: [3], leader: 3, eligibleLeaderReplicas: [], lastKnownElr: [], leaderRecoveryState: 1 },
    ],
  })
})

describe('A reassignment', () => {
  const moving = {
    replicas: [4, 1, 2, 3],
    addingReplicas: [4],
    removingReplicas: [3],
    directories: [4, 1, 2, 3].map(idOf),
  }
  table({
    'begins with a new leader epoch only where a replica goes at once': [
      { wish: { replicas: [1, 2, 4, 3], addingReplicas: [4], removingReplicas: [3] } },
      {
        directories: [1, 2, 4, 3].map(idOf),
        replicas: [1, 2, 4, 3],
        addingReplicas: [4],
        removingReplicas: [3],
      },
    ],
    'waits until the new replica is in sync': [{ before: moving, wish: { isr: [1, 2] } }, { isr: [1, 2] }],
    'is complete when the new replica is in sync; the old one goes, in a new leader epoch': [
      { before: moving, wish: { isr: [1, 2, 3, 4] } },
      {
        isr: [1, 2, 4],
        leader: 1,
        directories: [4, 1, 2].map(idOf),
        replicas: [4, 1, 2],
        removingReplicas: [],
        addingReplicas: [],
      },
    ],
    'that takes the leader away elects another one': [
      {
        before: { replicas: [2, 3, 1], directories: [2, 3, 1].map(idOf), removingReplicas: [1], isr: [1, 2] },
        wish: { isr: [1, 2, 3] },
      },
      { isr: [2, 3], leader: 2, directories: [2, 3].map(idOf), replicas: [2, 3], removingReplicas: [] },
    ],
    'to fewer replicas waits until all that remain are in sync': [
      {
        before: { replicas: [2, 3, 1], directories: [2, 3, 1].map(idOf), removingReplicas: [1], isr: [1, 2] },
        wish: { isr: [1, 2] },
      },
      undefined,
    ],
  })
})

const ids = fc.subarray([1, 2, 3, 4, 5])
const arbitrary = fc.record({
  replicas: fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 1 }),
  isr: ids,
  elr: ids,
  up: ids,
  adding: ids,
  removing: ids,
  leaderAt: fc.nat(5),
  minIsr: fc.integer({ min: 1, max: 4 }),
  isElrEnabled: fc.boolean(),
  election: fc.constantFrom('preferred' as const, 'online' as const, 'unclean' as const),
  leaver: fc.nat(5),
})

describe('Whatever is wanted', () => {
  it('M7: ISR and ELR stay within the replicas and apart, the leader is in sync, and the ELR is empty when enough are', () => {
    fc.assert(
      fc.property(
        arbitrary,
        ({ replicas, isr, elr, up, adding, removing, leaderAt, minIsr, isElrEnabled, election, leaver }) => {
          const within = (list: readonly number[]) => list.filter((one) => replicas.includes(one))
          const inSync = within(isr)
          // With ELR an ISR of too few has eligible ones beside it; without it is never empty.
          if (!isElrEnabled && inSync.length === 0) inSync.push(replicas[0] ?? 1)
          const before = {
            ...partition,
            replicas,
            directories: replicas.map(idOf),
            isr: inSync,
            elr: isElrEnabled && inSync.length < minIsr ? within(elr).filter((one) => !inSync.includes(one)) : [],
            leader: inSync[leaderAt % (inSync.length + 1)] ?? -1,
            addingReplicas: within(adding),
            removingReplicas: within(removing).filter((one) => !adding.includes(one)),
          }
          const wish: PartitionWish = { election, isr: before.isr.filter((one) => one !== leaver) }
          const rules = {
            metadataVersion: 30,
            isElrEnabled,
            minIsr,
            defaultDirectory: idOf,
            mayLead: (one: number) => up.includes(one) && one !== leaver,
          }
          const after = applied(before, changeOfPartition(place, before, { wish, rules }))
          assert.ok(
            [...after.isr, ...after.elr].every((one) => after.replicas.includes(one)),
            'within the replicas',
          )
          assert.ok(
            after.isr.every((one) => !after.elr.includes(one)),
            'apart',
          )
          assert.ok(after.leader === -1 || after.isr.includes(after.leader), 'the leader is in sync')
          assert.ok(after.leader === -1 || rules.mayLead(after.leader), 'the leader is up')
          if (after.isr.length >= minIsr) assert.deepEqual(after.elr, [], 'nobody eligible while enough are in sync')
          if (!isElrEnabled) assert.ok(after.isr.length > 0, 'never empty')
          assert.equal(after.directories.length, after.replicas.length)
        },
      ),
    )
  })
})

function applied(before: PartitionRegistration, change: ReturnType<typeof changeOfPartition>): PartitionRegistration {
  const delta = new MetadataDelta(emptyImage)
  const { elr, lastKnownElr, ...rest } = before
  delta.replay({ type: 'TopicRecord', name: 't', topicId: place.topicId })
  delta.replay({ type: 'PartitionRecord', ...place, ...rest, eligibleLeaderReplicas: elr, lastKnownElr })
  if (change !== undefined) delta.replay(decodeMetadataRecord(encodeMetadataRecord(change)))
  const after = partitionOf(delta.apply(emptyImage), place.topicId, 0)
  assert.ok(after)
  return after
}
