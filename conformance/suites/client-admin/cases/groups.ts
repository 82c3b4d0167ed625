/** Groups of both protocols, with members that are made request by request. */
import assert from 'node:assert/strict'

import type { Kafka } from '@gregor/client'
import { ConsumerGroupHeartbeat, JoinGroup, SyncGroup, encodeAssignment, encodeSubscription } from '@gregor/protocol'

import { codeOf, type AdminCase } from '../admin-case.ts'

const p = (partition: number) => ({ topic: 'three', partition })
const send = { timeoutMs: 10_000 }
const sessionTimeoutMs = 45_000

export const groupCases: readonly AdminCase[] = [
  {
    name: 'offsets are committed for a group without members, listed, and deleted',
    async run({ admin }) {
      const offsets = [
        { ...p(0), offset: 5, metadata: 'm', leaderEpoch: 0 },
        { ...p(1), offset: 6 },
      ]
      const altered = await admin.alterConsumerGroupOffsets('idle', offsets)
      assert.deepEqual(altered.failures, [])
      const listed = await admin.listConsumerGroupOffsets([{ groupId: 'idle' }, { groupId: 'idle-not' }])
      const idle = listed.value('idle')
      assert.deepEqual(
        Array.from(idle, ({ item, value }) => [item.partition, value] as const).toSorted(([a], [b]) => a - b),
        [
          [0, { offset: 5, metadata: 'm', leaderEpoch: 0 }],
          [1, { offset: 6, metadata: '', leaderEpoch: undefined }],
        ],
      )
      assert.equal(listed.value('idle-not').size, 0)
      const [some] = await admin.listConsumerGroupOffsets([{ groupId: 'idle', partitions: [p(1), p(2)] }], {
        requireStable: true,
      })
      assert.deepEqual(
        Array.from(some?.value ?? [], ({ value }) => value?.offset),
        [6, undefined],
      )
      const deleted = await admin.deleteConsumerGroupOffsets('idle', [p(0)])
      assert.equal(codeOf(deleted.get(p(0))?.error), 'NONE')
      assert.equal((await admin.listConsumerGroupOffsets([{ groupId: 'idle' }])).value('idle').size, 1)
    },
  },
  {
    name: 'groups are described and listed with their members, whichever protocol they use',
    async run({ admin, kafka }) {
      await using _classic = await joinClassic(kafka, 'classic-group')
      await using _connect = await joinClassic(kafka, 'connect-group', 'connect')
      await using _modern = await joinModern(kafka, 'modern-group')
      const ids = ['classic-group', 'modern-group', 'idle', 'connect-group', 'nowhere']
      const described = await admin.describeConsumerGroups(ids, { includeAuthorizedOperations: true })
      assert.deepEqual(
        Array.from(described, ({ value, error }) =>
          error === undefined
            ? [value.type, value.state, value.isSimpleConsumerGroup, value.members.length]
            : codeOf(error),
        ),
        [
          ['Classic', 'Stable', false, 1],
          ['Consumer', 'Stable', false, 1],
          ['Classic', 'Empty', true, 0],
          'GROUP_ID_NOT_FOUND',
          'GROUP_ID_NOT_FOUND',
        ],
      )
      const classic = described.value('classic-group')
      assert.deepEqual(
        [classic.partitionAssignor, classic.coordinator.nodeId, classic.groupEpoch],
        ['range', 1, undefined],
      )
      assert.deepEqual(classic.members[0]?.assignment, [p(0), p(2)])
      assert.equal(classic.members[0].groupInstanceId, 'i-1')
      assert.ok(classic.authorizedOperations?.includes('DELETE'))
      const modern = described.value('modern-group')
      assert.deepEqual([modern.partitionAssignor, modern.members[0]?.upgraded], ['uniform', true])
      assert.deepEqual(modern.members[0]?.targetAssignment, [p(0), p(1), p(2)])

      const connectGroup = (await admin.describeClassicGroups(['connect-group'])).value('connect-group')
      assert.deepEqual([connectGroup.protocolType, connectGroup.members.length], ['connect', 1])

      const { groups, failures } = await admin.listGroups()
      assert.deepEqual(failures, [])
      assert.deepEqual(
        groups
          .map(({ groupId, type, protocolType, state }) => [groupId, type, protocolType, state])
          .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
        [
          ['classic-group', 'Classic', 'consumer', 'Stable'],
          ['connect-group', 'Classic', 'connect', 'Stable'],
          ['idle', 'Classic', '', 'Empty'],
          ['modern-group', 'Consumer', 'consumer', 'Stable'],
        ],
      )
      const named = async (options: Parameters<typeof admin.listGroups>[0]) =>
        (await admin.listGroups(options)).groups.map(({ groupId }) => groupId).toSorted()
      assert.deepEqual(await named({ types: ['Consumer'] }), ['modern-group'])
      assert.deepEqual(await named({ states: ['Empty'] }), ['idle'])
      assert.deepEqual(await named({ protocolTypes: ['connect'] }), ['connect-group'])
    },
    isNew: true,
  },
  {
    name: 'members of a classic group are described, and removed by instance and by id',
    async run({ admin, kafka }) {
      const group = 'shrinking'
      await joinClassic(kafka, group)
      const before = (await admin.describeConsumerGroups([group])).value(group)
      assert.deepEqual([before.state, before.partitionAssignor], ['Stable', 'range'])
      assert.deepEqual(
        before.members.map(({ groupInstanceId, assignment }) => [groupInstanceId, assignment]),
        [['i-1', [p(0), p(2)]]],
      )
      const busy = await admin.deleteGroups([group])
      assert.equal(codeOf(busy.get(group)?.error), 'NON_EMPTY_GROUP')
      const subscribed = await admin.deleteConsumerGroupOffsets(group, [p(0)])
      assert.equal(codeOf(subscribed.get(p(0))?.error), 'GROUP_SUBSCRIBED_TO_TOPIC')
      const unknown = { groupInstanceId: 'i-9' }
      const known = { groupInstanceId: 'i-1' }
      const removed = await admin.removeMembersFromConsumerGroup(group, { members: [unknown, known], reason: 'test' })
      assert.deepEqual(
        Array.from(removed, ({ error }) => codeOf(error)),
        ['UNKNOWN_MEMBER_ID', 'NONE'],
      )
      await joinClassic(kafka, group)
      const all = await admin.removeMembersFromConsumerGroup(group)
      assert.deepEqual([all.size, all.failures], [1, []])
      assert.equal((await admin.describeConsumerGroups([group])).value(group).members.length, 0)
    },
  },
  {
    name: 'groups without members are deleted',
    async run({ admin }) {
      const results = await admin.deleteGroups(['idle', 'nowhere'])
      assert.deepEqual(
        Array.from(results, ({ error }) => codeOf(error)),
        ['NONE', 'GROUP_ID_NOT_FOUND'],
      )
    },
  },
]

