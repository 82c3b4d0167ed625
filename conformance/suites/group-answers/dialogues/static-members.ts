/** Members with an instance id (KIP-345): they come back in their own place. */

import { DescribeGroups, Heartbeat, LeaveGroup, OffsetCommit, SyncGroup } from '@gregor/protocol'

import { alone, assignmentOf, ClassicClient, shareWith, subscriptionTo } from '../classic-talk.ts'
import type { Dialogue, Talk } from '../talk.ts'

const versions = [5, 6, 7, 8, 9]

function staticClient(talk: Talk, name: string, groupId: string, version: number): ClassicClient {
  return new ClassicClient(talk, name, { groupId, version, more: { groupInstanceId: `instance-${name}` } })
}

async function describe(talk: Talk, groupId: string): Promise<void> {
  await talk.ask('observer', DescribeGroups, { groups: [groupId], includeAuthorizedOperations: false })
}

const perVersion: readonly { readonly title: string; readonly run: (talk: Talk, version: number) => Promise<void> }[] =
  [
    {
      title: 'a static member comes back without its id; the old id is fenced',
      async run(talk, version) {
        const groupId = `static-v${version}`
        const before = staticClient(talk, 'a', groupId, version)
        await alone(before)
        await describe(talk, groupId)
        const after = staticClient(talk, 'a', groupId, version)
        await after.joinOnce()
        await after.sync()
        await before.heartbeat()
        await before.sync()
        await before.joinOnce()
        await commitAs(talk, before, groupId)
        await commitAs(talk, after, groupId)
        await after.heartbeat()
        await after.heartbeat({ groupInstanceId: 'instance-nobody' })
        await after.heartbeat({ groupInstanceId: null })
        await describe(talk, groupId)
      },
    },
    {
      title: 'a static leader and a static follower come back',
      async run(talk, version) {
        const groupId = `static-two-v${version}`
        const [a, b] = [staticClient(talk, 'a', groupId, version), staticClient(talk, 'b', groupId, version)]
        await alone(a)
        await shareWith(a, b)
        const nextB = staticClient(talk, 'b', groupId, version)
        await nextB.joinOnce()
        await nextB.sync()
        await a.heartbeat()
        const nextA = staticClient(talk, 'a', groupId, version)
        await nextA.joinOnce()
        await nextA.sync()
        await nextB.heartbeat()
        await describe(talk, groupId)
        // With its id the leader asks for a rebalance.
        const waiting = nextA.joinOnce()
        await nextB.untilRebalance()
        await Promise.all([nextB.joinOnce(), waiting])
        await describe(talk, groupId)
      },
    },
    {
      title: 'a static member comes back with another protocol: the group rebalances',
      async run(talk, version) {
        const groupId = `static-protocol-v${version}`
        const before = staticClient(talk, 'a', groupId, version)
        const two = ['roundrobin', 'range'].map((name) => ({ name, metadata: subscriptionTo('four') }))
        await before.join({ protocols: two })
        await before.sync([{ memberId: before.memberId, assignment: assignmentOf('four', 0) }], {
          protocolName: 'roundrobin',
        })
        const after = staticClient(talk, 'a', groupId, version)
        await after.joinOnce()
        await after.sync([{ memberId: after.memberId, assignment: assignmentOf('four', 1) }])
        await describe(talk, groupId)
      },
    },
    {
      title: 'ids and instances that do not belong together',
      async run(talk, version) {
        const groupId = `static-mixed-v${version}`
        const [a, b] = [staticClient(talk, 'a', groupId, version), staticClient(talk, 'b', groupId, version)]
        await alone(a)
        await shareWith(a, b)
        await a.joinOnce({ groupInstanceId: 'instance-b' })
        await a.joinOnce({ groupInstanceId: 'instance-nobody' })
        await a.joinOnce({ memberId: 'made up' })
        await a.joinOnce({ memberId: 'made up', groupInstanceId: 'instance-nobody' })
        await a.heartbeat({ groupInstanceId: 'instance-b' })
        await a.sync([], { groupInstanceId: 'instance-b' })
        await describe(talk, groupId)
      },
    },
  ]

export const staticMembers: readonly Dialogue[] = [
  ...perVersion.flatMap(({ title, run }) =>
    versions.map((version): Dialogue => ({
      title: `${title} (JoinGroup v${version})`,
      run: (talk) => run(talk, version),
    })),
  ),
  ...[3, 4, 5].map((version): Dialogue => ({
    title: `an administrator removes static members by their instances (LeaveGroup v${version})`,
    async run(talk) {
      const groupId = `static-removed-v${version}`
      const [a, b] = [staticClient(talk, 'a', groupId, 9), staticClient(talk, 'b', groupId, 9)]
      await alone(a)
      await shareWith(a, b)
      const members = [
        { memberId: '', groupInstanceId: 'instance-nobody' },
        { memberId: 'made up', groupInstanceId: 'instance-a' },
        { memberId: '', groupInstanceId: 'instance-a' },
        { memberId: b.memberId, groupInstanceId: 'instance-b' },
        { memberId: '', groupInstanceId: null },
      ]
      await talk.ask('admin', LeaveGroup, { groupId, memberId: '', members }, { version })
      await describe(talk, groupId)
      await a.heartbeat()
    },
  })),
  {
    title: 'an instance id that is empty, and one that is long',
    async run(talk) {
      for (const groupInstanceId of ['', 'i'.repeat(249), 'with blanks']) {
        const groupId = `instance-${groupInstanceId.length}`
        const client = new ClassicClient(talk, 'a', { groupId, more: { groupInstanceId } })
        await client.join()
        await client.heartbeat()
      }
    },
  },
  {
    title: 'requests with instances of unknown groups',
    async run(talk) {
      const of = { groupId: 'no-such-static', generationId: 1, memberId: 'm', groupInstanceId: 'i' }
      await talk.ask('a', Heartbeat, of)
      await talk.ask('a', SyncGroup, { ...of, protocolType: 'consumer', protocolName: 'range', assignments: [] })
    },
  },
]

async function commitAs(talk: Talk, { memberId, generationId, name }: ClassicClient, groupId: string): Promise<void> {
  const partitions = [{ partitionIndex: 1, committedOffset: 3, committedMetadata: null }]
  await talk.ask(
    name,
    OffsetCommit,
    {
      groupId,
      memberId,
      generationIdOrMemberEpoch: generationId,
      groupInstanceId: `instance-${name}`,
      topics: [{ name: 'four', partitions }],
    },
    { version: 9 },
  )
}
