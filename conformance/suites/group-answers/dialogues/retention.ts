/** What is left of committed offsets once `offsets.retention.minutes` are over: of groups of every kind (KIP-211). */

import { setTimeout as sleep } from 'node:timers/promises'

import { ConsumerGroupHeartbeat, ListGroups, OffsetCommit, OffsetFetch } from '@gregor/protocol'

import { alone, ClassicClient } from '../classic-talk.ts'
import type { Dialogue, Talk } from '../talk.ts'
import { ConsumerMember } from './consumer-groups.ts'

/** The least that can be configured, and what a server takes to look. */
const retentionMs = 60_000
const marginMs = 6_000
const sessionTimeoutMs = 200_000

export const retentionDialogue: Dialogue = {
  title: 'offsets expire: of simple and empty groups all, of a group that reads those of what it does not read',
  async run(talk) {
    await Promise.all([talk.topicId('four'), talk.topicId('one')])
    await commitBoth(talk, 'simple', '', -1)

    const left = new ClassicClient(talk, 'left', { groupId: 'left' })
    await alone(left)
    await commitBoth(talk, 'left', left.memberId, left.generationId)
    await left.leave()

    const reads = new ClassicClient(talk, 'reads', { groupId: 'reads', more: { sessionTimeoutMs } })
    await alone(reads)
    await commitBoth(talk, 'reads', reads.memberId, reads.generationId)

    const more = {
      protocolType: 'connect',
      protocols: [{ name: 'default', metadata: Buffer.from('x') }],
      sessionTimeoutMs,
    }
    const opaque = new ClassicClient(talk, 'opaque', { groupId: 'opaque', more })
    await opaque.join()
    await opaque.sync([], { protocolType: 'connect', protocolName: 'default' })
    await commitBoth(talk, 'opaque', opaque.memberId, opaque.generationId)

    const consumer = new ConsumerMember(talk, 'm1', 'consumer')
    await consumer.join()
    await commitBoth(talk, 'consumer', 'm1', consumer.epoch)

    await fetchAll(talk)
    await beatFor(talk, consumer, retentionMs + marginMs)
    await fetchAll(talk)
    await talk.ask('l', ListGroups, {})
  },
}

const groups = ['simple', 'left', 'reads', 'opaque', 'consumer']

async function commitBoth(talk: Talk, groupId: string, memberId: string, generation: number): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: null }]
  const topics = ['four', 'one'].map((name) => ({ name, partitions }))
  const request = { groupId, memberId, generationIdOrMemberEpoch: generation, topics }
  await talk.ask('c', OffsetCommit, request, { version: 9 })
}

async function fetchAll(talk: Talk): Promise<void> {
  await talk.ask('f', OffsetFetch, { groups: groups.map((groupId) => ({ groupId, topics: null })) }, { version: 9 })
}

/** Its session is shorter than that. */
async function beatFor(talk: Talk, { memberId, epoch }: ConsumerMember, ms: number): Promise<void> {
  const endMs = performance.now() + ms
  const request = { groupId: 'consumer', memberId, memberEpoch: epoch, rebalanceTimeoutMs: -1 }
  while (performance.now() < endMs) {
    await talk.until(memberId, ConsumerGroupHeartbeat, request, () => true, { part: () => 'alive' })
    await sleep(5_000)
  }
}
