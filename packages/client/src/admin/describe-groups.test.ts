import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ConsumerGroupDescribe,
  DescribeGroups,
  ShareGroupDescribe,
  StreamsGroupDescribe,
  encodeAssignment,
} from '@gregor/protocol'
import { adminOf, withCoordinators } from './admin-fixture.ts'

const topicId = 'wHz6-Xv5QyKYi4YFrnHFVw'
const coordinator = { nodeId: 2, host: 'b2', port: 9092, rack: null }
const groupIdNotFound = 69

const newGroup = {
  errorCode: 0,
  groupId: 'new',
  groupState: 'Reconciling',
  groupEpoch: 7,
  assignmentEpoch: 6,
  assignorName: 'uniform',
  members: [
    {
      memberId: 'm',
      rackId: 'r1',
      memberEpoch: 5,
      clientId: 'c',
      clientHost: '/h',
      subscribedTopicNames: ['a'],
      assignment: { topicPartitions: [{ topicId, topicName: 'a', partitions: [1, 0] }] },
      targetAssignment: { topicPartitions: [{ topicId, topicName: 'a', partitions: [0] }] },
      memberType: 1,
    },
  ],
  authorizedOperations: 1 << 8,
}

const classicGroup = {
  errorCode: 0,
  groupId: 'old',
  groupState: 'Stable',
  protocolType: 'consumer',
  protocolData: 'range',
  members: [
    {
      memberId: 'm',
      groupInstanceId: 'i',
      clientId: 'c',
      clientHost: '/h',
      memberMetadata: Buffer.from('meta'),
      memberAssignment: encodeAssignment({ assignedPartitions: [{ topic: 'a', partitions: [2, 1] }] }),
    },
  ],
}

