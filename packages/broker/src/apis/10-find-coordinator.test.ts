import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, FindCoordinator, Metadata } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('FindCoordinator', () => {
  it('names this node for every group, and makes the topic of groups when first asked', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'offsets.topic.num.partitions': '3' } })
    const { coordinators } = await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['a', 'b'] })
    assert.deepEqual(
      coordinators.map(({ key, nodeId, errorCode: code }) => [key, nodeId, code]),
      [
        ['a', 1, 0],
        ['b', 1, 0],
      ],
    )
    const { topics } = await fixture.call(Metadata, { topics: [{ name: '__consumer_offsets' }] })
    assert.equal(topics[0]?.partitions.length, 3)
    assert.equal(topics[0]?.isInternal, true)
  })

  it('obeys the replication factor that is configured, and says where one node cannot keep so many', async () => {
    const properties = { 'offsets.topic.replication.factor': '3', 'offsets.topic.num.partitions': '1' }
    await using fixture = await BrokerFixture.start({ properties })
    const { coordinators } = await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    assert.equal(coordinators[0]?.errorCode, errorCode('COORDINATOR_NOT_AVAILABLE'))
    const { topics } = await fixture.call(Metadata, { topics: null })
    assert.deepEqual(topics, [])
  })

  it('makes the topic of groups with one replica on a single node that is told nothing', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'offsets.topic.num.partitions': '1' } })
    await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    const { topics } = await fixture.call(Metadata, { topics: [{ name: '__consumer_offsets' }] })
    assert.deepEqual(topics[0]?.partitions[0]?.replicaNodes, [1])
  })

  it('answers one key in the form of the old versions', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'offsets.topic.num.partitions': '1' } })
    for (const version of [0, 1, 2, 3]) {
      const answer = await fixture.call(FindCoordinator, { key: 'g' }, { version })
      assert.deepEqual([answer.nodeId, answer.errorCode], [1, 0], `version ${version}`)
    }
  })

  it('refuses key types that nothing here coordinates', async () => {
    await using fixture = await BrokerFixture.start()
    const { coordinators } = await fixture.call(FindCoordinator, { keyType: 2, coordinatorKeys: ['g:t:0'] })
    assert.equal(coordinators[0]?.errorCode, errorCode('INVALID_REQUEST'))
  })
})
