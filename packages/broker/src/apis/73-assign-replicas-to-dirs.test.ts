import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AssignReplicasToDirs, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('AssignReplicasToDirs', () => {
  it('keeps which directory holds a replica, and refuses a broker from before', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'log.dirs': '/one,/two' } })
    const topicId = await fixture.createTopic('t')
    const { metadata } = fixture.broker.services
    const own = metadata.image.brokers.get(1)
    const directoryOf = (): unknown => metadata.image.topics.byName.get('t')?.partitions[0]?.directories[0]
    const other = own?.directories.find((id) => id !== directoryOf()) ?? ''
    const request = {
      brokerId: 1,
      brokerEpoch: own?.epoch ?? -1,
      directories: [{ id: other, topics: [{ topicId, partitions: [{ partitionIndex: 0 }] }] }],
    }
    const stale = await fixture.call(AssignReplicasToDirs, { ...request, brokerEpoch: 0 }, { isOnController: true })
    assert.equal(stale.errorCode, errorCode('STALE_BROKER_EPOCH'))
    const answer = await fixture.call(AssignReplicasToDirs, request, { isOnController: true })
    assert.deepEqual([answer.errorCode, answer.directories[0]?.topics[0]?.partitions[0]?.errorCode], [0, 0])
    assert.equal(directoryOf(), other)
  })
})
