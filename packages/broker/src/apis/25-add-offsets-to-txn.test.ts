import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddOffsetsToTxn, DescribeTransactions, errorName } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { allow, as, withAcls } from './acl-fixture.ts'
import { FixtureProducer, fewPartitions } from './transaction-fixture.ts'

describe('AddOffsetsToTxn', () => {
  it('adds the partition of the group, in every version', async () => {
    await using fixture = await BrokerFixture.start({ properties: fewPartitions })
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    const { transactionalId, producerId, producerEpoch } = producer
    const request = { transactionalId, producerId, producerEpoch, groupId: 'g' }
    for (const version of [0, 1, 2, 3, 4]) {
      assert.equal((await fixture.call(AddOffsetsToTxn, request, { version })).errorCode, 0, `version ${version}`)
    }
    const { transactionStates } = await fixture.call(DescribeTransactions, { transactionalIds: ['x'] })
    assert.deepEqual(transactionStates[0]?.topics, [{ topic: '__consumer_offsets', partitions: [1] }])
    const zombie = { ...request, producerEpoch: producerEpoch - 1 }
    const answers = [1, 2].map((version) => fixture.call(AddOffsetsToTxn, zombie, { version }))
    assert.deepEqual(
      (await Promise.all(answers)).map((answer) => errorName(answer.errorCode)),
      ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'],
    )
  })

  it('needs the transactional id and the group', async () => {
    await using fixture = await BrokerFixture.start({ properties: { ...fewPartitions, ...withAcls } })
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    const { transactionalId, producerId, producerEpoch } = producer
    const request = { transactionalId, producerId, producerEpoch, groupId: 'g' }
    const answer = async () => errorName((await fixture.call(AddOffsetsToTxn, request, as('alice'))).errorCode)
    assert.equal(await answer(), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    await allow(fixture, { user: 'alice', type: 'TRANSACTIONAL_ID', name: 'x', operation: 'WRITE' })
    assert.equal(await answer(), 'GROUP_AUTHORIZATION_FAILED')
    await allow(fixture, { user: 'alice', type: 'GROUP', name: 'g', operation: 'READ' })
    assert.equal(await answer(), 'NONE')
  })
})