describe('describeConsumerGroups', () => {
  it('describes groups of the new kind, and asks for the others as classic ones', async () => {
    const cluster = withCoordinators()
      .on(ConsumerGroupDescribe, ({ groupIds }) => ({
        groups: groupIds.map((groupId) =>
          groupId === 'new'
            ? newGroup
            : { ...newGroup, groupId, errorCode: groupIdNotFound, errorMessage: 'none', members: [] },
        ),
      }))
      .on(DescribeGroups, () => ({ groups: [classicGroup] }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeConsumerGroups(['new', 'old'], { includeAuthorizedOperations: true }))
    assert.deepEqual(results.value('new'), {
      groupId: 'new',
      type: 'Consumer',
      state: 'Reconciling',
      coordinator,
      authorizedOperations: ['DESCRIBE'],
      isSimpleConsumerGroup: false,
      partitionAssignor: 'uniform',
      groupEpoch: 7,
      targetAssignmentEpoch: 6,
      members: [
        {
          memberId: 'm',
          groupInstanceId: undefined,
          rackId: 'r1',
          clientId: 'c',
          host: '/h',
          assignment: [
            { topic: 'a', partition: 0 },
            { topic: 'a', partition: 1 },
          ],
          targetAssignment: [{ topic: 'a', partition: 0 }],
          memberEpoch: 5,
          upgraded: true,
          subscribedTopicNames: ['a'],
          subscribedTopicRegex: undefined,
        },
      ],
    })
    const old = results.value('old')
    assert.deepEqual(
      [old.type, old.state, old.partitionAssignor, old.authorizedOperations],
      ['Classic', 'Stable', 'range', undefined],
    )
    assert.deepEqual(
      old.members.map(({ memberId, groupInstanceId, assignment, upgraded }) => ({
        memberId,
        groupInstanceId,
        assignment,
        upgraded,
      })),
      [
        {
          memberId: 'm',
          groupInstanceId: 'i',
          assignment: [
            { topic: 'a', partition: 1 },
            { topic: 'a', partition: 2 },
          ],
          upgraded: undefined,
        },
      ],
    )
    assert.deepEqual(cluster.asked(DescribeGroups)[0]?.request.groups, ['old'])
  })

  it('asks for classic groups only where the node is too old for others', async () => {
    const cluster = withCoordinators()
      .speaks(ConsumerGroupDescribe, -1)
      .speaks(DescribeGroups, 2)
      .on(DescribeGroups, () => ({ groups: [{ ...classicGroup, groupState: 'Dead', members: [] }] }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeConsumerGroups(['old'], { includeAuthorizedOperations: true }))
    assert.equal(results.value('old').state, 'Dead')
    assert.equal(cluster.asked(ConsumerGroupDescribe).length, 0)
  })

  it('refuses groups that are not of consumers', async () => {
    const cluster = withCoordinators()
      .speaks(ConsumerGroupDescribe, -1)
      .on(DescribeGroups, () => ({ groups: [{ ...classicGroup, protocolType: 'connect' }] }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeConsumerGroups(['old']))
    assert.equal(results.get('old')?.error?.message, 'group old is not a consumer group (connect)')
  })

  it('keeps asking a coordinator that is loading', async () => {
    let count = 0
    const cluster = withCoordinators().on(ConsumerGroupDescribe, () => {
      count++
      return {
        groups: [
          count === 1
            ? { ...newGroup, errorCode: 14, members: [] }
            : { ...newGroup, members: newGroup.members.map((one) => ({ ...one, memberType: 0 })) },
        ],
      }
    })
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeConsumerGroups(['new']))
    assert.equal(results.value('new').members[0]?.upgraded, false)
    assert.equal(count, 2)
  })
})

describe('describeClassicGroups', () => {
  it('describes groups of any protocol type, and leaves their bytes as they are', async () => {
    const cluster = withCoordinators().on(DescribeGroups, () => ({
      groups: [
        { ...classicGroup, protocolType: 'connect', authorizedOperations: 1 << 3 },
        { ...classicGroup, groupId: 'x', errorCode: 30, errorMessage: 'no' },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeClassicGroups(['old', 'x'], { includeAuthorizedOperations: true }))
    const group = results.value('old')
    assert.deepEqual([group.protocolType, group.protocolData, group.isSimpleConsumerGroup], ['connect', 'range', false])
    assert.deepEqual(group.authorizedOperations, ['READ'])
    assert.deepEqual(group.members[0]?.assignment, [])
    assert.equal(group.members[0]?.metadata.toString(), 'meta')
    assert.throws(() => results.value('x'), { code: 'GROUP_AUTHORIZATION_FAILED' })
  })
})

describe('describeShareGroups and describeStreamsGroups', () => {
  it('tell epochs and members of a share group', async () => {
    const { memberType: _, targetAssignment: __, ...member } = newGroup.members[0] ?? assert.fail()
    const cluster = withCoordinators().on(ShareGroupDescribe, () => ({
      groups: [
        { ...newGroup, members: [{ ...member, rackId: null }] },
        { ...newGroup, groupId: 'x', errorCode: groupIdNotFound, members: [] },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeShareGroups(['new', 'x']))
    const group = results.value('new')
    assert.deepEqual([group.assignor, group.groupEpoch, group.targetAssignmentEpoch], ['uniform', 7, 6])
    assert.deepEqual(group.members[0]?.assignment.length, 2)
    assert.equal(group.members[0]?.rackId, undefined)
    assert.throws(() => results.value('x'), { code: 'GROUP_ID_NOT_FOUND' })
  })

  it('tell epochs and topology of a streams group', async () => {
    const cluster = withCoordinators().on(StreamsGroupDescribe, () => ({
      groups: [
        { ...newGroup, topology: { epoch: 3 }, members: [] },
        { ...newGroup, groupId: 'x', errorCode: groupIdNotFound, members: [] },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeStreamsGroups(['new', 'x']))
    assert.equal(results.value('new').topology?.epoch, 3)
    assert.throws(() => results.value('x'), { code: 'GROUP_ID_NOT_FOUND' })
  })
})
