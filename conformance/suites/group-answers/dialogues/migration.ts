/** A group changes its protocol while it is alive, both ways, member by member (KIP-848). */

import { DescribeGroups, ListGroups } from '@gregor/protocol'

import { alone, assignmentOf, ClassicClient, rebalanceInProgress, shareWith, subscriptionTo } from '../classic-talk.ts'
import type { Dialogue, Talk } from '../talk.ts'
import { ConsumerMember, describeConsumers } from './consumer-groups.ts'

async function describeBoth(talk: Talk, groupId: string): Promise<void> {
  await talk.ask('observer', DescribeGroups, { groups: [groupId], includeAuthorizedOperations: false })
  await describeConsumers(talk, groupId)
  await listOne(talk, groupId)
}

async function listOne(talk: Talk, groupId: string): Promise<void> {
  await talk.ask('observer', ListGroups, {}, { part: ({ groups }) => groups.filter((one) => one.groupId === groupId) })
}

export const migrationDialogues: readonly Dialogue[] = [
  {
    title: 'a consumer joins an empty classic group, with its offsets',
    async run(talk) {
      const groupId = 'migrated-empty'
      await talk.topicId('four')
      const classic = new ClassicClient(talk, 'a', { groupId })
      await alone(classic)
      await classic.leave()
      const member = new ConsumerMember(talk, 'm1', groupId)
      await member.join()
      await describeBoth(talk, groupId)
      await classic.joinOnce()
    },
  },
  {
    title: 'a classic member joins an empty consumer group',
    async run(talk) {
      const groupId = 'migrated-empty-back'
      await talk.topicId('four')
      const member = new ConsumerMember(talk, 'm1', groupId)
      await member.join()
      await member.beat({ memberEpoch: -1 })
      const classic = new ClassicClient(talk, 'a', { groupId })
      await alone(classic)
      await describeBoth(talk, groupId)
      await member.join()
    },
  },
  {
    title: 'a consumer joins a classic group of one, which then leaves',
    async run(talk) {
      const groupId = 'upgraded'
      await talk.topicId('four')
      const classic = new ClassicClient(talk, 'a', { groupId })
      await alone(classic)
      const member = new ConsumerMember(talk, 'm1', groupId)
      await member.join()
      await describeBoth(talk, groupId)
      await classic.heartbeat()
      await classic.joinOnce({
        protocols: [{ name: 'range', metadata: subscriptionTo('four') }],
      })
      await classic.sync()
      await classic.heartbeat()
      await member.beat()
      await describeBoth(talk, groupId)
      await classic.leave()
      await member.beat()
      await member.confirm()
      await describeBoth(talk, groupId)
    },
  },
  {
    title: 'the last consumer leaves: a classic group stays, and rebalances',
    async run(talk) {
      const groupId = 'downgraded'
      await talk.topicId('four')
      const [a, b] = [new ClassicClient(talk, 'a', { groupId }), new ClassicClient(talk, 'b', { groupId })]
      await alone(a)
      await shareWith(a, b)
      const member = new ConsumerMember(talk, 'm1', groupId)
      // Who of the two gives something up depends on their ids.
      await member.join()
      await listOne(talk, groupId)
      await member.beat({ memberEpoch: -1 })
      await listOne(talk, groupId)
      await a.heartbeat()
      await b.heartbeat()
    },
  },
  {
    title: 'a classic member joins a consumer group, and gets its part',
    async run(talk) {
      const groupId = 'mixed'
      await talk.topicId('four')
      const member = new ConsumerMember(talk, 'm1', groupId)
      await member.join()
      const classic = new ClassicClient(talk, 'a', { groupId })
      await classic.join()
      await classic.sync()
      await member.beat()
      await member.confirm()
      const { errorCode } = await classic.heartbeat()
      if (errorCode === rebalanceInProgress) {
        await classic.joinOnce()
        await classic.sync()
      }
      await classic.heartbeat({ generationId: 99 })
      await classic.heartbeat({ memberId: 'm1' })
      await describeBoth(talk, groupId)
      await member.beat({ memberEpoch: -1 })
      await describeBoth(talk, groupId)
      await classic.heartbeat()
      await classic.joinOnce()
      await classic.sync([{ memberId: classic.memberId, assignment: assignmentOf('four', 0, 1, 2, 3) }])
      await describeBoth(talk, groupId)
    },
  },
  {
    title: 'groups that cannot be upgraded: another type, bytes that are no subscription',
    async run(talk) {
      await talk.topicId('four')
      const connect = { protocolType: 'connect', protocols: [{ name: 'default', metadata: Buffer.from('x') }] }
      const opaque = { protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] }
      for (const [name, more] of Object.entries({ connect, opaque })) {
        const groupId = `not-upgraded-${name}`
        const client = new ClassicClient(talk, 'a', { groupId, more })
        await client.join()
        await client.sync([], {
          protocolType: more === connect ? 'connect' : 'consumer',
          protocolName: more.protocols[0]?.name ?? '',
        })
        await new ConsumerMember(talk, 'm1', groupId).join()
        await describeBoth(talk, groupId)
      }
    },
  },
  {
    title: 'a static member goes over to the consumer protocol, and back',
    async run(talk) {
      const groupId = 'migrated-static'
      await talk.topicId('four')
      const instanceId = 'i1'
      const classic = new ClassicClient(talk, 'a', { groupId, more: { groupInstanceId: instanceId } })
      await alone(classic)
      const member = new ConsumerMember(talk, 'm1', groupId)
      await member.join({ instanceId })
      await describeBoth(talk, groupId)
      await classic.heartbeat()
      await member.beat({ memberEpoch: -2, instanceId })
      const again = new ClassicClient(talk, 'a', { groupId, more: { groupInstanceId: instanceId } })
      await again.joinOnce()
      await describeBoth(talk, groupId)
    },
  },
]
