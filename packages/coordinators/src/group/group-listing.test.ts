import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GroupWorld, contextOf } from './group-fixture.ts'

const a = 'client-00000000-0000-4000-8000-000000000000'

/** `s` is simple, `e` was left, `p` prepares its first rebalance, `g` is stable. */
function someGroups(): GroupWorld {
  const world = new GroupWorld()
  world.join({ apiVersion: 3 })
  world.advance(3000)
  world.sync({ memberId: a, generationId: 1, assignments: { [a]: 'A' } })
  world.commit({ groupId: 's', offsets: { 0: 1 } })
  world.join({ groupId: 'e', protocolType: '' })
  world.join({ groupId: 'p', apiVersion: 3, protocolType: 'connect' })
  return world
}

function listed(world: GroupWorld, statesFilter: string[], typesFilter: string[] = []): string {
  const groups = world.send({ type: 'ListGroups', statesFilter, typesFilter })
  return groups.map(({ groupId }) => groupId).join('')
}

describe('ListGroups', () => {
  it('shows type and state of each group', () => {
    assert.deepEqual(someGroups().send({ type: 'ListGroups', statesFilter: [], typesFilter: [] }), [
      { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
      { groupId: 's', protocolType: '', groupState: 'Empty', groupType: 'classic' },
      { groupId: 'e', protocolType: '', groupState: 'Empty', groupType: 'classic' },
      { groupId: 'p', protocolType: 'connect', groupState: 'PreparingRebalance', groupType: 'classic' },
    ])
  })

  it('filters by state and type, whatever the case', () => {
    const world = someGroups()
    assert.equal(listed(world, ['sTABLE ', 'preparingRebalance']), 'gp')
    assert.equal(listed(world, [], ['Classic']), 'gsep')
    assert.equal(listed(world, ['Empty'], ['consumer', 'classic']), 'se')
    assert.equal(listed(world, [], ['what']), '')
    assert.equal(listed(world, ['what']), '')
  })
})

describe('DescribeGroups', () => {
  it('shows the members of a stable group with all they have', () => {
    const [group] = someGroups().send({ type: 'DescribeGroups', groupIds: ['g'], context: contextOf(6) })
    assert.deepEqual(group, {
      errorCode: 0,
      groupId: 'g',
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: [
        {
          memberId: a,
          groupInstanceId: null,
          clientId: 'client',
          clientHost: '/127.0.0.1',
          memberMetadata: Buffer.from('m'),
          memberAssignment: Buffer.from('A'),
        },
      ],
    })
  })

  it('shows no metadata while a group is not stable', () => {
    const [group] = someGroups().send({ type: 'DescribeGroups', groupIds: ['p'], context: contextOf(5) })
    assert.deepEqual([group?.groupState, group?.protocolData], ['PreparingRebalance', ''])
    assert.equal(group?.members[0]?.memberMetadata.length, 0)
  })

  it('says since version 6 that a group is not there, and that it is dead before', () => {
    const world = new GroupWorld()
    const unknown = { groupId: 'x', groupState: 'Dead', protocolType: '', protocolData: '', members: [] }
    assert.deepEqual(world.send({ type: 'DescribeGroups', groupIds: ['x'], context: contextOf(6) }), [
      { ...unknown, errorCode: 69, errorMessage: 'Group x not found.' },
    ])
    assert.deepEqual(world.send({ type: 'DescribeGroups', groupIds: ['x'], context: contextOf(5) }), [
      { ...unknown, errorCode: 0, errorMessage: null },
    ])
  })
})
