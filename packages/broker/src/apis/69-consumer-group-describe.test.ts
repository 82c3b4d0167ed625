import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumerGroupDescribe, ConsumerGroupHeartbeat, errorCode, FindCoordinator } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('ConsumerGroupDescribe', () => {
  it('tells members, epochs and assignments, and which groups are none', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'offsets.topic.num.partitions': '1' } })
    const topicId = await fixture.createTopic('t')
    await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    await fixture.call(ConsumerGroupHeartbeat, {
      groupId: 'g',
      memberId: 'm1',
      memberEpoch: 0,
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
    })
    const { groups } = await fixture.call(ConsumerGroupDescribe, {
      groupIds: ['g', 'nobody', ''],
      includeAuthorizedOperations: true,
    })
    assert.deepEqual(
      groups.map(({ groupId, errorCode: code }) => [groupId, code]),
      [
        ['g', 0],
        ['nobody', errorCode('GROUP_ID_NOT_FOUND')],
        ['', errorCode('INVALID_GROUP_ID')],
      ],
    )
    const [member] = groups[0]?.members ?? []
    assert.equal(member?.memberId, 'm1')
    assert.deepEqual(member?.targetAssignment.topicPartitions, [{ topicId, topicName: 't', partitions: [0] }])
    assert.equal(groups[0]?.assignorName, 'uniform')
    assert.ok((groups[0]?.authorizedOperations ?? 0) > 0)
  })
})
