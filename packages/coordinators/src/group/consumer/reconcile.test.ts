import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { imageWith, topicIdOf } from '../consumer-fixture.ts'
import { isRefusal } from '../refusal.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { newMember } from './consumer-member.ts'
import type { ConsumerMember, MemberState } from './consumer-member.ts'
import type { PartitionEpochs } from './partition-epochs.ts'
import { reconcile } from './reconcile.ts'

const topicId = topicIdOf('t')

function partitions(some: readonly number[], epoch: number): PartitionEpochs {
  return new Map(some.length === 0 ? [] : [[topicId, new Map(some.map((one) => [one, epoch]))]])
}

function listOf(some: PartitionEpochs): string {
  return [...(some.get(topicId) ?? [])]
    .map(([partition, epoch]) => `${partition}@${epoch}`)
    .toSorted()
    .join(' ')
}

interface Case {
  readonly it: string
  /** Before: in epoch 5. */
  readonly state: MemberState
  readonly has: readonly number[]
  readonly gives?: readonly number[]
  /** Of epoch 6, unless it says otherwise. */
  readonly target: readonly number[]
  readonly targetEpoch?: number
  readonly others?: readonly number[]
  /** What it says it owns; left out: nothing. */
  readonly says?: readonly number[]
  readonly reads?: readonly string[]
  readonly hasSubscriptionChanged?: boolean
  /** Afterwards: epoch, state, what it has, what it has to give up. */
  readonly becomes: readonly [number, MemberState, string, string] | 'FENCED_MEMBER_EPOCH'
}

const cases: readonly Case[] = [
  {
    it: 'has nothing to do in the epoch of the target',
    state: 'Stable',
    has: [0],
    target: [0, 1],
    targetEpoch: 5,
    becomes: [5, 'Stable', '0@5', ''],
  },
  {
    it: 'enters the epoch and gets what is free',
    state: 'Stable',
    has: [0],
    target: [0, 1],
    becomes: [6, 'Stable', '0@5 1@6', ''],
  },
  {
    it: 'enters the epoch with what it has',
    state: 'Stable',
    has: [0],
    target: [0],
    becomes: [6, 'Stable', '0@5', ''],
  },
  {
    it: 'gives up first, and stays in its epoch',
    state: 'Stable',
    has: [0, 1],
    target: [0, 2],
    becomes: [5, 'UnrevokedPartitions', '0@5', '1@5'],
  },
  {
    it: 'gives up at once what it says it does not own',
    state: 'Stable',
    has: [0, 1],
    target: [0, 2],
    says: [0],
    becomes: [6, 'Stable', '0@5 2@6', ''],
  },
  {
    it: 'waits for what others have',
    state: 'Stable',
    has: [0],
    target: [0, 1, 2],
    others: [1],
    becomes: [6, 'UnreleasedPartitions', '0@5 2@6', ''],
  },
  {
    it: 'waits for all of it',
    state: 'Stable',
    has: [],
    target: [1],
    others: [1],
    becomes: [6, 'UnreleasedPartitions', '', ''],
  },
  {
    it: 'goes on giving up while it says nothing',
    state: 'UnrevokedPartitions',
    has: [0],
    gives: [1],
    target: [0, 2],
    becomes: [5, 'UnrevokedPartitions', '0@5', '1@5'],
  },
  {
    it: 'goes on giving up while it owns some',
    state: 'UnrevokedPartitions',
    has: [0],
    gives: [1],
    target: [0, 2],
    says: [0, 1],
    becomes: [5, 'UnrevokedPartitions', '0@5', '1@5'],
  },
  {
    it: 'goes on when it has given up',
    state: 'UnrevokedPartitions',
    has: [0],
    gives: [1],
    target: [0, 2],
    says: [0],
    becomes: [6, 'Stable', '0@5 2@6', ''],
  },
  {
    it: 'gets back what it was giving up',
    state: 'UnrevokedPartitions',
    has: [0],
    gives: [1],
    target: [0, 1],
    says: [0],
    becomes: [6, 'Stable', '0@5 1@6', ''],
  },
  {
    it: 'gives up more when the target has changed meanwhile',
    state: 'UnrevokedPartitions',
    has: [0, 3],
    gives: [1],
    target: [0],
    says: [0, 3],
    becomes: [5, 'UnrevokedPartitions', '0@5', '3@5'],
  },
  {
    it: 'gets what has become free',
    state: 'UnreleasedPartitions',
    has: [0],
    target: [0, 1],
    targetEpoch: 5,
    becomes: [5, 'Stable', '0@5 1@5', ''],
  },
  {
    it: 'goes on waiting',
    state: 'UnreleasedPartitions',
    has: [0],
    target: [0, 1],
    targetEpoch: 5,
    others: [1],
    becomes: [5, 'UnreleasedPartitions', '0@5', ''],
  },
  {
    it: 'gives up while it waits, when there is a new target',
    state: 'UnreleasedPartitions',
    has: [0],
    target: [1],
    others: [1],
    becomes: [5, 'UnrevokedPartitions', '', '0@5'],
  },
  {
    it: 'loses what it does not read any more',
    state: 'Stable',
    has: [0],
    target: [0],
    targetEpoch: 5,
    reads: [],
    hasSubscriptionChanged: true,
    becomes: [5, 'UnrevokedPartitions', '', '0@5'],
  },
  {
    it: 'loses it without more where it does not own it',
    state: 'Stable',
    has: [0],
    target: [0],
    targetEpoch: 5,
    reads: [],
    says: [],
    hasSubscriptionChanged: true,
    becomes: [5, 'Stable', '', ''],
  },
  {
    it: 'keeps what it goes on reading',
    state: 'Stable',
    has: [0],
    target: [0],
    targetEpoch: 5,
    hasSubscriptionChanged: true,
    becomes: [5, 'Stable', '0@5', ''],
  },
  {
    it: 'loses more while it is giving up',
    state: 'UnrevokedPartitions',
    has: [0],
    gives: [1],
    target: [0],
    reads: [],
    hasSubscriptionChanged: true,
    becomes: [5, 'UnrevokedPartitions', '', '0@5 1@5'],
  },
  {
    it: 'has no part in a target of what it does not read',
    state: 'Stable',
    has: [],
    target: [0],
    reads: [],
    becomes: [6, 'Stable', '', ''],
  },
  {
    it: 'is fenced in a state of a later version',
    state: 'Unknown',
    has: [0],
    target: [0],
    becomes: 'FENCED_MEMBER_EPOCH',
  },
  {
    it: 'is fenced in a state of a later version while it owns something',
    state: 'Unknown',
    has: [0],
    target: [0],
    says: [0],
    becomes: 'FENCED_MEMBER_EPOCH',
  },
  {
    it: 'begins anew from a state of a later version',
    state: 'Unknown',
    has: [],
    target: [0],
    says: [],
    becomes: [6, 'Stable', '0@6', ''],
  },
]

