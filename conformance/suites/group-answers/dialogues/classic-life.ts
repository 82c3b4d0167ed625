/** The life of classic groups, in every version of JoinGroup and of what goes with it. */

import { DeleteGroups, DescribeGroups, LeaveGroup, OffsetCommit, SyncGroup } from '@gregor/protocol'

import { alone, assignmentOf, ClassicClient, shareWith, subscriptionTo } from '../classic-talk.ts'
import type { Dialogue, Talk } from '../talk.ts'

const versions = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
const other = { name: 'roundrobin', metadata: subscriptionTo('four') }
const both = [{ name: 'range', metadata: subscriptionTo('four') }, other]

const perVersion: readonly { readonly title: string; readonly run: (talk: Talk, version: number) => Promise<void> }[] =
  [
    {
      title: 'one member joins, syncs, beats, commits, comes again and leaves',
      async run(talk, version) {
        const groupId = `alone-v${version}`
        const client = new ClassicClient(talk, 'a', { groupId, version })
        await client.join()
        await describe(talk, groupId)
        await client.heartbeat()
        await commit(talk, client, groupId)
        await client.sync([], { generationId: client.generationId + 1 })
        await client.sync([], { memberId: 'nobody' })
        await client.sync([{ memberId: client.memberId, assignment: assignmentOf('four', 0, 1, 2, 3) }])
        await client.sync()
        await describe(talk, groupId)
        await client.heartbeat()
        await client.heartbeat({ generationId: 7 })
        await client.heartbeat({ memberId: 'nobody' })
        await commit(talk, client, groupId)
        await commit(talk, client, groupId, { generationIdOrMemberEpoch: 9 })
        await commit(talk, client, groupId, { memberId: 'nobody' })
        await commit(talk, client, groupId, { memberId: '', generationIdOrMemberEpoch: -1 })
        await client.joinOnce()
        await client.sync([{ memberId: client.memberId, assignment: assignmentOf('four', 0) }])
        await client.joinOnce({ protocols: both })
        await client.sync([{ memberId: client.memberId, assignment: assignmentOf('four', 1) }])
        await client.leave('nobody')
        await client.leave()
        await client.leave()
        await client.heartbeat()
        await client.sync()
        await client.joinOnce()
        await describe(talk, groupId)
      },
    },
    {
      title: 'two members share four partitions, and one of them leaves',
      async run(talk, version) {
        const groupId = `two-v${version}`
        const [a, b] = ['a', 'b'].map((name) => new ClassicClient(talk, name, { groupId, version }))
        if (a === undefined || b === undefined) return
        await alone(a)
        await shareWith(a, b)
        await describe(talk, groupId)
        await a.heartbeat()
        await b.heartbeat()
        // A follower that has changed nothing is told of the generation, and no rebalance begins.
        await b.joinOnce()
        await b.sync()
        await b.leave()
        await a.untilRebalance()
        await a.sync()
        await commit(talk, a, groupId)
        await a.joinOnce()
        await a.sync([{ memberId: a.memberId, assignment: assignmentOf('four', 0, 1, 2, 3) }])
        await b.heartbeat()
        await talk.ask('a', DeleteGroups, { groupsNames: [groupId] })
        await a.leave()
        await talk.ask('a', DeleteGroups, { groupsNames: [groupId] })
        await describe(talk, groupId)
      },
    },
    {
      title: 'the protocol that most members like best is taken, and whoever supports none is refused',
      async run(talk, version) {
        const groupId = `protocols-v${version}`
        const more = { protocols: [other, ...both.slice(0, 1)] }
        const a = new ClassicClient(talk, 'a', { groupId, version, more })
        const b = new ClassicClient(talk, 'b', { groupId, version, more: { protocols: both } })
        await a.join()
        await a.sync([], { protocolName: 'roundrobin' })
        if (b.isGivenAnIdFirst) await b.joinOnce()
        const waiting = b.joinOnce()
        await a.untilRebalance()
        await Promise.all([a.joinOnce({ protocols: both }), waiting])
        const stranger = new ClassicClient(talk, 'c', { groupId, version })
        await stranger.join({ protocols: [{ name: 'sticky', metadata: subscriptionTo('four') }] })
        await stranger.join({ protocolType: 'connect' })
        await describe(talk, groupId)
      },
    },
    {
      // Where it ends too soon Apache Kafka never answers; here its topics are not known.
      title: 'metadata that is no subscription',
      async run(talk, version) {
        for (const metadata of [Buffer.alloc(0), Buffer.from([0, 1])]) {
          const groupId = `no-subscription-${metadata.length}-v${version}`
          const more = { protocols: [{ name: 'range', metadata }] }
          const client = new ClassicClient(talk, 'a', { groupId, version, more })
          await client.join()
          await client.sync([{ memberId: client.memberId, assignment: metadata }])
          await commit(talk, client, groupId)
          await describe(talk, groupId)
        }
      },
    },
    {
      title: 'a group of another type than consumers',
      async run(talk, version) {
        const groupId = `connect-v${version}`
        const metadata = Buffer.from('opaque')
        const more = { protocolType: 'connect', protocols: [{ name: 'sessioned', metadata }] }
        const client = new ClassicClient(talk, 'a', { groupId, version, more })
        await client.join()
        const assignments = [{ memberId: client.memberId, assignment: metadata }]
        await client.sync(assignments)
        await client.sync(assignments, { protocolType: 'connect', protocolName: 'sessioned' })
        await describe(talk, groupId)
        await client.leave()
        await describe(talk, groupId)
      },
    },
  ]

