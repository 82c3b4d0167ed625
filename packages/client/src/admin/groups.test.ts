import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ConsumerGroupDescribe,
  DeleteGroups,
  DescribeGroups,
  FindCoordinator,
  LeaveGroup,
  ListGroups,
} from '@gregor/protocol'
import { ScriptedCluster, adminOf, withCoordinators } from './admin-fixture.ts'

const notCoordinator = 16
const loading = 14
const nonEmptyGroup = 68

describe('listGroups', () => {
  it('asks all brokers, filters, and says who did not answer', async () => {
    const cluster = new ScriptedCluster().on(ListGroups, (_, { node }) => {
      if (node === 3) return { errorCode: 29, groups: [] }
      const group = {
        groupId: `g${String(node)}`,
        protocolType: 'consumer',
        groupState: 'Stable',
        groupType: 'consumer',
      }
      const other = { groupId: `c${String(node)}`, protocolType: 'connect', groupState: 'Empty', groupType: 'Classic' }
      return { errorCode: 0, groups: [group, other] }
    })
    const { admin, run } = adminOf(cluster)
    const { groups, failures } = await run(
      admin.listGroups({
        states: ['Stable', 'Empty'],
        types: ['Consumer', 'Classic'],
        protocolTypes: ['consumer', ''],
      }),
    )
    const expected = { type: 'Consumer', protocolType: 'consumer', state: 'Stable', isSimpleConsumerGroup: false }
    assert.deepEqual(groups, [
      { groupId: 'g1', ...expected },
      { groupId: 'g2', ...expected },
    ])
    assert.deepEqual(
      failures.map(({ brokerId }) => brokerId),
      [3],
    )
    assert.deepEqual(cluster.asked(ListGroups)[0]?.request, {
      statesFilter: ['Stable', 'Empty'],
      typesFilter: ['Consumer', 'Classic'],
    })
  })

  it('asks a broker again that is still loading, and no other', async () => {
    let count = 0
    const cluster = new ScriptedCluster().on(ListGroups, (_, { node }) => {
      if (node === 2) count++
      return { errorCode: node === 2 && count === 1 ? loading : 0, groups: [] }
    })
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.listGroups()), { groups: [], failures: [] })
    assert.deepEqual(
      cluster.asked(ListGroups).map(({ node }) => node),
      [1, 2, 3, 2],
    )
  })

  it('leaves filters away that older brokers cannot know, where they change nothing', async () => {
    const cluster = new ScriptedCluster().speaks(ListGroups, 4).on(ListGroups, (_, { node }) => ({
      errorCode: 0,
      groups: node === 1 ? [{ groupId: 'g', protocolType: '', groupState: 'Empty' }] : [],
    }))
    const { admin, run } = adminOf(cluster)
    const { groups } = await run(admin.listGroups({ types: ['Classic', 'Consumer'], states: ['Empty'] }))
    assert.deepEqual(groups, [
      { groupId: 'g', type: undefined, protocolType: '', state: 'Empty', isSimpleConsumerGroup: true },
    ])
    const refused = await run(admin.listGroups({ types: ['Share'] }))
    assert.equal(refused.failures[0]?.error.name, 'UnsupportedVersionError')
    cluster.speaks(ListGroups, 3)
    const withoutStates = await run(admin.listGroups({ states: ['Empty'] }))
    assert.equal(withoutStates.failures.length, 3)
  })
})