describe('A member on its way to the target', () => {
  for (const one of cases) {
    const { state, has, gives = [], target, targetEpoch = 6, others = [], says, reads = ['t'] } = one
    it(`in ${state} ${one.it}`, () => {
      const group = new ConsumerGroup('g')
      const member: ConsumerMember = {
        ...newMember('m'),
        memberEpoch: 5,
        state,
        topicNames: new Set(reads),
        assigned: partitions(has, 5),
        pendingRevocation: partitions(gives, 5),
      }
      group.setMember(member)
      group.setMember({ ...newMember('other'), memberEpoch: 5, assigned: partitions(others, 5) })
      const next = reconcile({
        group,
        image: imageWith({ t: 4 }),
        member,
        target: { assignmentEpoch: targetEpoch, ofMember: new Map([[topicId, new Set(target)]]) },
        hasSubscriptionChanged: one.hasSubscriptionChanged ?? false,
        owned: says === undefined ? undefined : says.length === 0 ? [] : [{ topicId, partitions: says }],
      })
      if (one.becomes === 'FENCED_MEMBER_EPOCH') {
        assert.ok(isRefusal(next))
        assert.equal(next.refused, one.becomes)
        return
      }
      assert.ok(!isRefusal(next))
      const { memberEpoch, assigned, pendingRevocation } = next
      assert.deepEqual([memberEpoch, next.state, listOf(assigned), listOf(pendingRevocation)], one.becomes)
      if (next !== member && state !== 'Unknown') assert.equal(next.previousMemberEpoch, 5)
    })
  }
})