export const classicLife: readonly Dialogue[] = [
  ...perVersion.flatMap(({ title, run }) =>
    versions.map((version): Dialogue => ({
      title: `${title} (JoinGroup v${version})`,
      run: (talk) => run(talk, version),
    })),
  ),
  {
    title: 'several members leave at once, some of which are none (LeaveGroup 3 to 5)',
    async run(talk) {
      for (const version of [3, 4, 5]) {
        const groupId = `leavers-v${version}`
        const [a, b] = [new ClassicClient(talk, 'a', { groupId }), new ClassicClient(talk, 'b', { groupId })]
        await alone(a)
        await shareWith(a, b)
        const members = ['nobody', a.memberId, b.memberId, b.memberId].map((memberId) => ({ memberId }))
        await talk.ask('a', LeaveGroup, { groupId, memberId: '', members }, { version })
        await talk.ask('a', LeaveGroup, { groupId, memberId: '', members: [] }, { version })
        await describe(talk, groupId)
      }
    },
  },
  {
    title: 'a member waits for its part, and its leader goes',
    async run(talk) {
      const groupId = 'leader-goes'
      const [a, b] = [new ClassicClient(talk, 'a', { groupId }), new ClassicClient(talk, 'b', { groupId })]
      await alone(a)
      await b.joinOnce()
      const joining = b.joinOnce()
      await a.untilRebalance()
      await Promise.all([a.joinOnce(), joining])
      const waiting = b.sync()
      await a.leave()
      await waiting
      await b.joinOnce()
      await b.sync([{ memberId: b.memberId, assignment: assignmentOf('four', 3) }])
      await describe(talk, groupId)
    },
  },
  {
    title: 'a leader assigns to strangers, and to nobody',
    async run(talk) {
      const groupId = 'strangers'
      const client = new ClassicClient(talk, 'a', { groupId })
      await client.join()
      await client.sync([{ memberId: 'nobody', assignment: assignmentOf('four', 3) }])
      await describe(talk, groupId)
      await client.joinOnce()
      await client.sync([])
      await describe(talk, groupId)
      // Once it is stable nobody assigns again.
      await client.sync([{ memberId: client.memberId, assignment: assignmentOf('four', 3) }])
    },
  },
  {
    title: 'SyncGroup 5 with other protocols than the group has',
    async run(talk) {
      const groupId = 'sync-protocols'
      const client = new ClassicClient(talk, 'a', { groupId })
      await client.join()
      await client.sync([], { protocolType: 'connect' })
      await client.sync([], { protocolName: 'roundrobin' })
      const { memberId, generationId } = client
      await talk.ask('a', SyncGroup, { groupId, memberId, generationId, assignments: [] })
      await client.sync([{ memberId, assignment: assignmentOf('four', 0) }])
    },
  },
]

async function describe(talk: Talk, groupId: string): Promise<void> {
  await talk.ask('observer', DescribeGroups, { groups: [groupId], includeAuthorizedOperations: true })
}

async function commit(
  talk: Talk,
  { memberId, generationId, name }: ClassicClient,
  groupId: string,
  more: { readonly memberId?: string; readonly generationIdOrMemberEpoch?: number } = {},
): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset: 3, committedMetadata: 'here' }]
  const request = { groupId, memberId, generationIdOrMemberEpoch: generationId, topics: [{ name: 'four', partitions }] }
  await talk.ask(name, OffsetCommit, { ...request, ...more }, { version: 9 })
}