describe('deleteGroups', () => {
  it('asks for all coordinators at once, and each of them about its groups', async () => {
    const cluster = withCoordinators().on(DeleteGroups, ({ groupsNames }) => ({
      results: groupsNames.map((groupId) => ({ groupId, errorCode: groupId === 'b' ? nonEmptyGroup : 0 })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.deleteGroups(['a', 'b', 'x']))
    assert.deepEqual(
      results.failures.map(({ item }) => item),
      ['b'],
    )
    assert.throws(() => results.value('b'), { code: 'NON_EMPTY_GROUP' })
    assert.deepEqual(
      cluster.asked(FindCoordinator).map(({ request }) => request.coordinatorKeys),
      [['a', 'b', 'x']],
    )
    assert.deepEqual(
      cluster.asked(DeleteGroups).map(({ node, request }) => [node, request.groupsNames]),
      [
        [2, ['a', 'b']],
        [3, ['x']],
      ],
    )
  })

  it('finds the coordinator again when it has moved', async () => {
    let count = 0
    const cluster = withCoordinators().on(DeleteGroups, () => {
      count++
      return { results: [{ groupId: 'a', errorCode: count === 1 ? notCoordinator : 0 }] }
    })
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.deleteGroups(['a']))
    assert.equal(results.get('a')?.error, undefined)
    assert.equal(cluster.asked(FindCoordinator).length, 2)
  })

  it('asks for one coordinator at a time where the cluster can do no other, and says why there is none', async () => {
    const cluster = new ScriptedCluster().speaks(FindCoordinator, 3).on(FindCoordinator, ({ key }) => ({
      nodeId: 2,
      host: 'b2',
      port: 9092,
      errorCode: key === 'b' ? 30 : 0,
      errorMessage: key === 'b' ? 'not for you' : null,
    }))
    cluster.on(DeleteGroups, ({ groupsNames }) => ({
      results: groupsNames.map((groupId) => ({ groupId, errorCode: 0 })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.deleteGroups(['a', 'b']))
    assert.equal(results.get('a')?.error, undefined)
    assert.throws(() => results.value('b'), { code: 'GROUP_AUTHORIZATION_FAILED', message: 'not for you' })
    assert.deepEqual(
      cluster.asked(FindCoordinator).map(({ request }) => request.key),
      ['a', 'b'],
    )
  })
})

describe('removeMembersFromConsumerGroup', () => {
  it('names members by instance or id, with the reason, and gives each its outcome', async () => {
    const cluster = withCoordinators().on(LeaveGroup, () => ({
      errorCode: 0,
      members: [
        { memberId: 'm-1', groupInstanceId: 'i-1', errorCode: 0 },
        { memberId: 'm-2', groupInstanceId: null, errorCode: 25 },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const members = [{ groupInstanceId: 'i-1' }, { memberId: 'm-2' }]
    const results = await run(admin.removeMembersFromConsumerGroup('g', { members, reason: 'scaling in' }))
    assert.equal(results.get({ groupInstanceId: 'i-1' })?.error, undefined)
    assert.throws(() => results.value({ memberId: 'm-2' }), { code: 'UNKNOWN_MEMBER_ID' })
    const reason = 'member was removed by an admin: scaling in'
    assert.deepEqual(cluster.asked(LeaveGroup)[0]?.request.members, [
      { memberId: '', groupInstanceId: 'i-1', reason },
      { memberId: 'm-2', groupInstanceId: null, reason },
    ])
  })

  it('removes all that are there where none is named', async () => {
    const member = {
      clientId: 'c',
      clientHost: '/h',
      memberMetadata: Buffer.alloc(0),
      memberAssignment: Buffer.alloc(0),
    }
    const cluster = withCoordinators()
      .speaks(ConsumerGroupDescribe, -1)
      .on(DescribeGroups, () => ({
        groups: [
          {
            errorCode: 0,
            groupId: 'g',
            groupState: 'Stable',
            protocolType: 'consumer',
            protocolData: 'range',
            members: [
              { ...member, memberId: 'm-1', groupInstanceId: 'i-1' },
              { ...member, memberId: 'm-2' },
            ],
          },
        ],
      }))
      .on(LeaveGroup, ({ members }) => ({ errorCode: 0, members: members.map((one) => ({ ...one, errorCode: 0 })) }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.removeMembersFromConsumerGroup('g'))
    assert.deepEqual(
      [...results].map(({ item, error }) => [item, error]),
      [
        [{ groupInstanceId: 'i-1' }, undefined],
        [{ memberId: 'm-2' }, undefined],
      ],
    )
  })

  it('throws where the group cannot be described', async () => {
    const cluster = withCoordinators()
      .speaks(ConsumerGroupDescribe, -1)
      .on(DescribeGroups, () => ({
        groups: [
          {
            errorCode: 69,
            errorMessage: 'none',
            groupId: 'g',
            groupState: 'Dead',
            protocolType: '',
            protocolData: '',
            members: [],
          },
        ],
      }))
    const { admin, run } = adminOf(cluster)
    await assert.rejects(run(admin.removeMembersFromConsumerGroup('g')), { code: 'GROUP_ID_NOT_FOUND' })
  })

  it('gives every member the error of the group', async () => {
    const cluster = withCoordinators().on(LeaveGroup, () => ({ errorCode: 30, members: [] }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.removeMembersFromConsumerGroup('g', { members: [{ memberId: 'm' }] }))
    assert.throws(() => results.value({ memberId: 'm' }), { code: 'GROUP_AUTHORIZATION_FAILED' })
    cluster.speaks(LeaveGroup, 2)
    const old = await run(admin.removeMembersFromConsumerGroup('g', { members: [{ memberId: 'm' }] }))
    assert.throws(() => old.value({ memberId: 'm' }), { name: 'UnsupportedVersionError' })
  })
})