interface Member extends AsyncDisposable {
  readonly memberId: string
}

/** The only member: it leads, and gives itself what it wants. */
async function joinClassic({ cluster }: Kafka, groupId: string, protocolType = 'consumer'): Promise<Member> {
  const nodeId = await cluster.coordinator('group', groupId, send)
  const groupInstanceId = 'i-1'
  const join = await cluster.send(
    nodeId,
    JoinGroup,
    {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: sessionTimeoutMs,
      memberId: '',
      groupInstanceId,
      protocolType,
      protocols: [{ name: 'range', metadata: encodeSubscription({ topics: ['three'] }, 1) }],
    },
    { ...send, lane: 'group' },
  )
  const { memberId, generationId } = join.response
  assert.equal(join.response.errorCode, 0)
  const assignment = encodeAssignment({ assignedPartitions: [{ topic: 'three', partitions: [0, 2] }] }, 1)
  const sync = await cluster.send(
    nodeId,
    SyncGroup,
    {
      groupId,
      generationId,
      memberId,
      groupInstanceId,
      protocolType,
      protocolName: 'range',
      assignments: [{ memberId, assignment }],
    },
    send,
  )
  assert.equal(sync.response.errorCode, 0)
  return { memberId, [Symbol.asyncDispose]: () => Promise.resolve() }
}

/** The only member, which gets all partitions and says that it has them. */
async function joinModern({ cluster }: Kafka, groupId: string): Promise<Member> {
  const nodeId = await cluster.coordinator('group', groupId, send)
  const memberId = 'JcZdCZkzRoCFyA7bTTSnzA'
  const beat = async (
    memberEpoch: number,
    topicPartitions: readonly { topicId: string; partitions: readonly number[] }[],
  ) => {
    const request = {
      groupId,
      memberId,
      memberEpoch,
      rebalanceTimeoutMs: sessionTimeoutMs,
      subscribedTopicNames: ['three'],
      topicPartitions,
    }
    const { response } = await cluster.send(nodeId, ConsumerGroupHeartbeat, request, send)
    assert.equal(response.errorCode, 0, response.errorMessage ?? '')
    return response
  }
  let answer = await beat(0, [])
  for (let count = 0; answer.assignment === null && count < 100; count++) answer = await beat(answer.memberEpoch, [])
  await beat(answer.memberEpoch, answer.assignment?.topicPartitions ?? [])
  return { memberId, [Symbol.asyncDispose]: async () => void (await beat(-1, [])) }
}
