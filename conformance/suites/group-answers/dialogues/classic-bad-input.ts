/** What classic groups are asked that no good client asks, or that is too much, and members that go silent. */

import { DescribeGroups, Heartbeat, JoinGroup, LeaveGroup, SyncGroup } from '@gregor/protocol'

import { alone, assignmentOf, ClassicClient, memberIdRequired, subscriptionTo } from '../classic-talk.ts'
import type { Dialogue, Talk } from '../talk.ts'

const protocols = [{ name: 'range', metadata: subscriptionTo('four') }]
const timeouts = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000 }
const plain = { groupId: 'bad-input', ...timeouts, memberId: '', protocolType: 'consumer', protocols }

export const classicBadInput: readonly Dialogue[] = [
  ...[0, 3, 4, 5, 7, 9].map((version): Dialogue => ({
    title: `JoinGroup with values that make no sense (v${version})`,
    async run(talk) {
      const bad = [
        { groupId: '' },
        ...[0, -1, 1, 299, 1_800_001, 2_147_483_647, -2_147_483_648].map((sessionTimeoutMs) => ({ sessionTimeoutMs })),
        { protocolType: '' },
        { protocols: [] },
        { protocolType: '', protocols: [] },
        { memberId: 'made up' },
        { memberId: 'made up', groupId: 'other-bad-input' },
        { groupId: `a group with blanks / and \u{1f600} v${version}` },
        { groupId: `${version}${'x'.repeat(3000)}` },
      ]
      for (const each of bad) await talk.ask('a', JoinGroup, { ...plain, ...each }, { version })
      if (version >= 1)
        await talk.ask('a', JoinGroup, { ...plain, groupId: `zero-${version}`, rebalanceTimeoutMs: 0 }, { version })
    },
  })),
  {
    title: 'requests that name no group, an unknown one, and one that is empty',
    async run(talk) {
      const empty = new ClassicClient(talk, 'a', { groupId: 'emptied' })
      await alone(empty)
      await empty.leave()
      for (const groupId of ['', 'no-such-group', 'emptied']) {
        for (const memberId of ['', 'nobody', empty.memberId]) {
          for (const generationId of [-1, 0, 1]) {
            await talk.ask('a', Heartbeat, { groupId, generationId, memberId })
            await talk.ask('a', SyncGroup, {
              groupId,
              generationId,
              memberId,
              protocolType: 'consumer',
              protocolName: 'range',
              assignments: [],
            })
          }
          await talk.ask('a', LeaveGroup, { groupId, memberId: '', members: [{ memberId }] })
          await talk.ask('a', LeaveGroup, { groupId, memberId, members: [] }, { version: 2 })
        }
        await talk.ask('a', DescribeGroups, { groups: [groupId], includeAuthorizedOperations: false })
      }
    },
  },
  {
    title: 'an id that was given out, in the hands of others',
    async run(talk) {
      const groupId = 'given-out'
      const [a, b] = [new ClassicClient(talk, 'a', { groupId }), new ClassicClient(talk, 'b', { groupId })]
      await a.joinOnce()
      await a.heartbeat()
      await a.sync()
      await a.heartbeat({ generationId: 0 })
      // Who leaves before it has joined is gone.
      await a.leave()
      await a.joinOnce()
      await b.joinOnce()
      await b.joinOnce({ protocols: [] })
      await b.joinOnce()
      await b.sync([{ memberId: b.memberId, assignment: assignmentOf('four', 0) }])
    },
  },
  {
    title: 'metadata of 100 KiB',
    async run(talk) {
      const groupId = 'large-metadata'
      const large = Buffer.concat([subscriptionTo('four'), Buffer.alloc(100_000, 'm')])
      const client = new ClassicClient(talk, 'a', {
        groupId,
        more: { protocols: [{ name: 'range', metadata: large }] },
      })
      await client.join()
      await client.sync([{ memberId: client.memberId, assignment: large }])
      await talk.ask('a', DescribeGroups, { groups: [groupId], includeAuthorizedOperations: false })
    },
  },
  {
    title: 'an assignment that is larger than the log takes',
    async run(talk) {
      const groupId = 'giant-assignment'
      const client = new ClassicClient(talk, 'a', { groupId })
      await client.join()
      await client.sync([{ memberId: client.memberId, assignment: Buffer.alloc(2_000_000) }])
    },
  },
  ...[3, 9].map((version): Dialogue => ({
    title: `more members than group.max.size (v${version})`,
    async run(talk) {
      const groupId = `full-v${version}`
      const clients = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => new ClassicClient(talk, name, { groupId, version }))
      await joinOneByOne(clients.slice(0, 4))
      for (const late of clients.slice(4)) await late.join()
      await clients[4]?.joinOnce({ memberId: 'made up' })
      await talk.ask(
        'a',
        DescribeGroups,
        { groups: [groupId], includeAuthorizedOperations: false },
        {
          part: ({ groups }) => groups.map(({ groupState, members }) => ({ groupState, size: members.length })),
        },
      )
      await clients[3]?.leave()
    },
  })),
  {
    title: 'a client that joins and never syncs is removed',
    async run(talk) {
      const groupId = 'never-syncs'
      const more = { rebalanceTimeoutMs: 1_000, sessionTimeoutMs: 20_000 }
      const client = new ClassicClient(talk, 'a', { groupId, more })
      await client.join()
      await untilState(talk, groupId, 'Empty')
      await client.sync([{ memberId: client.memberId, assignment: assignmentOf('four', 0) }])
      await client.heartbeat()
      await client.joinOnce()
    },
  },
  {
    title: 'a client that goes silent is removed when its session ends',
    async run(talk) {
      const groupId = 'silent'
      const client = new ClassicClient(talk, 'a', { groupId, more: { sessionTimeoutMs: 1_000 } })
      await alone(client)
      await untilState(talk, groupId, 'Empty')
      await client.heartbeat()
    },
  },
  {
    title: 'a client that was given an id and does not come back with it',
    async run(talk) {
      const client = new ClassicClient(talk, 'a', { groupId: 'no-return', more: { sessionTimeoutMs: 500 } })
      await client.joinOnce()
      await talk.until('a', Heartbeat, { groupId: 'no-return', generationId: 0, memberId: 'x' }, () => true)
      await talk.until(
        'a',
        JoinGroup,
        { ...plain, groupId: 'no-return', memberId: client.memberId, protocolType: 'other' },
        ({ errorCode }) => errorCode !== memberIdRequired,
      )
    },
  },
  {
    title: 'the members who do not come again for a rebalance are left behind',
    async run(talk) {
      const groupId = 'left-behind'
      const more = { rebalanceTimeoutMs: 1_000 }
      const [a, b] = [new ClassicClient(talk, 'a', { groupId, more }), new ClassicClient(talk, 'b', { groupId, more })]
      await alone(a)
      await b.join()
      await b.sync([{ memberId: b.memberId, assignment: assignmentOf('four', 0) }])
      await a.heartbeat()
      await a.joinOnce()
      await talk.ask('a', DescribeGroups, { groups: [groupId], includeAuthorizedOperations: false })
    },
  },
]

async function joinOneByOne(clients: readonly ClassicClient[]): Promise<void> {
  const [first, ...others] = clients
  if (first === undefined) return
  await first.join()
  await first.sync([{ memberId: first.memberId, assignment: assignmentOf('four', 0) }])
  const present = [first]
  for (const next of others) {
    if (next.isGivenAnIdFirst) await next.joinOnce()
    const joining = [next.joinOnce()]
    for (const one of present) await one.untilRebalance()
    joining.push(...present.map((one) => one.joinOnce()))
    await Promise.all(joining)
    present.push(next)
    const syncing = present.slice(1).map((one) => one.sync())
    await first.sync(present.map(({ memberId }) => ({ memberId, assignment: assignmentOf('four', 0) })))
    await Promise.all(syncing)
  }
}

async function untilState(talk: Talk, groupId: string, state: string): Promise<void> {
  await talk.until(
    'observer',
    DescribeGroups,
    { groups: [groupId], includeAuthorizedOperations: false },
    ({ groups }) => groups[0]?.groupState === state,
  )
}
